/**
 * Binds the contract to HTTP: every endpoint gets its route, authentication, permission, validation, one transaction
 * with audit and idempotency, and one way to answer errors. Handlers know nothing of HTTP.
 */
import { API, API_BASE, type AnyEndpoint, type EndpointName, permits } from '@spillway/contract'
import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Logger } from 'pino'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { IDEMPOTENCY_KEY_CHARACTERS_MAX } from '../../limits.ts'
import { requireWithin } from './bounds.ts'
import type { Call, Caller, Routes } from './handler.ts'
import { findAnswer, hashRequest, type RepeatableRequest, storeAnswer } from './idempotency.ts'
import { jsonAnswer } from './json-answer.ts'
import { parseRequest, type ParsedRequest, readBody } from './parse.ts'
import { problemResponse } from './problem.ts'

export const SESSION_COOKIE = 'spillway_session'

export type PresentedCredential =
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'session'; readonly text: string }

export interface AuditEntry {
  readonly id: string
  readonly at: Date
  readonly actor: string
  readonly organizationId: string
  readonly action: string
  readonly target: string | null
  readonly outcome: string
  readonly requestId: string
}

export interface BindDeps {
  readonly database: Database
  readonly authenticate: (credential: PresentedCredential) => Promise<Caller | null>
  readonly audit: (tx: Db, entry: AuditEntry) => Promise<void>
  readonly pepper: string
  readonly ids: IdSource
  readonly now: () => Date
  readonly log: Logger
}

/** What one request has come to, while it is handled. */
interface Exchange {
  readonly endpoint: AnyEndpoint
  readonly context: Context
  readonly requestId: string
  parsed: ParsedRequest
  caller: Caller | null
  target: string | null
}

const NOTHING_PARSED: ParsedRequest = { params: {}, query: {}, body: {}, bodyText: '' }

function credentialOf(context: Context): PresentedCredential | null {
  const bearer = /^Bearer\s+(\S+)$/i.exec(context.req.header('authorization') ?? '')
  if (bearer?.[1]) return { kind: 'key', text: bearer[1] }
  const cookie = getCookie(context, SESSION_COOKIE)
  return cookie ? { kind: 'session', text: cookie } : null
}

/** A cookie, and signing in, count only for requests that our own page made: browsers say where one comes from. */
function refuseForeignSite(context: Context): void {
  const site = context.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Fault(
      'permission.denied',
      'A signed-in browser may only be used from the console’s own pages.',
    )
}

/** Who calls, once known, is noted in the exchange even when the call is then refused: the audit names them. */
async function authorize(deps: BindDeps, exchange: Exchange): Promise<void> {
  const { endpoint, context } = exchange
  const credential = credentialOf(context)
  if (credential?.kind === 'session' || endpoint.permission === 'public') refuseForeignSite(context)
  if (endpoint.permission === 'public') return
  if (!credential) throw new Fault('credential.missing', 'This address needs a credential.')
  exchange.caller = await deps.authenticate(credential)
  if (!exchange.caller)
    throw new Fault(
      'credential.invalid',
      credential.kind === 'session'
        ? 'The sign-in has expired.'
        : 'The API key is mistyped, revoked or unknown.',
    )
  const { role } = exchange.caller
  if (!permits(role, endpoint.permission))
    throw new Fault('permission.denied', `This needs the permission ${endpoint.permission}.`, {
      details: { permission: endpoint.permission, role },
    })
  requireWithin(exchange.caller.bounds, {
    permission: endpoint.permission,
    address: context.req.header('x-forwarded-for') ?? '',
    now: deps.now(),
  })
}

function callOf(exchange: Exchange, db: Db, now: Date): Call<EndpointName> {
  const { context, parsed } = exchange
  return {
    db,
    principal: exchange.caller,
    params: parsed.params,
    query: parsed.query,
    body: parsed.body,
    now,
    requestId: exchange.requestId,
    signal: context.req.raw.signal,
    lastEventId: context.req.header('last-event-id'),
    idempotencyKey: context.req.header('idempotency-key'),
    sessionSecret: getCookie(context, SESSION_COOKIE),
    actAs: (caller: Caller) => {
      exchange.caller = caller
    },
    setCookie: (secret: string, expires: Date) =>
      setCookie(context, SESSION_COOKIE, secret, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        expires,
      }),
    setTarget: (id: string) => {
      exchange.target = id
    },
  } as Call<EndpointName>
}

function repeatable({ pepper }: BindDeps, exchange: Exchange): RepeatableRequest | null {
  const { context, endpoint, parsed } = exchange
  const key = context.req.header('idempotency-key')
  if (key === undefined || endpoint.permission === 'public') return null
  if (key.length === 0 || key.length > IDEMPOTENCY_KEY_CHARACTERS_MAX)
    throw new Fault(
      'request.invalid',
      `Idempotency-Key must have 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters.`,
    )
  return {
    organizationId: exchange.caller?.organizationId ?? '-',
    endpoint: endpoint.id,
    key,
    requestHash: hashRequest(pepper, [
      context.req.path,
      JSON.stringify(parsed.query),
      parsed.bodyText,
    ]),
  }
}

function auditEntry(deps: BindDeps, exchange: Exchange, outcome: string): AuditEntry {
  const id = (exchange.parsed.params as { id?: string }).id
  return {
    id: newId('auditEvent', deps.ids),
    at: deps.now(),
    actor: exchange.caller?.apiKeyId ?? 'nobody',
    organizationId: exchange.caller?.organizationId ?? '-',
    action: exchange.endpoint.id,
    target: exchange.target ?? id ?? null,
    outcome,
    requestId: exchange.requestId,
  }
}

type AnyHandler = (call: Call<EndpointName>) => Promise<unknown>

/** Effect, audit record and idempotency record commit together or not at all. */
function mutate(
  deps: BindDeps,
  handler: AnyHandler,
  exchange: Exchange,
): Promise<{ status: number; answer: unknown }> {
  const { endpoint } = exchange
  return inTransaction(deps.database, async (tx) => {
    const request = repeatable(deps, exchange)
    const earlier = request ? await findAnswer(tx, request, deps.pepper) : null
    if (earlier) return earlier
    const answer = endpoint.returns.parse(await handler(callOf(exchange, tx, deps.now())))
    await deps.audit(tx, auditEntry(deps, exchange, 'done'))
    if (request)
      await storeAnswer(tx, request, {
        status: endpoint.status,
        answer,
        pepper: deps.pepper,
        now: deps.now(),
      })
    return { status: endpoint.status, answer }
  })
}

const STREAM_TYPES = {
  events: 'text/event-stream',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
} as const

async function read(deps: BindDeps, handler: AnyHandler, exchange: Exchange): Promise<Response> {
  const { endpoint, context, requestId } = exchange
  if (endpoint.audit !== 'none') await deps.audit(deps.database, auditEntry(deps, exchange, 'done'))
  const answer = await handler(callOf(exchange, deps.database, deps.now()))
  if (endpoint.answer === 'json')
    return jsonAnswer(context, endpoint.returns.parse(answer) as object)
  return new Response(answer as ReadableStream, {
    headers: {
      'content-type': STREAM_TYPES[endpoint.answer],
      // What a lease wrote must never be shown as a page of ours.
      ...(endpoint.answer === 'bytes' ? { 'content-disposition': 'attachment' } : {}),
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
    },
  })
}

/**
 * Refused mutations are worth a record too, and so is a sign-in that failed; failing to write it must not hide the
 * refusal itself.
 */
async function auditRefusal(deps: BindDeps, exchange: Exchange, error: unknown): Promise<void> {
  const { endpoint, caller, requestId } = exchange
  const outcome = error instanceof Fault ? error.code : 'server.defect'
  const isKnown = caller !== null || endpoint.permission === 'public'
  if (endpoint.audit !== 'mutation' || !isKnown || outcome === 'database.unavailable') return
  await deps.audit(deps.database, auditEntry(deps, exchange, outcome)).catch((cause: unknown) => {
    deps.log.error({ err: cause, requestId }, 'could not audit a refusal')
  })
}

async function respond(deps: BindDeps, handler: AnyHandler, exchange: Exchange): Promise<Response> {
  const { endpoint, context } = exchange
  await authorize(deps, exchange)
  const bodyText = await readBody(context.req.raw)
  const raw = { params: context.req.param(), query: context.req.query(), bodyText }
  exchange.parsed = parseRequest(endpoint, raw)
  if (endpoint.method === 'GET') return read(deps, handler, exchange)
  const { status, answer } = await mutate(deps, handler, exchange)
  return context.json(answer as object, status as 200)
}

function logError(deps: BindDeps, error: unknown, requestId: string): void {
  if (!(error instanceof Fault) || error.code === 'server.defect')
    deps.log.error({ err: error, requestId }, 'defect')
  else if (error.internal !== undefined || error.cause !== undefined)
    deps.log.warn({ err: error, internal: error.internal, requestId }, error.code)
}

/** The gateway names each request; a name of another form is replaced, because it ends up in logs and records. */
function requestIdOf(context: Context): string {
  const given = context.req.header('x-request-id')
  return given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : `req_${crypto.randomUUID()}`
}

function route(deps: BindDeps, endpoint: AnyEndpoint, handler: AnyHandler) {
  return async (context: Context): Promise<Response> => {
    const requestId = requestIdOf(context)
    context.header('x-request-id', requestId)
    const exchange: Exchange = {
      ...{ endpoint, context, requestId, parsed: NOTHING_PARSED },
      ...{ caller: null, target: null },
    }
    try {
      return await respond(deps, handler, exchange)
    } catch (error) {
      logError(deps, error, requestId)
      await auditRefusal(deps, exchange, error)
      return problemResponse(error, requestId)
    }
  }
}

/** The control API as a Hono application. */
export function bindApi(deps: BindDeps, routes: Routes): Hono {
  const app = new Hono()
  for (const [name, endpoint] of Object.entries(API) as [EndpointName, AnyEndpoint][]) {
    const path = `${API_BASE}${endpoint.path.replace(/\{(\w+)\}/g, ':$1')}`
    app.on(endpoint.method, path, route(deps, endpoint, routes[name] as unknown as AnyHandler))
  }
  app.all(`${API_BASE}/*`, (context) =>
    problemResponse(
      new Fault('request.not_found', `There is no ${context.req.method} ${context.req.path}.`),
      'none',
    ),
  )
  return app
}
