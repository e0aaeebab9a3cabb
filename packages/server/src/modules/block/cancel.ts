/**
 * Cancelling a block before it begins: the published rule, and what it makes of a block at an instant. Pure. Cancelled early
 * enough a block costs nothing, later a part of its price, and from its start on it is paid whole.
 */
import { type Money, picos, ZERO } from '#kernel/money.ts'

export interface CancelTerms {
  /** Cancelled at least so many hours before its start, it costs nothing. */
  readonly freeHours: number
  /** Later, so many parts in a hundred of its price. */
  readonly feePercent: number
}

/** Published until the owner sets another. */
export const CANCEL_TERMS: CancelTerms = { freeHours: 168, feePercent: 25 }

const HOUR_MS = 3_600_000

/** Until when cancelling costs nothing. */
export function freeUntil({ freeHours }: CancelTerms, startsAt: Date): Date {
  return new Date(startsAt.getTime() - freeHours * HOUR_MS)
}

/** What cancelling costs at an instant, of the whole price, rounded down to the pico; null: it has begun. */
export function cancelFee(
  terms: CancelTerms,
  { startsAt, whole, at }: { readonly startsAt: Date; readonly whole: Money; readonly at: Date },
): Money | null {
  if (at >= startsAt) return null
  if (at <= freeUntil(terms, startsAt)) return ZERO
  return picos((whole * BigInt(terms.feePercent)) / 100n)
}

/** As it is published. */
export function renderTerms({ freeHours, feePercent }: CancelTerms): string {
  const later = `${feePercent} % of its price`
  if (feePercent === 0 || freeHours === 0)
    return 'Cancelled before its start, a block costs nothing.'
  return `Cancelled ${freeHours} hours before its start or sooner, a block costs nothing; later, until its start, ${later}.`
}
