/** Amounts and quantities as people read them. Exact: decimal strings and `bigint`, never floating point. Pure. */

const PICOS_DIGITS = 12
const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,12}))?$/

/** Whole picos (10⁻¹²), or null where the text is not a plain decimal. */
export function parseAmount(text: string): bigint | null {
  const match = DECIMAL.exec(text)
  if (!match) return null
  const [, sign, whole = '0', fraction = ''] = match
  const picos = BigInt(whole + fraction.padEnd(PICOS_DIGITS, '0'))
  return sign === '-' ? -picos : picos
}

/**
 * An exact decimal with grouped thousands and at least two decimals: `1,234.50`. With `decimalsMax` it is rounded,
 * ties to even. Text that is not a decimal is shown as it came.
 */
export function renderAmount(text: string, decimalsMax: number = PICOS_DIGITS): string {
  const picos = parseAmount(text)
  return picos === null ? text : renderPicos(picos, decimalsMax)
}

export function renderPicos(picos: bigint, decimalsMax: number = PICOS_DIGITS): string {
  const unit = 10n ** BigInt(PICOS_DIGITS - decimalsMax)
  const rounded = divideToEven(picos, unit) * unit
  const magnitude = rounded < 0n ? -rounded : rounded
  const scale = 10n ** BigInt(PICOS_DIGITS)
  const decimals = (magnitude % scale)
    .toString()
    .padStart(PICOS_DIGITS, '0')
    .replace(/0+$/, '')
    .padEnd(2, '0')
  return `${rounded < 0n ? '-' : ''}${group(magnitude / scale)}.${decimals}`
}

/** Divides once, ties to even. */
export function divideToEven(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value
  const down = magnitude / divisor
  const twice = (magnitude % divisor) * 2n
  const result = twice > divisor || (twice === divisor && down % 2n === 1n) ? down + 1n : down
  return value < 0n ? -result : result
}

/** `1234567` as `1,234,567`. */
export function group(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A count and its noun: `1 GPU`, `1,024 GPUs`. */
export function counted(count: number, noun: string): string {
  return `${group(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** Milliseconds as exact seconds with three decimals: `1,234.567`. */
export function renderSeconds(ms: bigint): string {
  return `${group(ms / 1000n)}.${(ms % 1000n).toString().padStart(3, '0')}`
}

/** A metered quantity in the unit people think in. */
export function renderQuantity(quantity: string, unit: string): string {
  if (!/^\d+$/.test(quantity)) return quantity
  if (unit === 'gpu_ms') return `${renderSeconds(BigInt(quantity))} GPU-s`
  return `${group(BigInt(quantity))} ${unit === 'token' ? 'tokens' : unit}`
}

const PER_WORDS: Readonly<Record<string, string>> = {
  'gpu_ms 3600000': 'GPU-h',
  'gpu_ms 1000': 'GPU-s',
  'token 1': 'token',
  'token 1000': '1K tokens',
  'token 1000000': '1M tokens',
}

export interface PriceParts {
  readonly amountUsd: string
  readonly per: string
  readonly unit: string
}

/** A price with what it is for: `2.35 / GPU-h`, `0.10 USD / 1M tokens`. */
export function renderPrice(price: PriceParts, currency = ''): string {
  const per = PER_WORDS[`${price.unit} ${price.per}`] ?? `${price.per} ${price.unit}`
  return `${renderAmount(price.amountUsd)}${currency === '' ? '' : ` ${currency}`} / ${per}`
}

/** What a quantity costs in picos: multiplied first, divided once. */
export function cost(price: PriceParts, quantity: bigint): bigint | null {
  const amount = parseAmount(price.amountUsd)
  if (amount === null || !/^[1-9]\d*$/.test(price.per)) return null
  return divideToEven(amount * quantity, BigInt(price.per))
}

/** A fraction as a percentage with one decimal. */
export function renderFraction(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`
}

/** The percentage that a part is of a whole, exact before it is rounded to a tenth. */
export function renderShare(part: bigint, whole: bigint): string {
  if (whole <= 0n) return '–'
  const tenths = divideToEven(part * 1000n, whole)
  return `${tenths / 10n}.${tenths % 10n} %`
}

/** Pads amounts on both sides, so that their points stand below one another. */
export function padPoints(amounts: readonly string[]): readonly string[] {
  const decimals = (amount: string): number => {
    const point = amount.lastIndexOf('.')
    return point < 0 ? 0 : amount.length - point
  }
  const most = Math.max(0, ...amounts.map(decimals))
  const filled = amounts.map((amount) =>
    amount === '' ? '' : amount + ' '.repeat(most - decimals(amount)),
  )
  const width = Math.max(0, ...filled.map((amount) => amount.length))
  return filled.map((amount) => amount.padStart(width))
}
