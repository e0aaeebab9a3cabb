/**
 * A block: GPUs of a pool from one full hour to another, bought beforehand, paid whether used or not. Types and rules; no
 * I/O, no clock.
 *
 * scheduled → active → ended | unavailable; scheduled → cancelled.
 */
import type { BlockState } from '@spillway/contract'
import { type Money, picos } from '#kernel/money.ts'
import type { CancelTerms } from './cancel.ts'

export interface Block {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  readonly name: string
  readonly state: BlockState
  readonly text: string
  readonly pool: string
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
  readonly startsAt: Date
  readonly endsAt: Date
  readonly priceId: string
  readonly sku: string
  /** Per GPU-hour. */
  readonly priceUsd: Money
  readonly holdId: string
  readonly chargedUntil: Date
  readonly createdAt: Date
  readonly readyAt: Date | null
  readonly closedAt: Date | null
  /** Known when it is over. */
  readonly missingGpuMs: number | null
  readonly usedGpuMs: number | null
  readonly creditUsd: Money | null
  readonly creditTransactionId: string | null
  /** As published when it was bought; null where nothing was. */
  readonly cancelTerms: CancelTerms | null
  /** What cancelling it cost; null where nobody did. */
  readonly feeUsd: Money | null
}

const HOUR_MS = 3_600_000
const WEEK_HOURS = 168

/** A block costs so many parts in a hundred of the list price on demand. */
const PERCENT = 90
/** From a week on. */
const PERCENT_LONG = 80

/** The published price of a block per GPU-hour, rounded up to the pico. */
export function blockPrice(listPrice: Money, hours: number): Money {
  const percent = BigInt(hours >= WEEK_HOURS ? PERCENT_LONG : PERCENT)
  return picos((listPrice * percent + 99n) / 100n)
}

export function hoursOf({ startsAt, endsAt }: Pick<Block, 'startsAt' | 'endsAt'>): number {
  return (endsAt.getTime() - startsAt.getTime()) / HOUR_MS
}

/** What all of it costs: whole hours, so that nothing is rounded. */
export function wholePrice({
  gpus,
  priceUsd,
  ...times
}: Pick<Block, 'gpus' | 'priceUsd' | 'startsAt' | 'endsAt'>): Money {
  return picos(priceUsd * BigInt(gpus) * BigInt(hoursOf(times)))
}

/** What is missing is given back, and half of it on top. */
const CREDIT_TOP = 3n
const CREDIT_BOTTOM = 2n

/** The published credit for GPU-time that was not there, rounded up to the pico. */
export function creditFor(priceUsd: Money, missingGpuMs: number): Money {
  const bottom = BigInt(HOUR_MS) * CREDIT_BOTTOM
  return picos((priceUsd * BigInt(missingGpuMs) * CREDIT_TOP + bottom - 1n) / bottom)
}

/** What the ledger knows the credit of a block by. */
export function creditSource(blockId: string): string {
  return `block:${blockId}`
}

/** From where on its room is counted: soon enough after the start counts as from the start. */
export function countedFrom(
  { startsAt, readyAt }: Pick<Block, 'startsAt' | 'readyAt'>,
  forgivenMs: number,
): Date {
  if (readyAt === null || readyAt <= startsAt) return startsAt
  return readyAt.getTime() - startsAt.getTime() <= forgivenMs ? readyAt : startsAt
}

/** Notice that its leases are given before it is over: the pool's on demand, but never more than a quarter of the block. */
export function noticeWithin(
  times: Pick<Block, 'startsAt' | 'endsAt'>,
  onDemandNoticeMs: number,
): number {
  return Math.min(onDemandNoticeMs, (hoursOf(times) * HOUR_MS) / 4)
}

export interface Interval {
  readonly startsAt: Date
  readonly endsAt: Date
}

export interface FieldFault {
  readonly field: 'startsAt' | 'endsAt'
  readonly message: string
}

/** What is wrong with the hours of a block; null when nothing is. */
export function findIntervalFault(
  { startsAt, endsAt }: Interval,
  rule: {
    readonly gridMs: number
    readonly earliest: Date
    readonly latest: Date
    readonly lengthMaxMs: number
  },
): FieldFault | null {
  const { gridMs, earliest, latest, lengthMaxMs } = rule
  const isOff = (at: Date) => at.getTime() % gridMs !== 0
  if (isOff(startsAt)) return { field: 'startsAt', message: 'is not on the full hour (UTC)' }
  if (isOff(endsAt)) return { field: 'endsAt', message: 'is not on the full hour (UTC)' }
  if (startsAt < earliest)
    return {
      field: 'startsAt',
      message: `is too soon: the earliest start now is ${earliest.toISOString()}, so that whoever has to go has the whole notice`,
    }
  if (startsAt > latest)
    return { field: 'startsAt', message: `is too far ahead: at most ${latest.toISOString()}` }
  if (endsAt <= startsAt) return { field: 'endsAt', message: 'is not after startsAt' }
  if (endsAt.getTime() - startsAt.getTime() > lengthMaxMs)
    return { field: 'endsAt', message: `a block lasts at most ${lengthMaxMs / HOUR_MS} hours` }
  return null
}
