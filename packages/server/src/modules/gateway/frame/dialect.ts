/**
 * A dialect: how clients ask and are answered. It judges a body into a `ModelRequest`, and writes answers, errors and
 * streams. It knows nothing of servers: those of another dialect are reached through the chat form of a request and
 * the events of an answer.
 */
import type { Quantities } from '../charge.ts'
import type { StreamEvent } from '../event-stream.ts'
import type { Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'
import type { Delivery } from '../usage.ts'
import type { AnswerEvent, StreamReader } from './answer-event.ts'
import type { Needs } from './needs.ts'

export type DialectName = 'chat' | 'messages' | 'responses' | 'completions' | 'embeddings'
export type Json = Readonly<Record<string, unknown>>

/** A request that was judged. */
export interface ModelRequest {
  readonly kind: 'request'
  readonly model: string
  readonly isStream: boolean
  /** What the client asked to see; the gateway itself always asks upstream. */
  readonly wantsUsage: boolean
  readonly wantsContinuousUsage: boolean
  /** The most tokens each choice may have; null where the model's context is the only bound. */
  readonly outputTokensMax: number | null
  readonly choices: number
  /** Inputs that are answered each for itself, and of which each may fill the context. Absent: one. */
  readonly inputs?: number
  /** Bytes as received: never fewer than the bytes of the text within. */
  readonly bodyBytes: number
  readonly hasOpaqueInput: boolean
  readonly needs: Needs
  readonly body: Json
  /** Where others wait at a replica of ours, it comes before them. */
  readonly isFirst?: boolean
  /** The same as the body of a chat completion, where it was needed to judge it. */
  readonly chat?: Json
}

/** What of an answer is ours to say. */
export interface AnswerContext {
  readonly request: ModelRequest
  /** The name the client asked for; what the server calls itself is not shown. */
  readonly model: string
  /** Makes the answer's id: the request's, without its prefix. */
  readonly id: string
  /** Seconds since 1970. */
  readonly createdS: number
  /** As the dialect calls the tier that is charged; absent where none was asked for. */
  readonly tier?: string
}

/** Writes a stream for the client, for a server of another dialect. */
export interface StreamWriter {
  write(event: AnswerEvent): string
  /** What ends a complete answer; `used` is what is charged. Kept back until that is on disk. */
  ending(used: Quantities): string
  /** What ends a stream that goes no further; without it, the dialect's `renderBroken` does. */
  broken?(refusal: Refusal, used: Quantities): string
}

export type Passed =
  /** `text` goes to the client now; `delivery` is what of the answer is in it. */
  | {
      readonly kind: 'passed'
      readonly text: string
      readonly delivery: Delivery | null
      readonly finishes: number
      /** Nothing follows, whatever the server still says. */
      readonly isLast?: boolean
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }

/** One streamed answer on its way from a server's events to the client's. Pure state. */
export interface Passage {
  take(event: StreamEvent): Passed
  ending(used: Quantities): string
  broken?(refusal: Refusal, used: Quantities): string | null
}

export interface NativePassage {
  readonly isRenamed: boolean
  readonly reader: StreamReader
}

export interface RenderedRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A name that may be asked for, and the model that it stands for: its own, or another one. */
export interface ListedModel {
  readonly id: string
  readonly route: Route
}

export interface Dialect {
  readonly name: DialectName
  /** Judges a body. `counting`: only its input is to be counted. */
  parse(bytes: Uint8Array, purpose?: 'counting'): ModelRequest | Refusal
  /** The same request as the body of a chat completion, which every provider can translate. */
  toChat(request: ModelRequest): Json | Refusal
  renderRefusal(refusal: Refusal, requestId: string): RenderedRefusal
  /** A refusal in a stream that has begun. No ending follows it. */
  renderBroken(refusal: Refusal, requestId: string): string
  /** An answer in one piece, from a server of another dialect. */
  renderAnswer(context: AnswerContext, events: readonly AnswerEvent[], used: Quantities): string
  openWriter(context: AnswerContext): StreamWriter
  /** The way through for a server of this very dialect: untouched where it may be. */
  openPassage(context: AnswerContext, native: NativePassage): Passage
  /** What has to be mended in a whole answer of a server of this very dialect; null where it may stay as it is. */
  mendAnswer?(request: ModelRequest, json: Json, used: Quantities): Json | null
  /** What says the tier in a whole answer of a server of this very dialect. */
  mendTier?(json: Json, tier: string): Json
  renderCount(inputTokens: number): string
  renderModelList(models: readonly ListedModel[]): string
  renderModelCard(model: ListedModel): string
}
