/** The replica's HTTP server: routing, health, errors, and stopping without cutting answers short. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { renderStreamError } from './chunks.ts'
import { embed } from './embedding-route.ts'
import {
  ClientGone,
  type Exchange,
  type OpenExchange,
  openExchange,
  refusalFrom,
  sendJson,
  sendRefusal,
} from './exchange.ts'
import { notFound, unavailable } from './refusal.ts'
import { type AnswerSource, type Model, chat, countTokens, listModels } from './routes.ts'
import { continueTexts } from './text-route.ts'

export interface ReplicaServer {
  readonly server: Server
  /** From now on it answers. */
  readonly serve: (model: Model) => void
  /** Takes nothing new, lets answers finish within the grace, then cuts them off. */
  readonly stop: (graceMs: number) => Promise<void>
}

export interface ReplicaServerOptions extends AnswerSource {
  readonly modelName: string
  readonly logFailure: (error: unknown) => void
}

/** Longer than a gateway keeps a connection idle, so that it is never closed under a request. */
const KEEP_ALIVE_MS = 65_000
const STOPPING = 'The replica is stopping.'

/** What changes while the server runs. */
interface State {
  model: Model | null
  isStopping: boolean
  /** Called once when nothing runs any more after stopping began. */
  drained: () => void
  readonly running: Set<OpenExchange>
}

export function createReplicaServer(options: ReplicaServerOptions): ReplicaServer {
  const state: State = {
    model: null,
    isStopping: false,
    drained: () => undefined,
    running: new Set(),
  }
  const server = createServer(
    (request, response) => void handle(state, options, { request, response }),
  )
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return {
    server,
    serve: (model) => {
      state.model = model
    },
    stop: (graceMs) => stop(state, server, graceMs),
  }
}

async function stop(state: State, server: Server, graceMs: number): Promise<void> {
  state.isStopping = true
  server.close()
  if (state.running.size > 0) {
    const { promise, resolve } = Promise.withResolvers<void>()
    state.drained = resolve
    const cutOff = setTimeout(() => {
      for (const exchange of state.running) exchange.abort(unavailable(STOPPING))
    }, graceMs)
    await promise
    clearTimeout(cutOff)
  }
  server.closeIdleConnections()
}

interface Incoming {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function handle(
  state: State,
  options: ReplicaServerOptions,
  { request, response }: Incoming,
): Promise<void> {
  const exchange = openExchange(request, response)
  state.running.add(exchange)
  try {
    await route(state, options, exchange)
  } catch (error) {
    fail(exchange, error, options.logFailure)
  } finally {
    state.running.delete(exchange)
    if (state.running.size === 0) state.drained()
  }
}

async function route(
  state: State,
  options: ReplicaServerOptions,
  exchange: Exchange,
): Promise<void> {
  const { method, url = '/' } = exchange.request
  const path = url.split('?')[0] ?? '/'
  switch (`${method} ${path}`) {
    case 'GET /health':
      return sendHealth(state, options.modelName, exchange)
    case 'GET /metrics':
      return sendMetrics(exchange, requireModel(state))
    case 'GET /v1/models':
      return listModels(exchange, requireModel(state))
    case 'POST /tokenize':
      return countTokens(exchange, requireModel(state))
    case 'POST /v1/chat/completions':
      return chat(exchange, requireModel(state), options)
    case 'POST /v1/completions':
      return continueTexts(exchange, requireModel(state), options)
    case 'POST /v1/embeddings':
      return embed(exchange, requireModel(state))
    default:
      throw notFound(`Unknown request URL: ${method} ${path}.`, 'unknown_url')
  }
}

function requireModel({ model, isStopping }: State): Model {
  if (isStopping) throw unavailable(STOPPING)
  if (!model) throw unavailable('The model is still loading.')
  return model
}

function sendHealth({ model, isStopping }: State, name: string, exchange: Exchange): void {
  const state = isStopping ? 'stopping' : model ? 'ready' : 'loading'
  const activity = model && {
    busy: model.places.busy(),
    waiting: model.places.waiting(),
    places: model.places.count,
    tally: model.tally,
  }
  const body = JSON.stringify({ state, model: name, ...activity })
  sendJson(exchange, state === 'ready' ? 200 : 503, body)
}

/** How busy it is, in the text that Prometheus reads. */
function sendMetrics({ response }: Exchange, { places }: Model): void {
  const free = Math.max(0, places.count - places.busy())
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
  response.end(`spillway:requests_waiting ${places.waiting()}\nspillway:places_free ${free}\n`)
}

/** Tells the client what went wrong, as far as there still is one and a place to say it. */
function fail(exchange: Exchange, error: unknown, logFailure: (error: unknown) => void): void {
  const { response, signal } = exchange
  const cause: unknown = signal.aborted ? signal.reason : error
  if (cause instanceof ClientGone) return
  const refusal = refusalFrom(cause)
  if (refusal.status === 500) logFailure(error)
  if (!response.headersSent) return sendRefusal(exchange, refusal)
  response.end(renderStreamError(refusal.message))
}
