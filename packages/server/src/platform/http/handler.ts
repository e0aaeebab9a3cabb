/** What a handler of the control API receives and gives back, derived from the contract. */
import type { Api, EndpointName } from '@spillway/contract'
import type { z } from 'zod'
import type { KeyBounds } from '#kernel/key-bounds.ts'
import type { Db } from '#platform/db/database.ts'

/** The caller, as far as the edge needs to know it; identity's `Principal` fits. */
export interface Caller {
  readonly apiKeyId: string
  readonly organizationId: string
  readonly organizationName: string
  readonly organizationKind: 'operator' | 'internal' | 'customer'
  readonly projectId: string
  readonly projectName: string
  readonly role: 'operator' | 'member' | 'inference'
  readonly bounds?: KeyBounds
}

export interface Call<N extends EndpointName> {
  /** For a mutation, the transaction that also holds its audit record and its idempotency record. */
  readonly db: Db
  readonly principal: Caller
  readonly params: z.output<Api[N]['params']>
  readonly query: z.output<Api[N]['query']>
  readonly body: z.output<Api[N]['body']>
  readonly now: Date
  readonly requestId: string
  /** Ends when the client goes away; for streams. */
  readonly signal: AbortSignal
  readonly lastEventId: string | undefined
  /** By which a mutation that is sent again is known. */
  readonly idempotencyKey: string | undefined
  /** The secret of the cookie that the caller came with, if it did. */
  readonly sessionSecret: string | undefined
  /** For endpoints that make a principal: who the audit record names. */
  readonly actAs: (principal: Caller) => void
  readonly setCookie: (secret: string, expiresAt: Date) => void
  /** Which thing a mutation is about, for the audit record. Default: the `id` parameter. */
  readonly setTarget: (id: string) => void
}

type Answer<N extends EndpointName> = Api[N]['answer'] extends 'json'
  ? z.input<Api[N]['returns']>
  : ReadableStream<Uint8Array>

export type Handler<N extends EndpointName> = (call: Call<N>) => Promise<Answer<N>>

/** A handler for every endpoint; a missing one does not compile. */
export type Routes = { readonly [N in EndpointName]: Handler<N> }
