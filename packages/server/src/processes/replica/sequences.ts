/** Chooses the idle sequence that already holds the longest beginning of a prompt. */
import { present } from '#kernel/assert.ts'

interface Sequence {
  readonly contextTokens: readonly number[]
}

/** How many tokens two lists begin with in common. */
export function commonPrefixLength(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return index
  return length
}

/** Takes a sequence out of the idle ones. Whoever calls holds a place, so there is one. */
export function takeClosest<S extends Sequence>(idle: S[], prompt: readonly number[]): S {
  let best = 0
  let bestLength = -1
  idle.forEach((sequence, index) => {
    const length = commonPrefixLength(sequence.contextTokens, prompt)
    if (length > bestLength) [best, bestLength] = [index, length]
  })
  const [taken] = idle.splice(best, 1)
  return present(taken, 'an idle sequence')
}
