/**
 * Where the slot-time of a pool went. For every stretch of time the claims by kind and the free time sum to the wall
 * time of the slots, to the millisecond (invariant 4). Pure; instants are milliseconds.
 */
import { assert } from '#kernel/assert.ts'

/** A claim, as far as conservation needs it. `endsMs` null: still open. */
export interface ClaimSpan {
  readonly kind: string
  readonly slotCount: number
  readonly startsMs: number
  readonly endsMs: number | null
  readonly drainingFromMs: number | null
}

/** A node's slots, for as long as they were part of the pool. */
export interface SupplySpan {
  readonly slotCount: number
  readonly fromMs: number
  readonly toMs: number | null
}

export interface SlotTime {
  readonly fromMs: number
  readonly toMs: number
  readonly byKindMs: Readonly<Record<string, number>>
  readonly freeMs: number
  readonly totalMs: number
}

interface Window {
  readonly fromMs: number
  readonly toMs: number
}

function overlapMs(window: Window, fromMs: number, toMs: number | null): number {
  return Math.max(0, Math.min(window.toMs, toMs ?? window.toMs) - Math.max(window.fromMs, fromMs))
}

function addClaim(byKindMs: Record<string, number>, claim: ClaimSpan, window: Window): void {
  const { kind, slotCount, startsMs, endsMs } = claim
  const drainingFromMs = claim.drainingFromMs ?? endsMs
  const add = (name: string, ms: number) => {
    if (ms > 0) byKindMs[name] = (byKindMs[name] ?? 0) + ms * slotCount
  }
  add(kind, overlapMs(window, startsMs, drainingFromMs))
  if (claim.drainingFromMs !== null)
    add('draining', overlapMs(window, claim.drainingFromMs, endsMs))
}

/** Accounts for one window. Throws a defect when more was claimed than there was: a double sale. */
export function accountSlotTime(
  window: Window,
  supply: readonly SupplySpan[],
  claims: readonly ClaimSpan[],
): SlotTime {
  const totalMs = supply.reduce(
    (sum, node) => sum + node.slotCount * overlapMs(window, node.fromMs, node.toMs),
    0,
  )
  const byKindMs: Record<string, number> = {}
  for (const claim of claims) addClaim(byKindMs, claim, window)
  const claimedMs = Object.values(byKindMs).reduce((sum, ms) => sum + ms, 0)
  assert(
    claimedMs <= totalMs,
    `more slot-time claimed (${claimedMs} ms) than there is (${totalMs} ms)`,
  )
  return { ...window, byKindMs, freeMs: totalMs - claimedMs, totalMs }
}

/** Cuts a window into `count` near-equal buckets with whole-millisecond borders, and accounts for each. */
export function accountBuckets(
  window: Window & { readonly count: number },
  supply: readonly SupplySpan[],
  claims: readonly ClaimSpan[],
): SlotTime[] {
  const lengthMs = window.toMs - window.fromMs
  const border = (index: number) => window.fromMs + Math.floor((lengthMs * index) / window.count)
  return Array.from({ length: window.count }, (_, index) =>
    accountSlotTime({ fromMs: border(index), toMs: border(index + 1) }, supply, claims),
  )
}
