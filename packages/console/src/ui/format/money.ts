/**
 * Exact amounts for the screen: decimal strings become whole picos (10⁻¹² USD) and back. Sums and products stay in
 * `bigint`; rounding happens only where a figure is written for a reader.
 */

const PICOS_PER_USD = 1_000_000_000_000n
const MILLION_USD = 1_000_000n * PICOS_PER_USD
const DECIMALS = 12
const SIGNIFICANT_DIGITS = 3

/** An amount for a quantity, as the contract states a price. */
export interface PriceShape {
  readonly amountUsd: string
  readonly per: string
}

/** `"-2.5"` to `-2_500_000_000_000n`. The contract has already checked the shape. */
export function parsePicos(amountUsd: string): bigint {
  const isNegative = amountUsd.startsWith('-')
  const [whole = '0', fraction = ''] = amountUsd.replace('-', '').split('.')
  const picos = BigInt(whole || '0') * PICOS_PER_USD + BigInt(fraction.padEnd(DECIMALS, '0'))
  return isNegative ? -picos : picos
}

/** The exact plain decimal of picos, without trailing zeros. */
export function renderAmount(picos: bigint): string {
  const size = picos < 0n ? -picos : picos
  const fraction = (size % PICOS_PER_USD).toString().padStart(DECIMALS, '0').replace(/0+$/, '')
  const whole = `${picos < 0n ? '-' : ''}${size / PICOS_PER_USD}`
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Division with ties to even, the rounding that the meter uses. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n
  const size = isNegative ? -dividend : dividend
  const down = size / divisor
  const twice = (size % divisor) * 2n
  const isUp = twice > divisor || (twice === divisor && down % 2n === 1n)
  const quotient = isUp ? down + 1n : down
  return isNegative ? -quotient : quotient
}

/** What a quantity costs at a price: multiply first, divide once. */
export function rate(price: PriceShape, quantity: bigint): bigint {
  return divideHalfEven(parsePicos(price.amountUsd) * quantity, BigInt(price.per))
}

/** Sum of decimal amounts, exact. */
export function sumAmounts(amounts: Iterable<string>): bigint {
  let sum = 0n
  for (const amount of amounts) sum += parsePicos(amount)
  return sum
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}

function roundTo(picos: bigint, decimals: number): string {
  const step = 10n ** BigInt(DECIMALS - decimals)
  return renderAmount(divideHalfEven(picos, step) * step)
}

/** How many decimals a size below one dollar needs, so that three digits that matter remain. */
function decimalsFor(size: bigint): number {
  const leadingZeros = DECIMALS - size.toString().length
  return Math.min(DECIMALS, leadingZeros + SIGNIFICANT_DIGITS)
}

/**
 * Money for the screen: from one dollar up two decimals and grouped thousands (`$1,204.18`), below it the digits that
 * matter (`$0.000042`), from a million up whole dollars. The exact amount belongs in a title beside it: `exactMoney`.
 */
export function formatMoney(amount: string | bigint): string {
  const picos = typeof amount === 'string' ? parsePicos(amount) : amount
  const size = picos < 0n ? -picos : picos
  const sign = picos < 0n ? '−' : ''
  if (size >= MILLION_USD) return `${sign}$${groupThousands(roundTo(size, 0))}`
  const rounded = roundTo(size, size >= PICOS_PER_USD || size === 0n ? 2 : decimalsFor(size))
  const [whole = '0', fraction = ''] = rounded.split('.')
  return `${sign}$${groupThousands(whole)}.${fraction.padEnd(2, '0')}`
}

/** Every digit, for a title or a copy. */
export function exactMoney(amount: string | bigint): string {
  const picos = typeof amount === 'string' ? parsePicos(amount) : amount
  return `${renderAmount(picos)} USD`
}

/** A rough float, only for the height of a bar or the ordering of a line. Never shown, never summed. */
export function approximateUsd(amount: string | bigint): number {
  return Number(typeof amount === 'string' ? amount : renderAmount(amount))
}

/** The price of a million base units, as model cards state it. */
export function perMillion(price: PriceShape): bigint {
  return rate(price, 1_000_000n)
}

const LARGE_UNITS = [
  [1_000_000_000n, 'bn'],
  [1_000_000n, 'M'],
] as const

/** A large amount in three digits: `$1.28 bn`, `$12.4 M`; smaller ones as always. */
export function formatLargeMoney(amount: bigint): string {
  const found = LARGE_UNITS.find(([size]) => amount >= size * PICOS_PER_USD)
  if (found === undefined) return formatMoney(amount)
  const [size, unit] = found
  const thousandths = Number(amount / ((size * PICOS_PER_USD) / 1000n))
  return `$${Number((thousandths / 1000).toPrecision(SIGNIFICANT_DIGITS))}\u00A0${unit}`
}
