/**
 * What the terms of a lease mean: whether its monthly cap is reached, what work a reclaim loses, what it is given back.
 * Pure and exact; every rounding is in the customer's favour.
 */
import type { CompensationRule, LeaseKind, ReclaimPolicy, ReclaimTerms } from '@spillway/contract'
import { assert } from '#kernel/assert.ts'
import { type Money, picos, renderMoney, ZERO } from '#kernel/money.ts'
import { GPU_MS_PER_HOUR, isSoldByHour, renderDuration } from './lease.ts'

/** The terms that a new lease of a kind is given; null for the owner's own work, which is never taken back. */
export function termsFor(kind: LeaseKind, policy: ReclaimPolicy): ReclaimTerms | null {
  if (isSoldByHour(kind)) return policy[kind]
  if (kind === 'anchor') return null
  const { noticeMs } = policy.spot
  const compensation = { kind: 'none' } as const
  return { by: ['anchor'], noticeMs, minimumRunMs: 0, perMonthMax: null, compensation }
}

/** Terms with the promise that it is not taken back for a while; where that breaks, its charge for it is given back. */
export function withGuarantee(terms: ReclaimTerms, ms: number): ReclaimTerms {
  const compensation = { kind: 'charge', fraction: '1', lastMs: ms } as const
  const minimumRunMs = Math.max(terms.minimumRunMs, ms)
  return { ...terms, minimumRunMs, guarantee: { ms, compensation } }
}

/** Whether an attempt was taken back before what it was guaranteed was over. */
export function isGuaranteeBroken(
  { guarantee }: Pick<ReclaimTerms, 'guarantee'>,
  { startedAt, goneAt }: Pick<Attempt, 'startedAt' | 'goneAt'>,
): boolean {
  if (guarantee === undefined) return false
  return startedAt === null || goneAt.getTime() < startedAt.getTime() + guarantee.ms
}

/** The terms of a lease within a block: nobody takes it back, and before the block is over it gets its notice. */
export function withinBlock(noticeMs: number): ReclaimTerms {
  const compensation = { kind: 'none' } as const
  return { by: [], noticeMs, minimumRunMs: 0, perMonthMax: null, compensation }
}

/** The calendar month (UTC) of an instant, such as `2026-11`. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7)
}

interface Counted {
  readonly terms: ReclaimTerms | null
  readonly reclaimsMonth: string | null
  readonly reclaimsInMonth: number
}

/** How often a lease was taken back in the month of an instant. */
export function reclaimsIn(lease: Omit<Counted, 'terms'>, at: Date): number {
  return lease.reclaimsMonth === monthOf(at) ? lease.reclaimsInMonth : 0
}

export function isCapReached(lease: Counted, at: Date): boolean {
  const most = lease.terms?.perMonthMax ?? null
  return most !== null && reclaimsIn(lease, at) >= most
}

/** Whether the terms of a lease let a kind take it back at an instant. */
export function mayTakeBack(
  lease: Counted & { readonly startedAt: Date | null },
  by: string,
  at: Date,
): boolean {
  const { terms, startedAt } = lease
  if (terms === null || !terms.by.some((each) => each === by) || isCapReached(lease, at))
    return false
  if (terms.minimumRunMs === 0) return true
  return startedAt !== null && at.getTime() >= startedAt.getTime() + terms.minimumRunMs
}

/** One attempt that was taken back. */
export interface Attempt {
  readonly gpus: number
  /** Per GPU-hour; null for what is not sold by the hour. */
  readonly priceUsd: Money | null
  /** Null when it never ran. */
  readonly startedAt: Date | null
  readonly goneAt: Date
  /** Where the charge ended before that, because a GPU was lost. */
  readonly billedUntil?: Date | null
}

/** GPU-milliseconds since the last checkpoint, or since the start where none was reported. */
export function workLostGpuMs(
  { gpus, startedAt, goneAt }: Attempt,
  checkpointAt: Date | null,
): bigint {
  if (startedAt === null) return 0n
  const savedMs = Math.max(startedAt.getTime(), checkpointAt?.getTime() ?? 0)
  return BigInt(gpus) * BigInt(Math.max(0, goneAt.getTime() - savedMs))
}

export interface Compensation {
  readonly amount: Money
  /** How it was reckoned, or why there is none, as a sentence. */
  readonly text: string
}

function dividedUp(top: bigint, bottom: bigint): Money {
  return picos((top + bottom - 1n) / bottom)
}

const PART_SCALE = 1_000_000n

/** A part such as `0.5`, in millionths. */
function millionths(part: string): bigint {
  const [whole = '0', decimals = ''] = part.split('.')
  assert(/^[01]$/.test(whole) && /^\d{0,6}$/.test(decimals), `not a part of one: ${part}`)
  return BigInt(whole) * PART_SCALE + BigInt(decimals.padEnd(6, '0'))
}

/** What a rule gives back for an attempt, rounded up to the pico. */
export function compensationFor(rule: CompensationRule, attempt: Attempt): Compensation {
  const { gpus, priceUsd, startedAt, goneAt, billedUntil } = attempt
  const none = (text: string) => ({ amount: ZERO, text })
  if (rule.kind === 'none') return none('Its terms promise none.')
  if (priceUsd === null) return none('It is not sold by the hour.')
  if (startedAt === null) return none('It had not been started.')
  const perHour = priceUsd * BigInt(gpus)
  if (rule.kind === 'minutes') {
    const amount = dividedUp(perHour * BigInt(rule.minutes), 60n)
    const minutes = `${rule.minutes} ${rule.minutes === 1 ? 'minute' : 'minutes'}`
    return { amount, text: `${minutes} of the lease at its price: $${renderMoney(amount)}.` }
  }
  const ranMs = Math.max(0, (billedUntil ?? goneAt).getTime() - startedAt.getTime())
  const lastMs = Math.min(ranMs, rule.lastMs)
  const top = perHour * BigInt(lastMs) * millionths(rule.fraction)
  const amount = dividedUp(top, GPU_MS_PER_HOUR * PART_SCALE)
  const stretch = ranMs <= rule.lastMs ? 'the whole attempt' : `its last ${renderDuration(lastMs)}`
  return { amount, text: `${rule.fraction} of what ${stretch} cost: $${renderMoney(amount)}.` }
}

/** What the terms of an attempt that was taken back give for it. */
export function creditFor(
  terms: Pick<ReclaimTerms, 'compensation' | 'guarantee'>,
  attempt: Attempt,
): Compensation {
  const usual = compensationFor(terms.compensation, attempt)
  if (terms.guarantee === undefined || !isGuaranteeBroken(terms, attempt)) return usual
  const forBreach = compensationFor(terms.guarantee.compensation, attempt)
  const most = forBreach.amount >= usual.amount ? forBreach : usual
  const promise = renderDuration(terms.guarantee.ms)
  return { ...most, text: `Its guarantee of ${promise} was broken. ${most.text}` }
}
