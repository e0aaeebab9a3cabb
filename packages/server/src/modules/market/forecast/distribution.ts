/** A distribution of the peak of demand, as values at fixed levels. Pure. */

/** Finer towards the top, where what may be sold is decided. */
export const LEVELS: readonly number[] = [
  ...[0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5],
  ...[0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98],
  ...[0.985, 0.99, 0.995, 0.999],
]

/** A value for each of `LEVELS`, rising. */
export type Distribution = Float64Array

/** The value at a level, between those of its neighbours. */
export function quantileOf(distribution: Distribution, level: number): number {
  const above = LEVELS.findIndex((each) => each >= level)
  if (above === 0) return distribution[0] ?? Number.NaN
  if (above < 0) return distribution.at(-1) ?? Number.NaN
  const [low, high] = [LEVELS[above - 1] ?? 0, LEVELS[above] ?? 1]
  const share = (level - low) / (high - low)
  return (distribution[above - 1] ?? Number.NaN) * (1 - share) + (distribution[above] ?? 0) * share
}

/** Between 0 and 1, how much of a distribution lies below a value. */
export function levelOf(distribution: Distribution, value: number): number {
  const above = distribution.findIndex((each) => each >= value)
  if (above === 0) return (distribution[0] ?? 0) === value ? (LEVELS[0] ?? 0) : 0
  if (above < 0) return 1
  const [low, high] = [distribution[above - 1] ?? 0, distribution[above] ?? 0]
  const [from, to] = [LEVELS[above - 1] ?? 0, LEVELS[above] ?? 1]
  return high > low ? from + ((value - low) / (high - low)) * (to - from) : to
}

/** Values and weights at rising values, as a distribution. */
export function distributionOf(values: Float64Array, weights: Float64Array): Distribution {
  let total = 0
  for (const weight of weights) total += weight
  const distribution = new Float64Array(LEVELS.length)
  let [level, below] = [0, 0]
  for (let index = 0; index < values.length && level < LEVELS.length; index++) {
    const weight = weights[index] as number
    if (weight === 0) continue
    below += weight
    while (level < LEVELS.length && below >= (LEVELS[level] as number) * total - 1e-12)
      distribution[level++] = values[index] as number
  }
  return distribution
}
