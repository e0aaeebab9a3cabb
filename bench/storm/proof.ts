/**
 * What the storm proves, from two sources that know nothing of each other: what the commands themselves wrote while
 * they ran, and what was booked and billed. Pure; instants are milliseconds.
 */
import type { Attempt, Stretch } from '../../packages/server/test/harness/evidence.ts'

/** From a command's own record: it ran on this slot from its first to its last word. */
export interface Presence {
  readonly attempt: string
  readonly node: string
  readonly slot: number
  readonly fromMs: number
  readonly toMs: number
}

/** Two attempts that were on one slot at once, and for how long. */
export interface Collision {
  readonly first: Presence
  readonly second: Presence
  readonly ms: number
}

/** Where two attempts were on one slot at once. */
export function collisionsOf(presences: readonly Presence[]): readonly Collision[] {
  const found: Collision[] = []
  const bySlot = Map.groupBy(presences, ({ node, slot }) => `${node}/${slot}`)
  for (const onSlot of bySlot.values()) {
    let first: Presence | null = null
    for (const second of onSlot.toSorted((a, b) => a.fromMs - b.fromMs)) {
      const ms = first ? Math.min(first.toMs, second.toMs) - second.fromMs : 0
      if (first && first.attempt !== second.attempt && ms > 0) found.push({ first, second, ms })
      if (!first || second.toMs > first.toMs) first = second
    }
  }
  return found
}

/** The longest that a command ran on after its processes had been called gone; at most zero where none did. */
export function ranOnMs(presences: readonly Presence[], attempts: readonly Attempt[]): number {
  const goneAt = new Map(attempts.map(({ attempt, goneMs }) => [attempt, goneMs]))
  const lateMs = presences.flatMap(({ attempt, toMs }) => {
    const goneMs = goneAt.get(attempt)
    return goneMs === undefined ? [] : [toMs - goneMs]
  })
  return Math.max(0, ...lateMs)
}

export interface BillProof {
  /** GPU-milliseconds that ran, by the timeline, and were not billed. */
  readonly lostMs: number
  /** GPU-milliseconds billed beyond what ran, or twice for one instant. */
  readonly doubledMs: number
  readonly billedMs: number
}

function overlapMs(stretches: readonly Stretch[]): number {
  const sorted = stretches.toSorted((a, b) => a.fromMs - b.fromMs)
  return sorted.reduce((sum, each, index) => {
    const next = sorted[index + 1]
    return sum + (next ? Math.max(0, each.toMs - next.fromMs) : 0)
  }, 0)
}

/** Compares what each sold lease was billed for with the time between its starts and its confirmed ends. */
export function proveBills(attempts: readonly Attempt[], stretches: readonly Stretch[]): BillProof {
  const ofLease = Map.groupBy(stretches, ({ lease }) => lease)
  const proof = { lostMs: 0, doubledMs: 0, billedMs: 0 }
  for (const [lease, runs] of Map.groupBy(attempts, (each) => each.lease)) {
    const mine = ofLease.get(lease) ?? []
    const ranMs = runs
      .filter(({ isSold }) => isSold)
      .reduce((sum, { gpus, startedMs, goneMs }) => sum + gpus * (goneMs - startedMs), 0)
    const billedMs = mine.reduce((sum, { quantity }) => sum + quantity, 0)
    proof.billedMs += billedMs
    proof.lostMs += Math.max(0, ranMs - billedMs)
    proof.doubledMs += Math.max(0, billedMs - ranMs) + overlapMs(mine)
  }
  return proof
}
