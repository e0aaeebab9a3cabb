/**
 * What may be said of tasks from a sample of them: how often they succeed, what a success costs, and how surely. Money
 * stays in whole picos throughout; only shares and quantiles are floating-point numbers.
 */
import { picos, ZERO, type Money } from '#kernel/money.ts'

/** Sums over tasks, enough for everything said here. A task is judged when somebody reported its outcome. */
export interface TaskSums {
  readonly tasks: number
  readonly judged: number
  readonly successes: number
  /** Of all tasks, of those that were judged, and of those that succeeded. */
  readonly cost: Money
  readonly judgedCost: Money
  readonly successCost: Money
  /** Sum of the squared costs of those that were judged, in squared picos. */
  readonly judgedCostSquares: bigint
}

/** With fewer no interval of a cost is told, and nothing is ranked. */
export const JUDGED_MIN = 30
/** Of a standard normal distribution, for intervals of 95 %. */
export const Z = 1.959963984540054

export interface ShareInterval {
  readonly low: number
  readonly high: number
}

/**
 * Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927): sound for small samples and for shares near 0 and 1,
 * where the textbook's interval is not. Null without a sample.
 */
export function wilson(successes: number, sample: number): ShareInterval | null {
  if (sample === 0) return null
  const share = successes / sample
  const z2 = Z * Z
  const scale = 1 + z2 / sample
  const middle = (share + z2 / (2 * sample)) / scale
  const half = (Z * Math.sqrt((share * (1 - share)) / sample + z2 / (4 * sample * sample))) / scale
  return {
    low: successes === 0 ? 0 : Math.max(0, middle - half),
    high: successes === sample ? 1 : Math.min(1, middle + half),
  }
}

/**
 * The 97.5 % quantile of Student's t, by Cornish and Fisher's expansion around the normal one (Abramowitz and Stegun,
 * 26.7.5). With the 29 degrees of freedom or more that are asked for here it is right to the fourth decimal.
 */
export function studentQuantile(degrees: number): number {
  const [z, z2] = [Z, Z * Z]
  const first = (z * (z2 + 1)) / 4
  const second = (z * (5 * z2 * z2 + 16 * z2 + 3)) / 96
  const third = (z * (3 * z2 ** 3 + 19 * z2 * z2 + 17 * z2 - 15)) / 384
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3
}

export type CostInterval =
  | { readonly kind: 'bounded'; readonly low: Money; readonly high: Money }
  /** Nobody can say yet: `no_success` none succeeded, `too_few_successes` as many as may be none. */
  | { readonly kind: 'too_few_tasks' | 'no_success' | 'too_few_successes' }

/** K = t² / (n - 1) as a whole number of these. */
const SCALE = 10n ** 12n

/**
 * A 95 % interval of cost per success: Fieller's, of a ratio of two means that are measured on the same tasks (E. C.
 * Fieller, J. R. Stat. Soc. B 16, 1954). Cost and success of a task depend on each other, and it takes that in.
 *
 * With C the costs' sum, Y the successes, and A, B, D n times the sums of squares and products around the means, those
 * ratios r belong to it for which (C - rY)² <= K (A - 2rB + r²D): the roots of a r² - 2 b r + c. Where a is not
 * positive, the successes are so few that none at all would be no surprise, and the interval has no end.
 */
export function costInterval(sums: TaskSums): CostInterval {
  const { judged, successes, judgedCost: C, successCost, judgedCostSquares } = sums
  if (judged < JUDGED_MIN) return { kind: 'too_few_tasks' }
  if (successes === 0) return { kind: 'no_success' }
  const [n, Y] = [BigInt(judged), BigInt(successes)]
  const A = n * judgedCostSquares - C * C
  const B = n * successCost - C * Y
  const D = n * Y - Y * Y
  const K = BigInt(Math.round((studentQuantile(judged - 1) ** 2 / (judged - 1)) * Number(SCALE)))
  const a = SCALE * Y * Y - K * D
  if (a <= 0n) return { kind: 'too_few_successes' }
  const b = SCALE * C * Y - K * B
  const c = SCALE * C * C - K * A
  const inner = b * b - a * c
  const root = inner <= 0n ? 0n : rootUp(inner)
  const low = divideDown(b - root, a)
  return {
    kind: 'bounded',
    low: low < 0n ? ZERO : picos(low),
    high: picos(-divideDown(-(b + root), a)),
  }
}

/** The least whole number whose square is not less. */
function rootUp(value: bigint): bigint {
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess * guess < value ? guess + 1n : guess
    guess = next
  }
}

function divideDown(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

/** An amount for each of so many, ties to even; null for none: it is not known, and not nothing. */
export function costEach(amount: Money, count: number): Money | null {
  if (count === 0) return null
  const by = BigInt(count)
  const down = amount / by
  const twice = (amount % by) * 2n
  return picos(twice > by || (twice === by && down % 2n === 1n) ? down + 1n : down)
}

/** What a success costs at most: as if every task that nobody judged had failed. */
export function costAtMost({ cost, successes }: TaskSums): Money | null {
  return costEach(cost, successes)
}
