/** A list of numbers kept such that its first is the least. */

export function push(heap: number[], value: number): void {
  let at = heap.length
  heap.push(value)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] ?? value
    if (above <= value) break
    heap[at] = above
    at = parent
  }
  heap[at] = value
}

/** Takes the least out. */
export function pop(heap: number[]): number {
  const least = heap[0] ?? -1
  const value = heap.pop() ?? -1
  if (heap.length === 0) return least
  let at = 0
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if ((heap[child + 1] ?? Number.POSITIVE_INFINITY) < (heap[child] ?? 0)) child++
    const below = heap[child] ?? value
    if (below >= value) break
    heap[at] = below
    at = child
  }
  heap[at] = value
  return least
}
