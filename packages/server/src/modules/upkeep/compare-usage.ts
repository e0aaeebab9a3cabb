/** The engine's own accounting against ours. Bills follow ours; a difference is shown. Pure. */
import { attemptId, leaseOfAttempt } from '#kernel/attempt.ts'
import { counted } from '#kernel/counted.ts'
import type { Lease } from '#modules/lease/index.ts'
import type { FoundCase } from './cases.ts'

/** What the engine's accounting has of an attempt, in trusted time. */
export interface Accounted {
  readonly attemptId: string
  readonly gpus: number
  readonly startedMs: number
  /** Null while it runs. */
  readonly endedMs: number | null
}

export interface UsageView {
  readonly usage: readonly Accounted[]
  readonly usageToleranceMs: number
}

function differences(lease: Lease, accounted: Accounted, toleranceMs: number): string[] {
  const found: string[] = []
  const startedMs = lease.startedAt?.getTime() ?? null
  if (accounted.gpus !== lease.gpus)
    found.push(`${counted(accounted.gpus, 'GPU')} instead of ${lease.gpus}`)
  if (startedMs !== null && Math.abs(accounted.startedMs - startedMs) > toleranceMs)
    found.push(`a start ${Math.round((accounted.startedMs - startedMs) / 1000)} s apart`)
  const endedMs = lease.endedAt?.getTime() ?? null
  if (
    endedMs !== null &&
    accounted.endedMs !== null &&
    Math.abs(accounted.endedMs - endedMs) > toleranceMs
  )
    found.push(`an end ${Math.round((accounted.endedMs - endedMs) / 1000)} s apart`)
  return found
}

/** Only the latest attempt of a lease is compared: what earlier ones used stands in their usage events. */
export function compareUsage(
  leases: ReadonlyMap<string, Lease>,
  { usage, usageToleranceMs }: UsageView,
): readonly FoundCase[] {
  return usage.flatMap((accounted): FoundCase[] => {
    const lease = leases.get(leaseOfAttempt(accounted.attemptId))
    if (!lease || attemptId(lease) !== accounted.attemptId || lease.startedAt === null) return []
    const found = differences(lease, accounted, usageToleranceMs)
    if (found.length === 0) return []
    const text = `The engine accounts ${accounted.attemptId} with ${found.join(', ')}.`
    return [{ kind: 'usage_differs', subject: lease.id, text, data: { ...accounted } }]
  })
}
