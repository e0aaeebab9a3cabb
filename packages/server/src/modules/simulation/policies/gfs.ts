/**
 * GFS as described: the estimator, the quota with working feedback, packing with like and away from evictions, and
 * preemption by what a node's past says and what is wasted. Reimplemented from the published description.
 */
import type { Policy } from '../policy.ts'
import type { Work } from '../work.ts'
import type { World } from '../world.ts'
import { besideItsLikeAwayFromEvictions } from './choice.ts'
import { allocatedQuota, estimatedReserve } from './quota.ts'
import { lostGpuS, workerByWorker } from './reclaim.ts'

const HOUR_S = 3_600
const DAY_S = 86_400
const WASTE_WEIGHT = 5

/** What a node's sold work has been through. */
class NodePast {
  readonly #evictions = new Map<number, number[]>()
  readonly #successes = new Map<number, number>()
  #seen = 0

  /** Evictions of the last hour and day, weighed. */
  rate(node: number, nowS: number): number {
    const past = this.#evictions.get(node) ?? []
    let [hour, day] = [0, 0]
    for (let at = past.length - 1; at >= 0; at--) {
      const agoS = nowS - (past[at] ?? 0)
      if (agoS > DAY_S) break
      day++
      if (agoS <= HOUR_S) hour++
    }
    return 0.8 * hour + 0.2 * day
  }

  cost({ grid }: World, node: number, victims: readonly { readonly lostGpuS: number }[]): number {
    const failures = this.#evictions.get(node)?.length ?? 0
    const successes = this.#successes.get(node) ?? 0
    const count = victims.length
    const wasted = victims.reduce((sum, { lostGpuS }) => sum + lostGpuS, 0)
    const atMost = (grid.sizes[node] ?? 1) * HOUR_S
    const share = (failures + count) / Math.max(1, failures + successes + count)
    return share + (WASTE_WEIGHT * wasted) / atMost
  }

  learn({ outcomes }: World): void {
    for (; this.#seen < outcomes.length; this.#seen++) {
      const outcome = outcomes[this.#seen]
      for (const node of outcome?.nodes ?? []) {
        if (!outcome?.isEvicted) this.#successes.set(node, (this.#successes.get(node) ?? 0) + 1)
        else if (this.#evictions.has(node)) this.#evictions.get(node)?.push(outcome.atS)
        else this.#evictions.set(node, [outcome.atS])
      }
    }
  }
}

export interface GfsVariant {
  readonly reserve?: (world: World) => number
  readonly hasFeedback?: boolean
}

/** Guarantees of one hour reach into the hour after the one under way. */
export const GUARANTEED_HOURS = 2

export function gfs({ reserve, hasFeedback = true }: GfsVariant = {}): Policy {
  const past = new NodePast()
  const choose = besideItsLikeAwayFromEvictions((node, nowS) => past.rate(node, nowS))
  const cost = (world: World, node: number, going: readonly Work[]) =>
    past.cost(
      world,
      node,
      going.map((work) => ({ lostGpuS: lostGpuS(world, work) })),
    )
  const reclaim = workerByWorker(choose, { first: 'least_lost', cost })
  return {
    quota: allocatedQuota(reserve ?? estimatedReserve(GUARANTEED_HOURS), { hasFeedback }),
    choose,
    reclaim: (world, work) => {
      past.learn(world)
      return reclaim(world, work)
    },
    rounds: null,
    notice: null,
  }
}
