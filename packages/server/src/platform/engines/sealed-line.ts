/**
 * A line to a port of an attempt on another machine, over a network that others use too: TLS under a key that only the
 * engine and the attempt have, so neither end can be played by anybody else, and nobody between reads along. The door
 * says first whether anything listens behind it. Node's own modules only, because one end runs on a node.
 */
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'

export interface SealedAddress {
  readonly host: string
  readonly port: number
  /** Whose door it is. */
  readonly identity: string
  /** In hexadecimal. */
  readonly key: string
}

/** With a key agreed on for each connection, so that one that leaks later opens nothing that was recorded. */
const SEAL = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const
const HANDSHAKE_WITHIN_MS = 5000
const CONNECTIONS_MAX = 1024

/** The first byte that the door sends. */
const OPEN = 1
const CLOSED = 0

/** Nothing of the attempt listens behind its door. */
class NothingListens extends Error {
  readonly code = 'ECONNREFUSED'

  constructor() {
    super('nothing listens behind the door')
  }
}

class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT'

  constructor({ host, port }: SealedAddress, timeoutMs: number) {
    super(`the door at ${host}:${port} does not answer within ${timeoutMs} ms`)
  }
}

export interface DoorTerms extends Pick<SealedAddress, 'identity' | 'key'> {
  /** Where the door is; null for every address of this machine. */
  readonly host: string | null
  /** What listens behind it now, looked up for each who comes. */
  readonly find: () => { readonly host: string; readonly port: number } | null
}

export interface SealedDoor {
  readonly port: number
  readonly close: () => void
}

/** Opens a door at a port of its own. */
export async function openSealedDoor({
  host,
  identity,
  key,
  find,
}: DoorTerms): Promise<SealedDoor> {
  const psk = Buffer.from(key, 'hex')
  const server = createServer({
    ...SEAL,
    allowHalfOpen: true,
    handshakeTimeout: HANDSHAKE_WITHIN_MS,
    pskCallback: (_socket, claimed) => (claimed === identity ? psk : null),
  })
  server.maxConnections = CONNECTIONS_MAX
  // Who does not know the key is sent away before he has said anything.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  server.on('secureConnection', (caller) => admit(caller, find()))
  server.listen({ port: 0, ...(host === null ? {} : { host }) })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, close: () => server.close() }
}

function admit(caller: TLSSocket, place: ReturnType<DoorTerms['find']>): void {
  caller.on('error', () => caller.destroy())
  if (place === null) return void caller.end(Buffer.of(CLOSED))
  const service = connectPlain({ ...place, allowHalfOpen: true })
  const refuse = () => void caller.end(Buffer.of(CLOSED))
  service.once('error', refuse)
  caller.once('close', () => service.destroy())
  service.once('connect', () => {
    service.off('error', refuse)
    caller.write(Buffer.of(OPEN))
    join(caller, service)
  })
}

/** Either way until both ends have said all; what breaks on one side breaks on the other. */
function join(caller: TLSSocket, service: Socket): void {
  caller.pipe(service)
  service.pipe(caller)
  for (const [one, other] of [
    [caller, service],
    [service, caller],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroySoon())
  }
}

/** Resolves with a line to what listens behind the door. Rejects with `ECONNREFUSED` while nothing does. */
export function dialSealed(address: SealedAddress, timeoutMs: number): Promise<TLSSocket> {
  const { host, port, identity, key } = address
  const socket = connect({
    ...SEAL,
    ...{ host, port },
    pskCallback: () => ({ psk: Buffer.from(key, 'hex'), identity }),
    // The key shows who is there; there is no certificate.
    checkServerIdentity: () => undefined,
  })
  return new Promise((resolve, reject) => {
    const late = () => socket.destroy(new NoAnswer(address, timeoutMs))
    const timer = setTimeout(late, timeoutMs)
    const settle = (failure: Error | null) => {
      clearTimeout(timer)
      for (const [event, listener] of listeners) socket.off(event, listener)
      if (failure === null) return resolve(socket)
      socket.on('error', () => socket.destroy())
      socket.destroy()
      reject(failure)
    }
    const read = () => {
      const first = socket.read(1) as Buffer | null
      if (first !== null) settle(first[0] === OPEN ? null : new NothingListens())
    }
    const listeners = [
      ['readable', read],
      ['error', settle],
      ['close', () => settle(new NothingListens())],
    ] as const
    for (const [event, listener] of listeners) socket.on(event, listener)
  })
}
