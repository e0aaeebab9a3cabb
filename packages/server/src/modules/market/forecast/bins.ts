/** Features cut into bins of about equally many rows: what trees compare. Pure. */

const BINS_MAX = 48
const ROWS_LOOKED_AT = 4000

/** For each feature the upper ends of its bins, from the values that it took. */
export function cutBins(rows: readonly Float64Array[]): readonly Float64Array[] {
  const stride = Math.max(1, Math.floor(rows.length / ROWS_LOOKED_AT))
  const looked = rows.filter((_, index) => index % stride === 0)
  return Array.from({ length: rows[0]?.length ?? 0 }, (_, feature) => {
    const values = Float64Array.from(looked, (row) => row[feature] ?? Number.NaN)
      .filter((value) => !Number.isNaN(value))
      .sort()
    const edges: number[] = []
    for (let bin = 1; bin < BINS_MAX; bin++) {
      const edge = values[Math.floor((bin * values.length) / BINS_MAX)]
      if (edge !== undefined && edge > (edges.at(-1) ?? Number.NEGATIVE_INFINITY)) edges.push(edge)
    }
    return Float64Array.from(edges)
  })
}

/** Which bin each feature of a row falls into. What is not known falls into the last. */
export function binRow(row: Float64Array, edges: readonly Float64Array[], bins: Uint8Array): void {
  for (let feature = 0; feature < edges.length; feature++) {
    const ends = edges[feature] as Float64Array
    const value = row[feature] as number
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (value < (ends[middle] as number)) high = middle
      else low = middle + 1
    }
    bins[feature] = low
  }
}
