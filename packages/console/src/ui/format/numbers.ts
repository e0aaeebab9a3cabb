/** Counts, shares and quantities for the screen: thin-space groups, SI units, at most four digits in a chart label. */
import { divideHalfEven } from './money.ts'

/** U+202F: a thin space that never breaks a line. */
export const THIN_SPACE = '\u202F'
const NO_BREAK = '\u00A0'
const MS_PER_HOUR = 3_600_000n

export function formatCount(count: number | bigint | string): string {
  const [whole = '0', fraction] = String(count).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE)
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

const SI_STEPS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** At most four significant digits, with an SI letter from a thousand up: `12.3k`. */
export function formatSi(value: number): string {
  for (const [size, letter] of SI_STEPS)
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`
  return String(Number(value.toPrecision(3)))
}

/** A fraction as a percentage; tiny but real shares do not read as zero. */
export function formatShare(fraction: number): string {
  const percent = fraction * 100
  if (percent > 0 && percent < 0.1) return `<${NO_BREAK}0.1${NO_BREAK}%`
  if (fraction < 1 && percent > 99.9) return `>${NO_BREAK}99.9${NO_BREAK}%`
  return `${percent >= 100 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)}${NO_BREAK}%`
}

/** Milliseconds of GPU time as hours, or seconds while that is small. */
export function formatGpuTime(gpuMs: number | bigint | string): string {
  const milliseconds = BigInt(gpuMs)
  if (milliseconds < MS_PER_HOUR / 10n) return `${decimal(milliseconds, 1000n, 1)}${NO_BREAK}GPU-s`
  return `${decimal(milliseconds, MS_PER_HOUR, hourDecimals(milliseconds))}${NO_BREAK}GPU-h`
}

/** About four digits that matter, however many hours there are. */
function hourDecimals(milliseconds: bigint): number {
  const wholeDigits = (milliseconds / MS_PER_HOUR).toString().length
  return Math.max(0, 4 - wholeDigits)
}

function decimal(dividend: bigint, divisor: bigint, decimals: number): string {
  const scale = 10n ** BigInt(decimals)
  const rounded = divideHalfEven(dividend * scale, divisor)
  if (decimals === 0) return formatCount(rounded)
  const fraction = (rounded % scale).toString().padStart(decimals, '0')
  return formatCount(`${rounded / scale}.${fraction}`)
}

export type QuantityUnit = 'gpu_ms' | 'token'

/** A metered quantity in the unit people buy: GPU time or tokens. */
export function formatQuantity(quantity: string | bigint, unit: QuantityUnit): string {
  return unit === 'gpu_ms'
    ? formatGpuTime(quantity)
    : `${formatCount(quantity)}${NO_BREAK}${BigInt(quantity) === 1n ? 'token' : 'tokens'}`
}

/** The quantity in base units, every digit, for a title. */
export function exactQuantity(quantity: string | bigint, unit: QuantityUnit): string {
  return `${formatCount(quantity)} ${unit === 'gpu_ms' ? 'GPU-milliseconds' : 'tokens'}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)}${NO_BREAK}${count === 1 ? one : many}`
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function formatBytes(bytes: number): string {
  let size = bytes
  let step = 0
  while (size >= 1024 && step < BYTE_UNITS.length - 1) {
    size /= 1024
    step += 1
  }
  return `${step === 0 ? size : Number(size.toPrecision(3))}${NO_BREAK}${BYTE_UNITS[step]}`
}
