/** A count and its noun, for sentences: one GPU, two GPUs. */

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
