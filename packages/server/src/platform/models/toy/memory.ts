/**
 * What the toy remembers of a word: which texts it belongs to, and a signature by which it is recognised. The mean of
 * these vectors over a conversation is the toy's memory; it is pulled towards the topic of the conversation and pushed
 * away from rare words that were just said, so that even greedy decoding wanders on. Pure and deterministic.
 */
import { ANSWER, END, type Statistics } from './statistics.ts'
import { fold } from './words.ts'

/** Length of a memory vector: the topics first, then the signature. */
export const MEMORY_LENGTH = 128
/** How strongly the topic of the conversation tilts the logits. */
const TOPIC_PULL = 20
/** How strongly a word that was said is avoided; the rarer it is in the texts, the more. */
const ECHO_PUSH = 30
const ECHO_EXPONENT = 0.35

/** How strongly the end is avoided while the beginning of the answer is a large part of the memory. */
const EARLY_END_PUSH = 24

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

function hash(text: string): number {
  let state = FNV_OFFSET
  for (const byte of Buffer.from(text, 'utf8')) state = Math.imul(state ^ byte, FNV_PRIME)
  return state >>> 0
}

/** A vector of signs with a length that falls with the count, nearly at right angles to that of any other word. */
function signature(word: string, count: number, length: number): number[] {
  let state = hash(word) || 1
  return Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state & 1 ? 1 : -1) / (Math.sqrt(length) * count ** ECHO_EXPONENT)
  })
}

export interface Recollection {
  /** What saying the word adds to the memory. */
  readonly said: readonly number[]
  /** What the memory is multiplied with to tilt the word's logit. */
  readonly tilt: readonly number[]
}

/** A vector that is zero but for its last entry, which counts the beginnings of answers. */
function beginning(weight: number): number[] {
  return Array.from({ length: MEMORY_LENGTH }, (_, index) =>
    index < MEMORY_LENGTH - 1 ? 0 : weight,
  )
}

/** The memory vectors of a token; empty where they are zero. */
export function recollect(statistics: Statistics, word: string): Recollection {
  if (word === ANSWER) return { said: beginning(1), tilt: [] }
  if (word === END) return { said: [], tilt: beginning(-EARLY_END_PUSH) }
  const folded = fold(word)
  const topics = statistics.topics.get(folded)
  const count = statistics.counts.get(folded)
  if (!topics || !count) return { said: [], tilt: [] }
  const sign = signature(folded, count, MEMORY_LENGTH - 1 - topics.length)
  return {
    said: [...topics, ...sign],
    tilt: [...topics.map((weight) => weight * TOPIC_PULL), ...sign.map((bit) => -bit * ECHO_PUSH)],
  }
}
