/**
 * How many tokens an answer used: from the server's own count where it gives one, else counted from what it delivered.
 * An answer with output is never free of charge for want of a count.
 */
import type { Quantities } from './charge.ts'

/** What has been delivered of one answer so far. */
export interface Tally {
  /** The server's last word on its count, cumulative. */
  readonly usage: Quantities | null
  /** Whether that word came after the last output. */
  readonly isUsageFinal: boolean
  /** Pieces of output; a piece is at least one token. */
  readonly pieces: number
  readonly outputBytes: number
}

export const EMPTY_TALLY: Tally = { usage: null, isUsageFinal: false, pieces: 0, outputBytes: 0 }

export interface Delivery {
  readonly usage: Quantities | null
  readonly pieces: number
  readonly outputBytes: number
  readonly isFinish: boolean
}

/** Adds a delivered chunk. A count without new output is the total; one beside output is the total so far. */
export function deliver(tally: Tally, chunk: Delivery): Tally {
  const usage = chunk.usage ?? tally.usage
  return {
    usage,
    isUsageFinal:
      chunk.usage === null
        ? tally.isUsageFinal && chunk.pieces === 0
        : chunk.pieces === 0 || chunk.isFinish,
    pieces: tally.pieces + chunk.pieces,
    outputBytes: tally.outputBytes + chunk.outputBytes,
  }
}

export interface Bill extends Quantities {
  /** True where the server did not say, or said something impossible. */
  readonly isEstimated: boolean
}

/**
 * What to charge for what was delivered. `promptTokens` guesses the input, asked only when the server did not say.
 * Where nothing was delivered and nothing counted, nothing is charged.
 */
export function bill(tally: Tally, promptTokens: () => number): Bill {
  const { usage, pieces, outputBytes } = tally
  if (usage === null && pieces === 0) return { inputTokens: 0, outputTokens: 0, isEstimated: false }
  const guess = Math.max(pieces, Math.ceil(outputBytes / 4))
  const isOutputCounted = usage !== null && (usage.outputTokens > 0 || pieces === 0)
  const counted = isOutputCounted ? usage.outputTokens : guess
  const inputTokens = usage !== null && usage.inputTokens > 0 ? usage.inputTokens : promptTokens()
  // Cut off between two counts, the pieces since the last one still count.
  const outputTokens = tally.isUsageFinal ? counted : Math.max(counted, pieces)
  return {
    inputTokens,
    outputTokens,
    ...classesOf(usage, inputTokens, outputTokens),
    isEstimated: usage === null || usage.inputTokens === 0 || !isOutputCounted,
  }
}

/** The classes that a server counted, never more than the whole: a cheaper class cannot swallow what it is not part of. */
function classesOf(usage: Quantities | null, inputTokens: number, outputTokens: number) {
  if (usage === null) return null
  const { cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage
  if (cachedInputTokens === undefined && cacheWriteTokens === undefined && !reasoningTokens)
    return null
  const cached = Math.min(cachedInputTokens ?? 0, inputTokens)
  return {
    ...(cachedInputTokens === undefined ? null : { cachedInputTokens: cached }),
    ...(cacheWriteTokens === undefined
      ? null
      : { cacheWriteTokens: Math.min(cacheWriteTokens, inputTokens - cached) }),
    ...(reasoningTokens ? { reasoningTokens: Math.min(reasoningTokens, outputTokens) } : null),
  }
}
