/**
 * Places work where it costs later work least. Four things count, all in thousandths of a device: what a node's CPU
 * and devices lose of their worth, what a shared card loses of its own, and, between what is nearly equal, how much more
 * of the node typical work cannot use and how much is left on it. It knows what is typical, not what comes. Pure.
 */
import { Chooser, type Rating } from './chooser.ts'
import { FloorPlan, type Stand } from './floor-plan.ts'
import { Fragmentation } from './fragment.ts'
import { after, cardsFor, isShare, type NodeState } from './node-state.ts'
import { ResourcePrices } from './resource-prices.ts'
import { RestValues } from './rest-values.ts'
import { type Shape, sharesOf, type Typical, WHOLE } from './shape.ts'

/** What a node or a card loses of its worth counts in full; this much of what becomes a fragment. */
const FRAGMENTS_COUNT = 0.02
const LEFT_COUNTS = 0.0003
/** Prices follow after so many decisions, or one for so many nodes. */
const REFRESH_MIN = 100
const REFRESH_NODES = 12

/** More kinds of nodes than this are told apart by less. */
const KINDS_MAX = 64

function withFewKinds(nodes: readonly NodeState[]): readonly NodeState[] {
  const ways = [
    ({ kind }: NodeState) => kind,
    ({ model, cards }: NodeState) => `${model}/${cards.length}`,
    ({ model }: NodeState) => model,
  ]
  const way = ways.find((each) => new Set(nodes.map(each)).size <= KINDS_MAX) ?? (() => '')
  return nodes.map((node) => ({ ...node, kind: way(node) }))
}

export class Placer {
  readonly #floor: FloorPlan
  readonly #fragmentation: Fragmentation
  readonly #prices: ResourcePrices
  readonly #cards: RestValues
  readonly #chooser: Chooser
  readonly #refreshEvery: number
  #sinceRefresh = 0

  constructor(given: readonly NodeState[], typical: readonly Typical[]) {
    const nodes = withFewKinds(given)
    this.#floor = new FloorPlan(nodes)
    this.#fragmentation = new Fragmentation(typical)
    this.#prices = new ResourcePrices(nodes, this.#floor.kinds, typical)
    this.#cards = new RestValues(sharesOf(typical), WHOLE)
    for (const node of nodes) for (const left of node.cards) this.#cards.count(left, 1)
    this.#cards.begin()
    this.#chooser = new Chooser(this.#floor, (state, shape) => this.#rate(state, shape))
    this.#refreshEvery = Math.max(REFRESH_MIN, Math.floor(nodes.length / REFRESH_NODES))
  }

  get floor(): FloorPlan {
    return this.#floor
  }

  /** Places a shape; answers on which node by its place in the list, or null where it fits on none. */
  place(shape: Shape): number | null {
    this.#refresh()
    const byStand = ({ kind, state }: Stand) => this.#prices.lossOf(kind, state, shape)
    const byCard = (left: number) => this.#cards.of(left) - this.#cards.of(left - shape.gpuMilli)
    const choice = this.#chooser.choose(shape, { byStand, byCard })
    if (!choice) return null
    const { stand, card } = choice
    this.#prices.take(stand.kind, shape)
    this.#countCards(shape, stand.state.cards[card] ?? WHOLE)
    return this.#floor.place(stand, shape, card)
  }

  #refresh(): void {
    if (++this.#sinceRefresh < this.#refreshEvery) return
    this.#sinceRefresh = 0
    this.#prices.refresh()
    this.#cards.refresh()
  }

  #countCards(shape: Shape, left: number): void {
    if (shape.gpuCount === 0) return
    this.#cards.count(left, -shape.gpuCount)
    this.#cards.count(left - shape.gpuMilli, shape.gpuCount)
  }

  /** What does not change while the state stands. */
  #rate(state: NodeState, shape: Shape): readonly Rating[] {
    const before = this.#fragmentation.of(state)
    const ratings = cardsFor(state, shape).map((card) => {
      const then = after(state, shape, card)
      const left = then.idleMilli + this.#prices.cpuAsGpuMilli(then.cpuMilli)
      const fragments = this.#fragmentation.of(then) - before
      const score = -FRAGMENTS_COUNT * fragments - LEFT_COUNTS * left
      return { score, card }
    })
    return isShare(shape) ? ratings : ratings.slice(0, 1)
  }
}
