/** The public port: inference is served here, everything else is relayed to the API process. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { API_BASE } from '@spillway/contract'
import { allowsModel } from '#kernel/key-bounds.ts'
import {
  type Dialect,
  DIALECTS,
  type Gateway,
  type ListedModel,
  type Principal,
  type Refusal,
  refusals,
} from '#modules/gateway/index.ts'
import { type ApiRelay, LEASE_PROXY } from './api-relay.ts'
import { BATCHES, serveBatches } from './batches.ts'
import { serveCount } from './count.ts'
import { type Exchange, sendJson, sendRefusal, type ServedExchange } from './exchange.ts'
import { FILES, serveFiles } from './files.ts'
import { identifyCaller } from './identify.ts'
import { type InferenceDeps, serveInference } from './inference.ts'
import type { StoredDeps } from './v1-mutation.ts'

export interface ServerDeps extends InferenceDeps, StoredDeps {
  readonly apiRelay: ApiRelay
  readonly newRequestId: () => string
}

type Serve = (deps: ServerDeps, exchange: ServedExchange, path: string) => void | Promise<void>

const MODELS = '/v1/models'
/** Reported where requests are made, and kept by the API. */
const OUTCOMES = '/v1/outcomes'

interface Endpoint {
  readonly dialect: Dialect
  readonly serve: Serve
}

/** What is asked of models, by path; each with POST. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/chat/completions', { dialect: DIALECTS.chat, serve: serveInference }],
  ['/v1/completions', { dialect: DIALECTS.completions, serve: serveInference }],
  ['/v1/embeddings', { dialect: DIALECTS.embeddings, serve: serveInference }],
  ['/v1/responses', { dialect: DIALECTS.responses, serve: serveInference }],
  ['/v1/responses/input_tokens', { dialect: DIALECTS.responses, serve: serveCount }],
  ['/v1/messages', { dialect: DIALECTS.messages, serve: serveInference }],
  ['/v1/messages/count_tokens', { dialect: DIALECTS.messages, serve: serveCount }],
])

/** Clients of Anthropic's say so in every request, also where the path is everybody's. */
function dialectOf(path: string, { headers }: IncomingMessage): Dialect {
  const isAnthropic = headers['anthropic-version'] !== undefined
  return ENDPOINTS.get(path)?.dialect ?? (isAnthropic ? DIALECTS.messages : DIALECTS.chat)
}

/** Longer than the usual idle time of clients and proxies, so that they close first. */
const KEEP_ALIVE_MS = 75_000
const RECEIPT_MS = 300_000

export function createGatewayServer(deps: ServerDeps): Server {
  const server = createServer(
    { noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
    (request, response) => {
      if (!isReceivedSlowly(request)) limitReceipt(request)
      receive(deps, request, response)
    },
  )
  // Inference speaks nothing but HTTP; behind a lease's port anything may be spoken.
  server.on('upgrade', (request, socket, head) => {
    if (LEASE_PROXY.test(request.url ?? ''))
      deps.apiRelay.upgrade(request, socket, { head, requestId: deps.newRequestId() })
    else socket.destroy()
  })
  return server
}

/** What goes to a lease takes what it takes; a file is given up when nothing of it comes any more. */
function isReceivedSlowly({ url = '', method }: IncomingMessage): boolean {
  return LEASE_PROXY.test(url) || (method === 'POST' && isBelow(url, FILES))
}

/** Whether a path, with or without a query, is a place or below it. */
function isBelow(path: string, place: string): boolean {
  return path.startsWith(place) && /^(?:$|[/?])/.test(path.slice(place.length))
}

/** A body has to arrive in time. */
function limitReceipt(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => request.socket.destroy(), RECEIPT_MS)
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

function receive(deps: ServerDeps, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  const exchange = {
    request,
    response,
    requestId: deps.newRequestId(),
    dialect: dialectOf(path, request),
    startedMs: deps.nowMs(),
    sight: null,
  }
  if (!url.startsWith('/v1/') && url !== '/v1') return deps.apiRelay.relay(exchange)
  // What fails on the connection itself has nobody left to be told.
  response.on('error', () => undefined)
  response.on('finish', () => deps.watch.onStatus(nameOf(path), response.statusCode))
  void serve(deps, exchange, path)
}

async function serve(deps: ServerDeps, exchange: ServedExchange, path: string): Promise<void> {
  try {
    await handlerOf(exchange.request.method ?? 'GET', path)(deps, exchange, path)
  } catch (failure) {
    // JSON nested deeper than the stack is the client's; anything else is ours.
    const isTooDeep = failure instanceof RangeError
    if (!isTooDeep) deps.watch.onDefect(exchange.requestId, failure)
    if (exchange.response.headersSent) exchange.response.destroy()
    else sendRefusal(exchange, isTooDeep ? refusals.malformedJson() : refusals.defect())
  } finally {
    exchange.sight?.close()
  }
}

function handlerOf(method: string, path: string): Serve {
  const isRead = method === 'GET' || method === 'HEAD'
  const endpoint = ENDPOINTS.get(path)
  if (endpoint)
    return method === 'POST' ? endpoint.serve : refuse(refusals.wrongMethod(method, path, 'POST'))
  if (path === OUTCOMES) return relayOutcome
  if (path === MODELS || path.startsWith(`${MODELS}/`))
    return isRead ? serveModels : refuse(refusals.wrongMethod(method, path, 'GET'))
  if (isBelow(path, FILES)) return serveFiles
  if (isBelow(path, BATCHES)) return serveBatches
  if (path.startsWith('/v1/responses/')) return refuse(refusals.responseNotStored())
  return refuse(refusals.unknownUrl(method, path))
}

const relayOutcome: Serve = ({ apiRelay }, exchange) =>
  apiRelay.relay(exchange, `${API_BASE}/outcomes`)

const refuse =
  (refusal: Refusal): Serve =>
  (_, exchange) =>
    sendRefusal(exchange, refusal)

async function serveModels(deps: ServerDeps, exchange: Exchange, path: string): Promise<void> {
  const { gateway } = deps
  const { dialect } = exchange
  const principal = await identifyCaller(deps, exchange.request)
  if ('status' in principal) return sendRefusal(exchange, principal)
  if (!gateway.routes.isLoaded) return sendRefusal(exchange, refusals.databaseAway())
  if (path === MODELS)
    return sendJson(exchange, dialect.renderModelList(listFor(gateway, principal)))
  const id = decode(path.slice(MODELS.length + 1))
  const route = gateway.findModel(id, principal)
  if ('status' in route) return sendRefusal(exchange, route)
  if (!allowsModel(principal.bounds, route.model, id))
    return sendRefusal(exchange, refusals.unknownModel(id))
  sendJson(exchange, dialect.renderModelCard({ id, route }))
}

/** Whoever asks sees what may be used: not what the project or the key is kept from, nor what went. */
function listFor(gateway: Gateway, principal: Principal): readonly ListedModel[] {
  const { routes } = gateway
  const ids = [...routes.list().map(({ model }) => model), ...routes.listAliases()]
  return ids.flatMap((id) => {
    const route = gateway.findModel(id, principal)
    const isUsable = !('status' in route) && allowsModel(principal.bounds, route.model, id)
    return isUsable ? [{ id, route }] : []
  })
}

/** A name that cannot be decoded is no model's. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** For the metrics: one series an endpoint, whatever callers ask for. */
function nameOf(path: string): string {
  if (ENDPOINTS.has(path)) return path
  return [MODELS, FILES, BATCHES].find((place) => isBelow(path, place)) ?? 'other'
}
