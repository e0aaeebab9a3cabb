/**
 * The way to a lease's port: whoever belongs to its organization reaches it below `/api/v1/leases/{id}/proxy/`, with
 * any method, bodies as they come in both directions, and upgraded connections. It leads to that port and nowhere else.
 */
import { type IncomingMessage, request as ask, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { API_BASE, servicePath } from '@spillway/contract'
import type { Logger } from 'pino'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { recordAuditEvent } from '#modules/audit/index.ts'
import { findServiceAddress } from '#modules/lease/index.ts'
import type { Database } from '#platform/db/database.ts'
import { dialing } from '#platform/engines/dial.ts'
import type { Address, Engines } from '#platform/engines/engine.ts'
import { TERMINAL_TOKEN_HEADER } from '#platform/engines/local/terminal/terminal-terms.ts'
import type { Caller } from '#platform/http/handler.ts'
import { problemResponse } from '#platform/http/problem.ts'
import { type Authenticate, knowCaller } from './caller.ts'
import { type Forwarding, type Headers, toClient, toService } from './forwarded-headers.ts'

export interface LeaseProxyDeps {
  readonly database: Database
  readonly engines: Engines
  readonly authenticate: Authenticate
  readonly ids: IdSource
  readonly now: () => Date
  readonly log: Logger
  /** As the operator says that people reach this installation; null: at its own port. */
  readonly publicUrl: string | null
}

export interface LeaseProxy {
  /** Whether an address is below a lease's port. */
  readonly takes: (url: string) => boolean
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

interface Target {
  readonly id: string
  /** Path and query as the service sees them; empty when even the slash behind `proxy` is missing. */
  readonly path: string
}

const BELOW = new RegExp(`^${API_BASE}/leases/([^/?]+)/proxy(/[^]*|\\?[^]*|)$`)

function targetOf(url: string): Target | null {
  const [, id, path] = BELOW.exec(url) ?? []
  return id === undefined || path === undefined ? null : { id, path }
}

interface Way extends Forwarding {
  readonly leaseId: string
  readonly caller: Caller
  readonly address: Address
  readonly path: string
}

async function findWay(
  { database, engines, authenticate, now, publicUrl }: LeaseProxyDeps,
  request: IncomingMessage,
  isUpgrade: boolean,
): Promise<Way> {
  const { caller, credential } = await knowCaller(request.headers, { authenticate, now })
  const target = targetOf(request.url ?? '')
  if (target === null)
    throw new Fault('request.not_found', 'No connection can be upgraded at this address.')
  const { id, path } = target
  const { organizationId } = caller
  const address = await findServiceAddress(
    { db: database, engines },
    { id, organizationId, now: now() },
  )
  return {
    ...{ leaseId: id, caller, address, path, credential },
    ...{ basePath: servicePath(id), isUpgrade, publicUrl },
  }
}

function open(request: IncomingMessage, way: Way) {
  return ask({
    // Each connection is made to a port that was just seen to be the lease's own.
    ...dialing(way.address),
    method: request.method ?? 'GET',
    path: way.path,
    headers: { ...toService(request.headers, way), ...terminalHeaders(way.address) },
  })
}

/** How a terminal knows that somebody comes from here. */
function terminalHeaders({ token }: Address): Headers {
  return token === undefined ? {} : { [TERMINAL_TOKEN_HEADER]: token }
}

const NOT_THERE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
])

function unreachable(error: NodeJS.ErrnoException): Fault {
  const text = NOT_THERE.has(error.code ?? '')
    ? 'The service closed the connection, or nothing listens at its port.'
    : 'The service gave an answer that is not HTTP.'
  return new Fault('lease.service_unreachable', text, { cause: error })
}

class PortProxy {
  readonly #deps: LeaseProxyDeps

  constructor(deps: LeaseProxyDeps) {
    this.#deps = deps
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.#relay(request, response).catch(async (error: unknown) => {
      if (response.headersSent) return void response.destroy()
      const problem = this.#explain(error, request)
      // What was not read of a body would be taken for the next request.
      const isUnread = !request.complete
      response.writeHead(problem.status, {
        ...Object.fromEntries(problem.headers),
        ...(isUnread ? { connection: 'close' } : {}),
      })
      response.end(await problem.text())
    })
  }

  async #relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const way = await findWay(this.#deps, request, false)
    if (!way.path.startsWith('/')) {
      // Links of the service are relative to the slash.
      response.writeHead(308, { location: `${way.basePath}${way.path}` }).end()
      return
    }
    const asking = open(request, way)
    response.on('close', () => asking.destroy())
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asking.on('response', resolve)
      // After the answer has begun, its own stream tells of a failure.
      asking.on('error', (error) => reject(unreachable(error)))
      request.on('error', () => asking.destroy())
      request.pipe(asking)
    })
    response.writeHead(answer.statusCode ?? 502, toClient(answer.headers, way))
    // An event stream opens before its first event.
    response.flushHeaders()
    pipeline(answer, response, () => undefined)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    this.#join(request, socket, head).catch(async (error: unknown) => {
      const problem = this.#explain(error, request)
      const headers = { ...Object.fromEntries(problem.headers), connection: 'close' }
      socket.end(renderHead(problem.status, headers) + (await problem.text()))
    })
  }

  async #join(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const way = await findWay(this.#deps, request, true)
    // Who sits down at a terminal is on record before anything is shown to him.
    if (way.address.token !== undefined) await this.#recordAttachment(way, request)
    const asking = open(request, { ...way, path: way.path.startsWith('/') ? way.path : '/' })
    socket.on('close', () => asking.destroy())
    await new Promise<void>((resolve, reject) => {
      asking.on('error', (error) => reject(unreachable(error)))
      asking.on('response', (answer) => {
        const headers = { ...toClient(answer.headers, { ...way, isUpgrade: false }) }
        socket.write(renderHead(answer.statusCode ?? 502, { ...headers, connection: 'close' }))
        pipeline(answer, socket, () => undefined)
        resolve()
      })
      asking.on('upgrade', (answer, service, first) => {
        socket.write(renderHead(101, toClient(answer.headers, way)))
        if (first.length > 0) socket.write(first)
        if (head.length > 0) service.write(head)
        connectBoth(socket, service)
        resolve()
      })
      asking.end()
    })
  }

  async #recordAttachment({ leaseId, caller }: Way, request: IncomingMessage): Promise<void> {
    const { database, ids, now } = this.#deps
    await recordAuditEvent(database, {
      id: newId('auditEvent', ids),
      at: now(),
      actor: caller.apiKeyId,
      organizationId: caller.organizationId,
      action: 'lease.attach',
      target: leaseId,
      outcome: 'done',
      requestId: String(request.headers['x-request-id'] ?? 'none'),
    })
  }

  #explain(error: unknown, request: IncomingMessage): Response {
    const requestId = String(request.headers['x-request-id'] ?? 'none')
    if (!(error instanceof Fault)) this.#deps.log.error({ err: error, requestId }, 'defect')
    return problemResponse(error, requestId)
  }
}

/** Bytes go both ways until one end closes. */
function connectBoth(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

function renderHead(status: number, headers: Headers): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}`),
  )
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Answer'}`, ...lines, '', ''].join('\r\n')
}

export function createLeaseProxy(deps: LeaseProxyDeps): LeaseProxy {
  const proxy = new PortProxy(deps)
  return {
    takes: (url) => targetOf(url) !== null,
    serve: (request, response) => proxy.serve(request, response),
    upgrade: (request, socket, head) => proxy.upgrade(request, socket, head),
  }
}
