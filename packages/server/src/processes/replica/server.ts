/** The replica's HTTP server: routing, health, errors, and stopping without cutting answers short. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { renderStreamError } from './chunks.ts'
import {
  ClientGone,
  type Exchange,
  openExchange,
  refusalFrom,
  sendJson,
  sendRefusal,
} from './exchange.ts'
import { notFound, unavailable } from './refusal.ts'
import { type AnswerSource, type Model, chat, countTokens, listModels } from './routes.ts'

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

const STOPPING = 'The replica is stopping.'

export function createReplicaServer(options: ReplicaServerOptions): ReplicaServer {
  let model: Model | null = null
  let isStopping = false
  const running = new Set<{ readonly abort: (reason: Error) => void }>()
  const drained = Promise.withResolvers<void>()

  function requireModel(): Model {
    if (isStopping) throw unavailable(STOPPING)
    if (!model) throw unavailable('The model is still loading.')
    return model
  }

  function sendHealth(exchange: Exchange): void {
    const state = isStopping ? 'stopping' : model ? 'ready' : 'loading'
    const activity = model && {
      busy: model.places.busy(),
      waiting: model.places.waiting(),
      tally: model.tally,
    }
    const body = JSON.stringify({ state, model: options.modelName, ...activity })
    sendJson(exchange, state === 'ready' ? 200 : 503, body)
  }

  async function route(exchange: Exchange): Promise<void> {
    const { method, url = '/' } = exchange.request
    const path = url.split('?')[0] ?? '/'
    switch (`${method} ${path}`) {
      case 'GET /health':
        return sendHealth(exchange)
      case 'GET /v1/models':
        return listModels(exchange, requireModel())
      case 'POST /tokenize':
        return countTokens(exchange, requireModel())
      case 'POST /v1/chat/completions':
        return chat(exchange, requireModel(), options)
      default:
        throw notFound(`Unknown request URL: ${method} ${path}.`, 'unknown_url')
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = openExchange(request, response)
    running.add(exchange)
    try {
      await route(exchange)
    } catch (error) {
      fail(exchange, error, options.logFailure)
    } finally {
      running.delete(exchange)
      if (isStopping && running.size === 0) drained.resolve()
    }
  }

  const server = createServer((request, response) => void answer(request, response))
  return {
    server,
    serve: (loaded) => {
      model = loaded
    },
    stop: async (graceMs) => {
      isStopping = true
      server.close()
      if (running.size === 0) drained.resolve()
      const cutOff = setTimeout(() => {
        for (const exchange of running) exchange.abort(unavailable(STOPPING))
      }, graceMs)
      await drained.promise
      clearTimeout(cutOff)
      server.closeIdleConnections()
    },
  }
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
