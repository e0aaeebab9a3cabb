/** The typed client that the console, the CLI and the tests share: one method an endpoint. */
import type { z } from 'zod'
import { API, type Api, type EndpointName } from './api.ts'
import { API_BASE, type AnyEndpoint } from './endpoint.ts'
import { Problem } from './problem.ts'

type Part<K extends string, S extends z.ZodType> =
  {} extends z.input<S> ? { [P in K]?: z.input<S> } : { [P in K]: z.input<S> }

/** What a call takes: `params`, `query` and `body` as the endpoint declares them. */
export type Input<E extends AnyEndpoint> = Part<'params', E['params']> &
  Part<'query', E['query']> &
  Part<'body', E['body']> & { readonly signal?: AbortSignal; readonly idempotencyKey?: string }

type Method<E extends AnyEndpoint> =
  {} extends Input<E>
    ? (input?: Input<E>) => Promise<z.output<E['returns']>>
    : (input: Input<E>) => Promise<z.output<E['returns']>>

type Streaming<E extends AnyEndpoint> =
  {} extends Input<E>
    ? (input?: Input<E>) => Promise<Response>
    : (input: Input<E>) => Promise<Response>

/** Endpoints that stream answer with the open `Response`. */
export type Client = {
  readonly [N in EndpointName]: Api[N]['answer'] extends 'json' ? Method<Api[N]> : Streaming<Api[N]>
}

/** An error the API answered, with everything it said. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export interface ClientOptions {
  /** Origin of the installation, such as `http://127.0.0.1:4510`; empty for the page's own origin. */
  readonly url: string
  /** Bearer credential; the console relies on its cookie instead. */
  readonly credential?: string
  readonly fetch?: typeof fetch
}

type Fields = Readonly<Record<string, string | number | boolean | undefined>>

interface Call {
  readonly params?: Fields
  readonly query?: Fields
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

/** Renders path and query of a call. */
export function renderPath(endpoint: AnyEndpoint, call: Call): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(call.params?.[name])),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) query.set(name, String(value))
  return `${API_BASE}${path}${query.size > 0 ? `?${query.toString()}` : ''}`
}

async function toProblem(response: Response): Promise<ProblemError> {
  const parsed = Problem.safeParse(await response.json().catch(() => null))
  if (parsed.success) return new ProblemError(parsed.data)
  return new ProblemError({
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: `The server answered ${response.status} without an explanation.`,
    code: 'server.defect',
    remedy: 'Look at the server\u2019s log.',
    requestId: response.headers.get('x-request-id') ?? '',
  })
}

async function send(options: ClientOptions, endpoint: AnyEndpoint, call: Call): Promise<unknown> {
  const headers: Record<string, string> = {}
  if (options.credential) headers['authorization'] = `Bearer ${options.credential}`
  if (endpoint.method !== 'GET')
    headers['idempotency-key'] = call.idempotencyKey ?? crypto.randomUUID()
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  const response = await (options.fetch ?? fetch)(`${options.url}${renderPath(endpoint, call)}`, {
    method: endpoint.method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  })
  if (!response.ok) throw await toProblem(response)
  return endpoint.answer === 'json' ? response.json() : response
}

/** Makes a client. Every mutation carries an Idempotency-Key, made here unless the caller passes one. */
export function createClient(options: ClientOptions): Client {
  const entries = Object.entries(API).map(([name, endpoint]) => [
    name,
    (call: Call = {}) => send(options, endpoint, call),
  ])
  return Object.fromEntries(entries) as Client
}
