/**
 * The kernel of the contract: an endpoint is data. From one declaration come the route with its validation,
 * permission, audit class and idempotency, the typed client, `openapi.json` and the reference pages.
 */
import type { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { Permission } from './permissions.ts'
import { Nothing } from './primitives.ts'

/** Below this path the control API lives. */
export const API_BASE = '/api/v1'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/**
 * How an endpoint answers: `json` is one document, `events` is a server-sent event stream whose `data` are `returns`
 * documents, `text` is a plain text stream, `bytes` a file.
 */
export type Answer = 'json' | 'events' | 'text' | 'bytes'

export interface Endpoint<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  R extends z.ZodType = z.ZodType,
  A extends Answer = Answer,
> {
  /** `noun.verb`, unique: the operation id, the audit action and the client's method path. */
  readonly id: string
  readonly method: Method
  /** Below `/api/v1`, with parameters as `{id}`. */
  readonly path: string
  readonly summary: string
  /** Who may call: a permission, or `public` for what needs no principal. */
  readonly permission: Permission | 'public'
  /** What the audit log records. Mutations are always recorded; reads only where the read itself is sensitive. */
  readonly audit: 'mutation' | 'sensitive_read' | 'none'
  readonly answer: A
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly returns: R
  /** Codes beyond the ones every endpoint may answer. */
  readonly errors: readonly ErrorCode[]
  /** The success status: 200 unless something was created (201) or nothing is returned (204). */
  readonly status: 200 | 201 | 204
}

export type AnyEndpoint = Endpoint

type Declaration<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
  A extends Answer,
> = Pick<Endpoint<P, Q, B, R, A>, 'id' | 'method' | 'path' | 'summary' | 'permission' | 'returns'> &
  Partial<Endpoint<P, Q, B, R, A>>

/** Declares an endpoint; what is left out gets the plain default. */
export function endpoint<
  P extends z.ZodType = typeof Nothing,
  Q extends z.ZodType = typeof Nothing,
  B extends z.ZodType = typeof Nothing,
  R extends z.ZodType = z.ZodType,
  const A extends Answer = 'json',
>(declaration: Declaration<P, Q, B, R, A>): Endpoint<P, Q, B, R, A> {
  return {
    audit: declaration.method === 'GET' ? 'none' : 'mutation',
    answer: 'json' as A,
    params: Nothing as unknown as P,
    query: Nothing as unknown as Q,
    body: Nothing as unknown as B,
    errors: [],
    status: 200,
    ...declaration,
  }
}
