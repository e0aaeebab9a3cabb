/**
 * Finds the best stand for a shape by any rating, and remembers ratings: a state is rated for a shape once, however
 * often the shape comes, because a state never changes. What does change, the surcharge, is added at each choice. Pure.
 */
import type { FloorPlan, Stand } from './floor-plan.ts'
import { fits, type NodeState } from './node-state.ts'
import { type Shape, shapeKey } from './shape.ts'

export interface Rating {
  /** More is better. */
  readonly score: number
  /** The card for a share; -1 for whole devices, or none. */
  readonly card: number
}

/** The ways to put a shape into a state that it fits, each with how good it is. */
export type Rate = (state: NodeState, shape: Shape) => readonly Rating[]

/** What a choice costs beside its rating, as things stand now. */
export interface Surcharge {
  readonly byStand: (stand: Stand) => number
  /** For a share, by what is left on the card. */
  readonly byCard: (left: number) => number
}

export interface Choice {
  readonly stand: Stand
  readonly card: number
}

/** What is remembered for one shape, by the index of a stand. */
interface Memory {
  readonly births: number[]
  readonly ratings: (readonly Rating[])[]
}

const NONE: readonly Rating[] = []

export class Chooser {
  readonly #plan: FloorPlan
  readonly #rate: Rate
  readonly #memories = new Map<string, Memory>()

  constructor(plan: FloorPlan, rate: Rate) {
    this.#plan = plan
    this.#rate = rate
  }

  /** The best way to place a shape; of equals the one on the first node. Null where it fits nowhere. */
  choose(shape: Shape, surcharge?: Surcharge): Choice | null {
    const memory = this.#memoryOf(shapeKey(shape))
    let [best, bestCard, bestScore]: [Stand | null, number, number] = [null, -1, 0]
    for (const stand of this.#plan.stands) {
      if (!stand) continue
      const ratings = this.#ratingsOf(stand, shape, memory)
      if (ratings.length === 0) continue
      const fee = surcharge?.byStand(stand) ?? 0
      for (const { score: rated, card } of ratings) {
        const left = card < 0 ? 0 : (stand.state.cards[card] ?? 0)
        const score = rated - fee - (surcharge && card >= 0 ? surcharge.byCard(left) : 0)
        if (best && score < bestScore) continue
        if (best && score === bestScore && (best.nodes[0] ?? 0) <= (stand.nodes[0] ?? 0)) continue
        ;[best, bestCard, bestScore] = [stand, card, score]
      }
    }
    return best && { stand: best, card: bestCard }
  }

  #ratingsOf(stand: Stand, shape: Shape, memory: Memory): readonly Rating[] {
    const { index, state } = stand
    const known = memory.births[index] === stand.birth ? memory.ratings[index] : undefined
    if (known) return known
    const ratings = fits(state, shape) ? this.#rate(state, shape) : NONE
    memory.births[index] = stand.birth
    memory.ratings[index] = ratings
    return ratings
  }

  #memoryOf(key: string): Memory {
    const known = this.#memories.get(key)
    if (known) return known
    const memory: Memory = { births: [], ratings: [] }
    this.#memories.set(key, memory)
    return memory
  }
}
