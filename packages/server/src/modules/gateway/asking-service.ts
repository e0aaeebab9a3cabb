/** A request on its way to a server: as it was asked, and as it is judged. Types alone. */
import type { Principal } from '#modules/identity/index.ts'
import type { CallRecord } from './call.ts'
import type { Headers } from './credential.ts'
import type { Dialect, ModelRequest } from './frame/dialect.ts'
import type { Guard } from './guard/guard.ts'
import type { RecorderDeps } from './recorder.ts'
import type { Wish } from './route-choice.ts'
import type { Route, Target } from './route.ts'
import type { Sight } from './sight-service.ts'

/** What a client sent, who it is, and in which dialect. */
export interface Asking {
  readonly dialect: Dialect
  readonly body: Uint8Array
  readonly headers: Headers
  readonly principal: Principal
  /** `none`: it asks for a guardrail itself. `asked`: the models that judge it have been asked. */
  readonly guard?: 'asked' | 'none'
  readonly record?: CallRecord | undefined
  /** Who looks on. */
  readonly sight?: Sight | null
  /** It is a line of a batch. */
  readonly line?: BatchLine
}

/** A line of a batch: at its price, from spare capacity, in nobody's rate limit, and recorded with its answer. */
export interface BatchLine {
  readonly isSpare: (target: Target) => boolean
  readonly record: Pick<RecorderDeps, 'append' | 'newEventId'>
}

/** A request that makes sense, of a model that somebody answers for, now or once it is woken. */
export interface Judged {
  readonly kind: 'judged'
  readonly dialect: Dialect
  /** What is sent of it. */
  readonly request: ModelRequest
  /** With what it says to us alone. */
  readonly asked: ModelRequest
  readonly route: Route
  /** Null where nothing but the model's servers is to go by. */
  readonly wish: Wish | null
  /** At whose prices it may be answered. */
  readonly routes: readonly Route[]
  /** False while the model sleeps. */
  readonly isReady: boolean
  readonly guard?: Guard
  readonly record?: CallRecord | undefined
  /** Absent: its caller names no task. */
  readonly taskId?: string
  readonly line: BatchLine | undefined
}
