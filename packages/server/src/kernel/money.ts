/**
 * Money is whole picos (10^-12) of one currency, as a branded `bigint`; a price is an amount for a quantity and is
 * never pre-divided. Nothing here rounds twice: see `rate` and `rateIncrement`.
 */
import { assert } from './assert.ts'

declare const brand: unique symbol

/** Whole picos (10^-12) of the account's currency. */
export type Money = bigint & { readonly [brand]: 'Money' }

/** The base units that quantities are counted in. All are whole numbers. */
export type Unit = 'gpu_ms' | 'token'

/** An amount for a quantity: 2.35 USD per 3_600_000 GPU-milliseconds. */
export interface Price {
  readonly amount: Money
  readonly per: bigint
  readonly unit: Unit
}

const PICOS_PER_UNIT = 1_000_000_000_000n
const DECIMAL = /^(-?)(\d{1,26})(?:\.(\d{1,12}))?$/

export const ZERO = picos(0n)

/** Brands a whole number of picos as money. */
export function picos(value: bigint): Money {
  return value as Money
}

/** Reads a plain decimal such as `-12.000042`; at most 12 decimals. Returns null for anything else. */
export function parseMoney(text: string): Money | null {
  const match = DECIMAL.exec(text)
  if (!match) return null
  const [, sign, whole = '0', fraction = ''] = match
  const value = BigInt(whole) * PICOS_PER_UNIT + BigInt(fraction.padEnd(12, '0'))
  return picos(sign === '-' ? -value : value)
}

/** Reads money that our own database or code wrote; anything else is a defect. */
export function money(text: string): Money {
  const value = parseMoney(text)
  assert(value !== null, `not an amount of money: ${text}`)
  return value
}

/** Writes money as a plain decimal without trailing zeros: `2.35`, `0.000042`, `-1`. */
export function renderMoney(value: Money): string {
  const magnitude = value < 0n ? -value : value
  const fraction = (magnitude % PICOS_PER_UNIT).toString().padStart(12, '0').replace(/0+$/, '')
  const whole = `${value < 0n ? '-' : ''}${magnitude / PICOS_PER_UNIT}`
  return fraction === '' ? whole : `${whole}.${fraction}`
}

export function add(...amounts: readonly Money[]): Money {
  return picos(amounts.reduce((sum: bigint, amount) => sum + amount, 0n))
}

export function subtract(from: Money, amount: Money): Money {
  return picos(from - amount)
}

export function least(a: Money, b: Money): Money {
  return a < b ? a : b
}

export function greatest(a: Money, b: Money): Money {
  return a > b ? a : b
}

/** What a quantity costs: multiply first, divide once, ties to even. */
export function rate(price: Price, quantity: bigint): Money {
  assert(
    quantity >= 0n && price.amount >= 0n && price.per > 0n,
    'a rated quantity and its price are not negative',
  )
  const exact = price.amount * quantity
  const down = exact / price.per
  const twice = (exact % price.per) * 2n
  const isUp = twice > price.per || (twice === price.per && down % 2n === 1n)
  return picos(isUp ? down + 1n : down)
}

/**
 * What `added` costs on top of a cumulative quantity `before`. The increments telescope: however a total is split
 * into batches, they sum to `rate(price, total)`.
 */
export function rateIncrement(price: Price, before: bigint, added: bigint): Money {
  return subtract(rate(price, before + added), rate(price, before))
}

/** The least amount that surely covers a quantity: rounded up, for holds. */
export function ceiling(price: Price, quantity: bigint): Money {
  assert(quantity >= 0n && price.per > 0n, 'a held quantity is not negative')
  return picos((price.amount * quantity + price.per - 1n) / price.per)
}
