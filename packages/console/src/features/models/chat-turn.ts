/** One turn of a conversation as it grows, and what it cost. Pure; instants come in. */
import type { Model } from '@spillway/contract'
import { rate } from '../../ui/format/money.ts'
import type { ChatMessage, ChatPart, ChatUsage } from './chat-stream.ts'

export interface ChatTurn {
  readonly question: string
  readonly answer: string
  readonly state: 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed'
  readonly finishReason: string | null
  readonly usage: ChatUsage | null
  readonly startedMs: number
  readonly firstTokenMs: number | null
  /** When the latest text came. */
  readonly latestMs: number
  /** Pieces of text so far: nearly tokens, until the usage is known. */
  readonly pieces: number
}

export function startTurn(question: string, nowMs: number): ChatTurn {
  return {
    question,
    answer: '',
    state: 'waiting',
    finishReason: null,
    usage: null,
    startedMs: nowMs,
    firstTokenMs: null,
    latestMs: nowMs,
    pieces: 0,
  }
}

export function takePart(turn: ChatTurn, part: ChatPart, nowMs: number): ChatTurn {
  if (part.kind === 'usage') return { ...turn, usage: part.usage }
  if (part.kind === 'finish') return { ...turn, finishReason: part.reason }
  return {
    ...turn,
    state: 'streaming',
    answer: turn.answer + part.text,
    pieces: turn.pieces + 1,
    firstTokenMs: turn.firstTokenMs ?? nowMs,
    latestMs: nowMs,
  }
}

export function endTurn(turn: ChatTurn, state: 'done' | 'stopped' | 'failed'): ChatTurn {
  return { ...turn, state }
}

/** The messages of the next request: what was said before, without answers that failed. */
export function toMessages(
  turns: readonly ChatTurn[],
  system: string,
  question: string,
): ChatMessage[] {
  const before = turns
    .filter((turn) => turn.answer !== '')
    .flatMap((turn): ChatMessage[] => [
      { role: 'user', content: turn.question },
      { role: 'assistant', content: turn.answer },
    ])
  const opening: ChatMessage[] =
    system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }]
  return [...opening, ...before, { role: 'user', content: question }]
}

export interface TurnFigures {
  readonly firstTokenAfterMs: number | null
  readonly tokensPerSecond: number | null
  readonly tokens: number
  /** Whether tokens are counted by the gateway, not guessed from pieces. */
  readonly isCounted: boolean
  readonly costPicos: bigint | null
}

/** Speed is measured from the first token to the last: waiting for the first is its own figure. */
export function turnFigures(turn: ChatTurn, price: Model['price']): TurnFigures {
  const tokens = turn.usage?.completionTokens ?? turn.pieces
  const streamedMs = turn.firstTokenMs === null ? 0 : turn.latestMs - turn.firstTokenMs
  const { usage } = turn
  return {
    firstTokenAfterMs: turn.firstTokenMs === null ? null : turn.firstTokenMs - turn.startedMs,
    tokensPerSecond: streamedMs > 0 && tokens > 1 ? ((tokens - 1) * 1000) / streamedMs : null,
    tokens,
    isCounted: usage !== null,
    costPicos:
      usage === null
        ? null
        : rate(price.input, BigInt(usage.promptTokens)) +
          rate(price.output, BigInt(usage.completionTokens)),
  }
}
