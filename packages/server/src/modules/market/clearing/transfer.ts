/**
 * What keeps those in charge honest. The owner pays its own books for capacity that it reserved and did not use, so
 * that reserving too much is not free; and what reclaims may cost is judged by the worst burst, not by the average,
 * because they come together. Pure and exact.
 */
import { assert } from '#kernel/assert.ts'
import { type Money, picos, rate, ZERO } from '#kernel/money.ts'

const GPU_MS_PER_HOUR = 3_600_000n

/** What the owner's books are charged for slot-time that was kept for it and stood idle, at the going price. */
export function transferPrice(
  { reservedMs, usedMs }: { readonly reservedMs: bigint; readonly usedMs: bigint },
  pricePerHour: Money,
): Money {
  assert(reservedMs >= 0n && usedMs >= 0n, 'slot-time is not negative')
  if (usedMs >= reservedMs) return ZERO
  const price = { amount: pricePerHour, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' } as const
  return rate(price, reservedMs - usedMs)
}

/** A credit that a reclaim cost, and when. */
export interface Refund {
  readonly atMs: number
  readonly amount: Money
}

/** The most that reclaims cost within any stretch of a length. */
export function worstBurst(refunds: readonly Refund[], withinMs: number): Money {
  const sorted = refunds.toSorted((a, b) => a.atMs - b.atMs)
  let [first, sum, worst] = [0, 0n, 0n]
  for (const { atMs, amount } of sorted) {
    sum += amount
    for (;;) {
      const earliest = sorted[first]
      if (!earliest || earliest.atMs > atMs - withinMs) break
      sum -= earliest.amount
      first++
    }
    if (sum > worst) worst = sum
  }
  return picos(worst)
}
