/** How prices that were in force for a while spread over a stretch: each weighs as long as it was in force. Pure. */
import type { Money } from '#kernel/money.ts'

export interface PriceSpan {
  readonly fromMs: number
  readonly toMs: number
  readonly amount: Money
}

export interface Spread {
  readonly p10: Money
  readonly median: Money
  readonly p90: Money
}

/** Null where nothing was in force. */
export function spreadOf(
  spans: readonly PriceSpan[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Spread | null {
  const weighed = spans
    .map(({ amount, ...span }) => ({
      amount,
      ms: Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs),
    }))
    .filter(({ ms }) => ms > 0)
    .toSorted((a, b) => (a.amount === b.amount ? 0 : a.amount < b.amount ? -1 : 1))
  const totalMs = weighed.reduce((sum, { ms }) => sum + ms, 0)
  const at = (tenths: number): Money | null => {
    let passed = 0
    for (const { amount, ms } of weighed) {
      passed += ms
      if (passed * 10 >= totalMs * tenths) return amount
    }
    return null
  }
  const [p10, median, p90] = [at(1), at(5), at(9)]
  return p10 === null || median === null || p90 === null ? null : { p10, median, p90 }
}
