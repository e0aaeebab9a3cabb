/** Turns what stands behind a flag into a value, or says what would be right. Used by commander before anything is sent. */
import { PositiveAmount } from '@spillway/contract'
import { InvalidArgumentError } from 'commander'
import { parseDuration, parseInstant } from './duration.ts'

/** USD as a plain decimal string. */
export function amount(text: string): string {
  if (PositiveAmount.safeParse(text).success) return text
  const repaired = text.replace(/^\$/, '').replace(/^(\d+),(\d+)$/, '$1.$2')
  const hint = PositiveAmount.safeParse(repaired).success ? repaired : '2.50'
  throw new InvalidArgumentError(
    `Write USD as a plain decimal, not negative, with at most 12 decimals, such as ${hint}.`,
  )
}

/** An amount that is more than nothing. */
export function positiveAmount(text: string): string {
  if (/[1-9]/.test(amount(text))) return text
  throw new InvalidArgumentError('Write an amount above zero, such as 100.00.')
}

export interface Range {
  readonly least: number
  readonly most: number
}

export function wholeNumber({ least, most }: Range): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`)
  }
}

/** A duration in milliseconds. */
export function duration(range: Range): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text)
    if (ms === null)
      throw new InvalidArgumentError(
        'Write a duration with its unit, such as 30s, 5m, 1h or 1h30m.',
      )
    if (ms >= range.least && ms <= range.most) return ms
    throw new InvalidArgumentError(
      `Write a duration from ${words(range.least)} to ${words(range.most)}.`,
    )
  }
}

function words(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ] as const
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms']
  return ms === 0 ? '0s' : `${ms / size}${unit}`
}

/** An instant as RFC 3339. */
export function instant(nowMs: () => number): (text: string) => string {
  return (text) => {
    const parsed = parseInstant(text, nowMs())
    if (parsed !== null) return parsed
    throw new InvalidArgumentError(
      'Write a UTC day (2026-01-31), an instant with its offset (2026-01-31T14:00:00Z), or how long ago (24h).',
    )
  }
}

export type Variables = Readonly<Record<string, string>>

/** Collects `NAME=VALUE`, or `NAME` alone to hand on the caller's own value. */
export function variables(
  environment: Readonly<Record<string, string | undefined>>,
): (text: string, previous: Variables | undefined) => Variables {
  return (text, previous = {}) => {
    const equals = text.indexOf('=')
    const name = equals < 0 ? text : text.slice(0, equals)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new InvalidArgumentError('Write NAME=VALUE; a name has letters, digits and _ only.')
    const value = equals < 0 ? environment[name] : text.slice(equals + 1)
    if (value === undefined)
      throw new InvalidArgumentError(`${name} is not set here. Write ${name}=VALUE.`)
    return { ...previous, [name]: value }
  }
}
