/** Least squares with a small ridge, by Gaussian elimination of the normal equations. Pure. */

/** Weights for which `rows · weights` is nearest to `targets`. */
export function solve(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  ridge: number,
): readonly number[] {
  const size = rows[0]?.length ?? 0
  const matrix = Array.from({ length: size }, (_, at) =>
    Array.from({ length: size + 1 }, (_, other) => (at === other ? ridge : 0)),
  )
  for (const [index, row] of rows.entries())
    for (const [at, line] of matrix.entries()) {
      const value = row[at] ?? 0
      for (let other = 0; other < size; other++)
        line[other] = (line[other] ?? 0) + value * (row[other] ?? 0)
      line[size] = (line[size] ?? 0) + value * (targets[index] ?? 0)
    }
  eliminate(matrix, size)
  return matrix.map((line, at) => (line[size] ?? 0) / (line[at] ?? 1))
}

function eliminate(matrix: number[][], size: number): void {
  for (let pivot = 0; pivot < size; pivot++) {
    const line = matrix[pivot]
    if (!line) return
    for (const [at, other] of matrix.entries()) {
      if (at === pivot) continue
      const factor = (other[pivot] ?? 0) / (line[pivot] ?? 1)
      if (factor === 0) continue
      for (let column = pivot; column <= size; column++)
        other[column] = (other[column] ?? 0) - factor * (line[column] ?? 0)
    }
  }
}
