/**
 * The console's only door to the server: the contract's client on the page's own origin, with the session cookie.
 * Nothing here is privileged; every call could be made with curl.
 */
import {
  type Api,
  createClient,
  type EndpointName,
  type Input,
  ProblemError,
} from '@spillway/contract'
import type { z } from 'zod'

export type StreamName = 'streamEvents' | 'getLeaseLogs' | 'tailRequests' | 'getRequestMetrics'
export type JsonName = Exclude<EndpointName, StreamName>

/** What a JSON endpoint answers. */
export type Answer<N extends JsonName> = z.output<Api[N]['returns']>

/** What a call takes, without what the console adds itself. */
export type CallInput<N extends EndpointName> = Omit<Input<Api[N]>, 'signal' | 'idempotencyKey'>

export interface CallExtras {
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

const client = createClient({ url: '' })

type AnyCall = (input: object) => Promise<unknown>

/** Calls a JSON endpoint by its client name. */
export async function call<N extends JsonName>(
  name: N,
  input: CallInput<N>,
  extras: CallExtras = {},
): Promise<Answer<N>> {
  const method = client[name] as AnyCall
  return (await method({ ...input, ...extras })) as Answer<N>
}

/** Opens a streaming endpoint; the caller reads and ends the body. */
export async function openStream<N extends StreamName>(
  name: N,
  input: CallInput<N>,
  signal: AbortSignal,
): Promise<Response> {
  const method = client[name] as AnyCall
  return (await method({ ...input, signal })) as Response
}

/** Whether an error says that nobody is signed in (any more). */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401
}

/** Whether trying again by itself may help: the network or the server failed, not the request. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.problem.status >= 500
}
