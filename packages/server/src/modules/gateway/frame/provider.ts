/**
 * A provider: how one kind of server is asked, and how its answers are read. It knows one wire format and nothing of
 * clients. Strict in: what the server could not honour is refused before it is asked. Lenient out.
 */
import type { Framing } from '../event-stream.ts'
import type { Refusal } from '../refusal.ts'
import type { Target } from '../route.ts'
import type { Delivery } from '../usage.ts'
import type { AnswerEvent, StreamReader } from './answer-event.ts'
import type { Dialect, DialectName, Json, ModelRequest } from './dialect.ts'

export interface Ask {
  readonly dialect: Dialect
  readonly request: ModelRequest
  readonly target: Target
}

export interface UpstreamRequest {
  /** After the target's base address, such as `/chat/completions`. */
  readonly path: string
  /** The path counts from the server's root: the base's `/v1` is left out. */
  readonly isFromRoot?: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer in one piece. */
export interface WholeAnswer extends Delivery {
  readonly json: Json
}

export interface UpstreamError {
  readonly message: string
  readonly param: string | null
  readonly code: string | null
  readonly isContextExceeded: boolean
  /** Whatever its status blames, it is the operator's to mend, such as a key that the server does not know. */
  readonly isOperators?: boolean
}

/** How a server is asked for an answer, and how that is read. */
export interface Wire {
  renderRequest(ask: Ask): UpstreamRequest | Refusal
  /** Null when the text is no answer. */
  readAnswer(text: string, request: ModelRequest): WholeAnswer | null
  openReader(): StreamReader
  /** How its stream is cut into events; absent: as server-sent events. */
  openFraming?(): Framing
}

/** A request as it is sent, for a proof that holds for it alone. */
export interface RequestToSign {
  readonly host: string
  /** The whole of it, from the server's root. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Where the operator says that the server runs. */
  readonly region: string | null
  readonly at: Date
}

export interface Provider extends Wire {
  /** The dialect it speaks: a client of the same one gets its bytes untouched. Null: one that no client speaks. */
  readonly dialect: DialectName | null
  /** Further dialects that it speaks. Nothing is translated into these. */
  readonly further?: Partial<Readonly<Record<DialectName, Wire>>>
  /** Asks how many tokens a request's input has. Null: it cannot say. */
  renderCount(ask: Ask): UpstreamRequest | Refusal | null
  /** The answer to that; null when it is none. */
  readCount(text: string): number | null
  /** What proves to the server that the operator may ask. */
  renderCredential(credential: string): Readonly<Record<string, string>>
  /** The same where it is another for each request; absent: `renderCredential` says all. */
  sign?(credential: string, request: RequestToSign): Readonly<Record<string, string>>
  /** What of a credential must not come back in an answer; absent: the whole of it. */
  secretsIn?(credential: string): readonly string[]
  readAnswer(text: string): WholeAnswer | null
  /** What such an answer says, for a client of another dialect. */
  readEvents(json: Json): readonly AnswerEvent[]
  /** Reads an error's body, whatever it is. */
  readError(text: string): UpstreamError
}
