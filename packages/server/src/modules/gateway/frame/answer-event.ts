/**
 * What an answer is made of, in nobody's dialect: providers read their servers' bytes into these, dialects write them
 * for clients. A whole answer is the same events at once, so that what is streamed and what is not cannot differ.
 */
import type { Quantities } from '../charge.ts'
import type { StreamEvent } from '../event-stream.ts'

export type FinishReason = 'stop' | 'stop_sequence' | 'length' | 'tool_calls' | 'content_filter'

export type AnswerEvent =
  | {
      readonly kind: 'text'
      readonly choice: number
      readonly text: string
      /** As the server gave them; only the chat dialect has a place for them. */
      readonly logprobs?: unknown
    }
  | {
      readonly kind: 'reasoning'
      readonly choice: number
      readonly text: string
      /** Proves to the server that the reasoning is its own, when it comes back. */
      readonly signature?: string
    }
  /** The model declines, in words. */
  | { readonly kind: 'refusal'; readonly choice: number; readonly text: string }
  /** A piece of a tool call: `id` and `name` stand in its first. */
  | {
      readonly kind: 'tool_call'
      readonly choice: number
      readonly index: number
      readonly id: string | null
      readonly name: string | null
      readonly text: string
    }
  | {
      readonly kind: 'finish'
      readonly choice: number
      readonly reason: FinishReason
      readonly stopSequence?: string
    }
  /** The count so far, cumulative. */
  | { readonly kind: 'usage'; readonly usage: Quantities }

/** What one event of a server's stream says. */
export type Reading =
  | {
      readonly kind: 'events'
      readonly events: readonly AnswerEvent[]
      /** Nothing follows, whatever the server still says. */
      readonly isLast?: boolean
    }
  /** The answer is complete. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }

/** Reads one server's stream, event by event. Lenient: what it does not know says nothing. */
export interface StreamReader {
  take(event: StreamEvent): Reading
}

export const NOTHING: Reading = { kind: 'events', events: [] }
