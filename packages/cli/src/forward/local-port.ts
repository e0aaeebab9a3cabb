/**
 * A port of this machine whose requests reach a service, with the key that its proxy asks for. It listens on loopback
 * only, and answers only to the machine's own names, so that no page of elsewhere can be led to it.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as askPlain,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { request as askSecurely } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { servicePath } from '@spillway/contract'
import type { Connection } from '../connection.ts'

/** The key goes in a header of its own: `Authorization` is the service's. */
const KEY_HEADER = 'x-spillway-key'
const OWN_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

interface PortRequest {
  readonly connection: Connection
  readonly leaseId: string
  /** 0: one that is free. */
  readonly port: number
}

export interface LocalPort {
  readonly url: string
  readonly close: () => Promise<void>
}

type Service = Pick<PortRequest, 'connection' | 'leaseId'>

function isOwnName({ host = '' }: IncomingHttpHeaders): boolean {
  return OWN_NAMES.has(host.toLowerCase().replace(/:\d+$/, ''))
}

function ask(request: IncomingMessage, { connection, leaseId }: Service) {
  const installation = new URL(connection.url)
  const base = installation.pathname.replace(/\/$/, '')
  const { host: _, connection: own, ...headers } = request.headers
  const isUpgrade = request.headers.upgrade !== undefined
  const open = installation.protocol === 'https:' ? askSecurely : askPlain
  return open({
    // An address in brackets is written without them here.
    hostname: installation.hostname.replace(/^\[|\]$/g, ''),
    port: installation.port,
    method: request.method,
    path: `${base}${servicePath(leaseId)}${(request.url ?? '/').replace(/^\//, '')}`,
    headers: {
      ...headers,
      ...(isUpgrade ? { connection: own } : {}),
      [KEY_HEADER]: connection.key,
    },
    agent: false,
  })
}

/** What the proxy put below the lease's path stands at the root here. */
function ownHeaders(headers: IncomingHttpHeaders, leaseId: string): OutgoingHttpHeaders {
  const below = servicePath(leaseId)
  const { location, connection: _, 'keep-alive': __, ...kept } = headers
  const cookies = headers['set-cookie']?.map((cookie) => cookie.replace(`Path=${below}`, 'Path=/'))
  return {
    ...kept,
    ...(cookies === undefined ? {} : { 'set-cookie': cookies }),
    ...(location === undefined
      ? {}
      : { location: location.startsWith(below) ? `/${location.slice(below.length)}` : location }),
  }
}

const NOT_OWN = 'This port answers to localhost and 127.0.0.1 only.\n'
const AWAY = 'The installation does not answer.\n'

function serve(request: IncomingMessage, response: ServerResponse, service: Service): void {
  const refuse = (status: number, text: string): void => {
    if (response.headersSent) return void response.destroy()
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text)
  }
  if (!isOwnName(request.headers)) return refuse(403, NOT_OWN)
  const asking = ask(request, service)
  asking.on('error', () => refuse(502, AWAY))
  asking.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, ownHeaders(answer.headers, service.leaseId))
    response.flushHeaders()
    pipeline(answer, response, () => undefined)
  })
  response.on('close', () => asking.destroy())
  request.on('error', () => asking.destroy())
  request.pipe(asking)
}

function renderHead(answer: IncomingMessage): string {
  const status = answer.statusCode ?? 502
  const lines = answer.rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [`${name}: ${answer.rawHeaders[at + 1]}`] : [],
  )
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', ''].join('\r\n')
}

/** Such as a web socket: bytes go both ways until one end closes. */
function upgrade(request: IncomingMessage, socket: Duplex, service: Service): void {
  socket.on('error', () => socket.destroy())
  if (!isOwnName(request.headers)) {
    socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n${NOT_OWN}`)
    return
  }
  const asking = ask(request, service)
  socket.on('close', () => asking.destroy())
  asking.on('error', () => socket.destroy())
  asking.on('response', (answer) => {
    socket.write(renderHead(answer))
    pipeline(answer, socket, () => undefined)
  })
  asking.on('upgrade', (answer, remote, first) => {
    socket.write(renderHead(answer))
    if (first.length > 0) socket.write(first)
    remote.on('error', () => socket.destroy())
    socket.on('close', () => remote.destroy())
    remote.on('close', () => socket.destroy())
    remote.pipe(socket)
    socket.pipe(remote)
  })
  asking.end()
}

/** Rejects where the port is taken. */
export function openLocalPort({ port, ...service }: PortRequest): Promise<LocalPort> {
  const server = createServer((request, response) => serve(request, response, service))
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    if (head.length > 0) socket.unshift(head)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    upgrade(request, socket, service)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const { port: taken } = server.address() as AddressInfo
      const close = async (): Promise<void> => {
        for (const socket of sockets) socket.destroy()
        server.closeAllConnections()
        await new Promise((done) => server.close(done))
      }
      resolve({ url: `http://127.0.0.1:${taken}`, close })
    })
  })
}
