/**
 * Everything that is not inference goes to the API process, bytes as they are, answers as they come. Adds nothing but
 * where the request came from; takes away only what belongs to one connection.
 */
import type { IncomingMessage } from 'node:http'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { API_BASE, ERRORS } from '@spillway/contract'
import { type Dispatcher, Pool } from 'undici'
import type { ServedExchange } from './exchange.ts'
import { addressOf } from './identify.ts'
import type { GatewaySettings } from './settings.ts'

/** Headers that speak about one connection, not about the message. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])
/** A caller may not claim to be relayed by somebody else. */
const OURS = new Set(['x-forwarded-for', 'x-request-id'])

/** Addresses below a lease's port. */
export const LEASE_PROXY = new RegExp(`^${API_BASE}/leases/[^/?]+/proxy(?:[/?]|$)`)

export class ApiRelay {
  readonly #pool: Pool
  readonly #place: NetConnectOpts
  readonly #trustedProxies: readonly string[]
  readonly #upgraded = new Set<Socket>()

  constructor(api: GatewaySettings['api'], trustedProxies: readonly string[] = []) {
    this.#trustedProxies = trustedProxies
    const options = {
      connections: null,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 60_000,
      bodyTimeout: 0,
    }
    this.#place =
      'url' in api
        ? { host: new URL(api.url).hostname, port: Number(new URL(api.url).port) }
        : { path: api.socketPath }
    this.#pool =
      'url' in api
        ? new Pool(api.url, options)
        : new Pool('http://api.invalid', { ...options, socketPath: api.socketPath })
  }

  /** `path`: where the API has what is elsewhere here. */
  relay(exchange: ServedExchange, path = exchange.request.url ?? '/'): void {
    const { request } = exchange
    const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers
    this.#pool.dispatch(
      {
        method: request.method ?? 'GET',
        path,
        headers: [
          ...keepEndToEnd(request.rawHeaders, OURS),
          'x-forwarded-for',
          addressOf(request, this.#trustedProxies),
          'x-request-id',
          exchange.requestId,
        ],
        body: hasBody ? request : null,
        // A service behind a lease takes the time it needs; the client's own patience is the bound.
        ...(LEASE_PROXY.test(request.url ?? '') ? { headersTimeout: 0 } : {}),
      },
      new RelayedAnswer(exchange),
    )
  }

  /** An upgraded connection: its request goes on as it is, then bytes go both ways until one end closes. */
  upgrade(request: IncomingMessage, socket: Duplex, { head, requestId }: Upgrade): void {
    const api = connect(this.#place)
    this.#upgraded.add(api)
    api.on('connect', () => {
      api.write(renderUpgrade(request, addressOf(request, this.#trustedProxies), requestId))
      if (head.length > 0) api.write(head)
      socket.pipe(api).pipe(socket)
    })
    for (const [end, other] of [
      [socket, api],
      [api, socket],
    ] as const) {
      end.on('error', () => other.destroy())
      end.on('close', () => other.destroy())
    }
    api.on('close', () => this.#upgraded.delete(api))
  }

  async destroy(): Promise<void> {
    for (const api of this.#upgraded) api.destroy()
    await this.#pool.destroy()
  }
}

interface Upgrade {
  /** What came right behind the request. */
  readonly head: Buffer
  readonly requestId: string
}

function renderUpgrade(request: IncomingMessage, address: string, requestId: string): string {
  const headers = [
    ...keepEndToEnd(request.rawHeaders, OURS),
    ...['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''],
    ...['X-Forwarded-For', address, 'X-Request-Id', requestId],
  ]
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`]
  for (let index = 0; index + 1 < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function keepEndToEnd(raw: readonly string[], dropped: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index] as string, raw[index + 1] as string]
    const lower = name.toLowerCase()
    if (!HOP_BY_HOP.has(lower) && !dropped.has(lower)) kept.push(name, value)
  }
  return kept
}

class RelayedAnswer implements Dispatcher.DispatchHandler {
  readonly #exchange: ServedExchange
  #controller: Dispatcher.DispatchController | null = null

  constructor(exchange: ServedExchange) {
    this.#exchange = exchange
    exchange.response.on('close', () => {
      if (!exchange.response.writableFinished)
        this.#controller?.abort(new Error('the client went away'))
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const { response, requestId } = this.#exchange
    if (status < 200) return
    const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name))
    response.writeHead(status, { 'x-request-id': requestId, ...Object.fromEntries(kept) })
    // An event stream opens before its first event.
    response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#exchange
    if (response.write(chunk)) return
    controller.pause()
    response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#exchange.response.end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const { response } = this.#exchange
    if (response.headersSent) response.destroy()
    else refuse(this.#exchange, NOT_SENT.has((error as NodeJS.ErrnoException).code ?? ''))
  }
}

/** Failures before the API could have heard anything. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'UND_ERR_CONNECT_TIMEOUT'])

/** The one answer that the gateway gives for the API: that it is not there. */
function refuse({ request, response, requestId }: ServedExchange, isNothingChanged: boolean): void {
  const { title, remedy, status } = ERRORS['server.unavailable']
  const text = JSON.stringify({
    type: '/docs/errors#server.unavailable',
    title,
    status,
    detail: isNothingChanged
      ? 'The control API does not answer right now. Nothing was changed.'
      : 'The control API went away before it answered. Repeat the request with the same Idempotency-Key to learn whether it happened.',
    code: 'server.unavailable',
    remedy,
    requestId,
  })
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    'retry-after': '1',
    'x-request-id': requestId,
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
