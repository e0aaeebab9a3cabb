/** Who gives way: the published order, and the least paid work lost. Pure. */
import type { Holder, LeaseKind } from './snapshot.ts'

/**
 * Whom each kind may take slots from, first to give way first. Anchor work is in no list: it is never taken back for
 * anything sold. On-demand leases are taken back by contract only, which this version does not offer.
 */
export const GIVES_WAY_TO: Readonly<Record<LeaseKind, readonly string[]>> = {
  anchor: ['flex', 'spot', 'serving'],
  on_demand: ['flex', 'spot'],
  serving: ['flex'],
  spot: ['flex'],
  flex: [],
}

/** Paid work that is lost with a holder: slots × time since its start × price, in picos × ms. */
export function workLost(holder: Holder, nowMs: number): bigint {
  if (holder.startedMs === null) return 0n
  const slotMs = BigInt(holder.slots.length) * BigInt(Math.max(0, nowMs - holder.startedMs))
  return slotMs * (holder.priceUsd ?? 1n)
}

export interface VictimPlan {
  readonly victims: readonly Holder[]
  /** Ranks plans: lower gives less up. */
  readonly cost: readonly [kindRank: number, workLost: bigint]
}

/** The victims on one node that free `slotsNeeded` at the least cost; null when they cannot. */
export function chooseVictims(
  candidates: readonly Holder[],
  slotsNeeded: number,
  { by, nowMs }: { readonly by: LeaseKind; readonly nowMs: number },
): VictimPlan | null {
  const order = GIVES_WAY_TO[by]
  const rank = (holder: Holder) => order.indexOf(holder.kind)
  const dearer = (a: Holder, b: Holder) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b)
    const difference = workLost(a, nowMs) - workLost(b, nowMs)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  const eligible = candidates.filter((holder) => rank(holder) >= 0).sort(dearer)
  const chosen: Holder[] = []
  let freed = 0
  for (const holder of eligible) {
    if (freed >= slotsNeeded) break
    chosen.push(holder)
    freed += holder.slots.length
  }
  if (freed < slotsNeeded) return null
  const victims = spareWhoeverIsNotNeeded(chosen, freed - slotsNeeded)
  const cost = [
    Math.max(-1, ...victims.map(rank)),
    victims.reduce((sum, holder) => sum + workLost(holder, nowMs), 0n),
  ] as const
  return { victims, cost }
}

/** Greedy choice may overshoot; the dearest that fit into the surplus are spared. */
function spareWhoeverIsNotNeeded(chosen: readonly Holder[], surplus: number): Holder[] {
  let left = surplus
  return chosen
    .toReversed()
    .filter((holder) => {
      if (holder.slots.length > left) return true
      left -= holder.slots.length
      return false
    })
    .toReversed()
}
