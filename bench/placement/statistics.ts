/** Mean, spread, and an exact paired test: whether a difference over the same seeds could be chance. */

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Over the values as the whole population, as the published tables have it. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

/** Twice the rank of each size, so that ties have whole ranks. */
function doubleRanks(sizes: readonly number[]): number[] {
  return sizes.map((size) => {
    const less = sizes.filter((other) => other < size).length
    const same = sizes.filter((other) => other === size).length
    return 2 * less + same + 1
  })
}

/**
 * Wilcoxon's signed-rank test, two-sided and exact: how likely so one-sided differences are if either sign were as
 * likely as the other. Pairs without a difference are left out; one when none is left.
 */
export function signedRankP(differences: readonly number[]): number {
  const real = differences.filter((difference) => Math.abs(difference) > 1e-9)
  if (real.length === 0) return 1
  const ranks = doubleRanks(real.map(Math.abs))
  const total = ranks.reduce((sum, rank) => sum + rank, 0)
  const positive = ranks.reduce((sum, rank, index) => sum + ((real[index] ?? 0) > 0 ? rank : 0), 0)
  // How many of all choices of signs reach each sum, as a share.
  let reach = new Float64Array(total + 1)
  reach[0] = 1
  for (const rank of ranks) {
    const next = new Float64Array(total + 1)
    reach.forEach((share, sum) => {
      next[sum] = (next[sum] ?? 0) + share / 2
      if (sum + rank <= total) next[sum + rank] = (next[sum + rank] ?? 0) + share / 2
    })
    reach = next
  }
  const least = Math.min(positive, total - positive)
  const tail = reach.slice(0, least + 1).reduce((sum, share) => sum + share, 0)
  return Math.min(1, 2 * tail)
}
