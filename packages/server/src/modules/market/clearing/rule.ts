/**
 * The published rule of a pool's auction: the reserve price and how it follows utilisation, how far a price may move,
 * what counts as a thin window, and how much one buyer may get while others want it. Pure and exact: shares are
 * millionths, and every product is divided once.
 */
import { assert } from '#kernel/assert.ts'
import { greatest, least, type Money, picos } from '#kernel/money.ts'

export const MILLION = 1_000_000

export interface ClearingRule {
  /** What a GPU-hour costs that would not be run otherwise. Nothing is sold below it. */
  readonly floor: Money
  /** The reserve of a pool in full use. */
  readonly ceiling: Money
  /** Up to this use, in millionths, the reserve is the floor; from there it rises in a straight line to the ceiling. */
  readonly kneePpm: number
  /** A price moves by at most this share of the last one, either way, in millionths. */
  readonly movePpm: number
  /** With fewer bids than this a window is thin. */
  readonly depthMin: number
  /** Thin windows that are put together at most, before one is quoted from the reserve. */
  readonly mergesMax: number
  /** One buyer gets no more than this share of a window, in millionths, while others want the rest. */
  readonly concentrationPpm: number
  /** How many gangs that found no room are tried against cheaper ones that did. */
  readonly swapsMax: number
}

/** amount × share, rounded up: a seller's price is not cut by rounding. */
function shareUp(amount: Money, ppm: number): Money {
  const product = amount * BigInt(ppm)
  return picos((product + BigInt(MILLION) - 1n) / BigInt(MILLION))
}

function isShare(ppm: number): boolean {
  return Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= MILLION
}

/** floor + (ceiling − floor) × (use − knee) ÷ (1 − knee), from the knee on. */
export function reserveAt(rule: ClearingRule, utilisationPpm: number): Money {
  assert(isShare(utilisationPpm) && isShare(rule.kneePpm), 'shares are between nothing and all')
  const { floor, kneePpm } = rule
  const above = utilisationPpm - kneePpm
  if (above <= 0 || rule.ceiling <= floor) return floor
  const span = BigInt(MILLION - kneePpm)
  const rise = (rule.ceiling - floor) * BigInt(above)
  return picos(floor + (rise + span - 1n) / span)
}

/** Between which prices a window may clear, after the last price; null before there was one. */
function bandOf(rule: ClearingRule, previous: Money | null): readonly [Money, Money] | null {
  if (previous === null) return null
  const step = shareUp(previous, rule.movePpm)
  return [picos(previous - step), picos(previous + step)]
}

/** The reserve that holds in a window: by the formula, no further from the last price than it may move. */
export function reserveOf(
  rule: ClearingRule,
  { utilisationPpm, previous }: { utilisationPpm: number; previous: Money | null },
): Money {
  const asked = reserveAt(rule, utilisationPpm)
  const band = bandOf(rule, previous)
  return band === null ? asked : greatest(rule.floor, least(band[1], greatest(band[0], asked)))
}

/** The price of a window whose bids would have made it `asked`: it rises no further than it may. */
export function smooth(
  rule: ClearingRule,
  { asked, reserve, previous }: { asked: Money; reserve: Money; previous: Money | null },
): Money {
  const band = bandOf(rule, previous)
  return greatest(reserve, band === null ? asked : least(asked, band[1]))
}

/** What becomes of a window with so few bids: cleared, put together with the next, or quoted from the reserve. */
export type Depth = 'auction' | 'merge' | 'quote'

export function depthOf(
  rule: ClearingRule,
  { bids, merged }: { readonly bids: number; readonly merged: number },
): Depth {
  if (bids >= rule.depthMin) return 'auction'
  return merged < rule.mergesMax ? 'merge' : 'quote'
}
