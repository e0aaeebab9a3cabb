/** What a benchmark gives back, and how it is asked. */

export interface BenchOptions {
  /** Ends within a minute, at the price of precision. */
  readonly quick: boolean
  /** What was given for the flags that the benchmark's module names in `flags`: `--nodes F` as `nodes`. */
  readonly flags: Readonly<Record<string, string>>
}

/** What was given to a benchmark is not what it reads: said as it stands, without a trace. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}

/** One measured figure: the median of its rounds. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Least and greatest of the rounds. */
  readonly range?: readonly [number, number]
  readonly target?: { readonly kind: 'at_most' | 'at_least'; readonly value: number }
}

/** Figures of many things side by side: thing -> measure -> value. Null where it has none. */
export type Comparison = Readonly<Record<string, Readonly<Record<string, number | null>>>>

export interface BenchResult {
  readonly title: string
  readonly figures: readonly Figure[]
  /** Each under its name, which is also its name in the JSON. */
  readonly comparisons?: Readonly<Record<string, Comparison>>
  /** What a reader has to know to judge the figures. */
  readonly notes: readonly string[]
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>

/** A file of `bench/`: its benchmark, and the flags with a value that it reads. */
export interface BenchModule {
  readonly default: Bench
  readonly flags?: readonly string[]
}

/** Whether a figure meets its target; null where it has none. */
export function meetsTarget({ value, target }: Figure): boolean | null {
  if (!target) return null
  return target.kind === 'at_most' ? value <= target.value : value >= target.value
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The figure of several rounds. */
export function figureOf(
  figure: Omit<Figure, 'value' | 'range'>,
  rounds: readonly number[],
): Figure {
  return { ...figure, value: median(rounds), range: [Math.min(...rounds), Math.max(...rounds)] }
}
