/** Stacks series for drawing. Pure; a gap (null) in the data stays a gap in every layer. */

export interface StackSeries {
  readonly id: string
  readonly label: string
  /** CSS variable of the fill; null draws only the upper edge. */
  readonly colour: string | null
  readonly isHatched: boolean
  /** One value an interval; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

export interface StackShape {
  /** Starts of the intervals and the end of the last one, in seconds since 1970. */
  readonly edges: readonly number[]
  readonly series: readonly StackSeries[]
}

/** Layer by layer the upper edge over all layers below. The last value is repeated, so that steps reach the end. */
export function cumulate(shape: StackShape): (number | null)[][] {
  let below: (number | null)[] = shape.edges.slice(1).map(() => 0)
  return shape.series.map((series) => {
    below = below.map((base, index) => {
      const value = series.values[index]
      return base === null || value === null || value === undefined ? null : base + value
    })
    return [...below, below.at(-1) ?? null]
  })
}

/** The interval that holds an instant; null outside. */
export function intervalAt(edges: readonly number[], second: number): number | null {
  const first = edges[0]
  const last = edges.at(-1)
  if (first === undefined || last === undefined || second < first || second > last) return null
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((edges[middle] ?? Infinity) <= second) low = middle
    else high = middle - 1
  }
  return low
}

/** Series with something in them, so that charts and legends do not list what never happened. */
export function withoutEmpty(series: readonly StackSeries[]): readonly StackSeries[] {
  return series.filter((each) => each.values.some((value) => value !== null && value > 0))
}

/** The highest point of the stack. */
export function peak(shape: StackShape): number {
  const top = cumulate(shape).at(-1) ?? []
  return top.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0)
}
