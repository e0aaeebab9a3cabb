/** Prices over time: one is in force from its instant on, until the next. Pure. */
import type { Money, Price, Unit } from '#kernel/money.ts'

/** A price as it was once set; it never changes. */
export interface SetPrice {
  readonly id: string
  readonly sku: string
  readonly price: Price
  readonly effectiveFrom: Date
}

export interface PriceInForce {
  readonly id: string
  readonly price: Price
}

/** Builds a price; SQL keeps amount and quantity, the SKU keeps the unit. */
export function makePrice(amount: Money, per: bigint, unit: Unit): Price {
  return { amount, per, unit }
}

export function isSamePrice(a: Price, b: Price): boolean {
  return a.amount === b.amount && a.per === b.per && a.unit === b.unit
}

/** From when a new price counts: now, but never at or before the one it follows, so that history has one order. */
export function effectiveFrom(latest: SetPrice | null, now: Date): Date {
  const earliestMs = latest === null ? now.getTime() : latest.effectiveFrom.getTime() + 1
  return new Date(Math.max(now.getTime(), earliestMs))
}
