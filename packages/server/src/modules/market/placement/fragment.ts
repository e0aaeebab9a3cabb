/**
 * How much of a node's idle devices a typical arrival could not use: the fragmentation measure of "Beware of
 * Fragmentation" (ATC'23). Pure. Compiled for each model, so that one node is measured in the time of a few devices.
 */
import type { NodeState } from './node-state.ts'
import { isShare } from './node-state.ts'
import type { Typical } from './shape.ts'

/** Typical shapes that ask for the same devices, by the CPU that they ask for, least first. */
interface Group {
  readonly gpuCount: number
  readonly gpuMilli: number
  readonly isShare: boolean
  readonly cpuMilli: Float64Array
  /** Of all up to here. */
  readonly shareUpTo: Float64Array
  readonly share: number
}

interface ForModel {
  /** Of work that can use no device of this model, or none at all. */
  readonly uselessShare: number
  readonly groups: readonly Group[]
}

function groupOf(same: readonly Typical[]): Group {
  const [first] = same
  const sorted = same.toSorted((a, b) => a.shape.cpuMilli - b.shape.cpuMilli)
  let sum = 0
  return {
    gpuCount: first?.shape.gpuCount ?? 0,
    gpuMilli: first?.shape.gpuMilli ?? 0,
    isShare: first ? isShare(first.shape) : false,
    cpuMilli: Float64Array.from(sorted, ({ shape }) => shape.cpuMilli),
    shareUpTo: Float64Array.from(sorted, ({ share }) => (sum += share)),
    share: sum,
  }
}

function compile(typical: readonly Typical[], model: string): ForModel {
  const canUse = ({ shape }: Typical) =>
    shape.gpuCount > 0 && (shape.models === null || shape.models.has(model))
  const usable = typical.filter(canUse)
  const groups = Map.groupBy(usable, ({ shape }) => shape.gpuCount * 10_000 + shape.gpuMilli)
  return {
    uselessShare: typical.reduce((sum, each) => sum + (canUse(each) ? 0 : each.share), 0),
    groups: [...groups.values()].map(groupOf),
  }
}

function shareThatFits({ cpuMilli, shareUpTo, share }: Group, left: number): number {
  if (left >= (cpuMilli.at(-1) ?? 0)) return share
  let index = 0
  while ((cpuMilli[index] ?? Number.POSITIVE_INFINITY) <= left) index++
  return index === 0 ? 0 : (shareUpTo[index - 1] ?? 0)
}

function idleBelow(cards: readonly number[], milli: number): number {
  let sum = 0
  for (const card of cards) {
    if (card >= milli) break
    sum += card
  }
  return sum
}

export class Fragmentation {
  readonly #typical: readonly Typical[]
  readonly #models = new Map<string, ForModel>()

  constructor(typical: readonly Typical[]) {
    this.#typical = typical
  }

  /** Thousandths of devices that are idle and of no use, weighted by how often they are of none. */
  of(state: NodeState): number {
    const { cards, idleMilli, wholeCount, cpuMilli } = state
    if (idleMilli === 0) return 0
    const { uselessShare, groups } = this.#forModel(state.model)
    let amount = uselessShare * idleMilli
    for (const group of groups) {
      const fitsDevices = group.isShare
        ? (cards.at(-1) ?? 0) >= group.gpuMilli
        : wholeCount >= group.gpuCount
      const fitting = fitsDevices ? shareThatFits(group, cpuMilli) : 0
      amount += (group.share - fitting) * idleMilli
      if (fitting > 0) amount += fitting * idleBelow(cards, group.gpuMilli)
    }
    return amount
  }

  #forModel(model: string): ForModel {
    const known = this.#models.get(model)
    if (known) return known
    const compiled = compile(this.#typical, model)
    this.#models.set(model, compiled)
    return compiled
  }
}
