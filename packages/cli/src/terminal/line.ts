/** One connection to the terminal of a lease: asks for the upgrade, and turns bytes into frames. Keeps nothing. */
import { request as askPlain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as askSecurely } from 'node:https'
import type { Duplex } from 'node:stream'
import {
  createTerminalDecoder,
  encodeTerminalFrame,
  Problem,
  servicePath,
  TERMINAL_PROTOCOL,
  type TerminalFrame,
} from '@spillway/contract'
import type { Connection } from '../connection.ts'
import { parseObject } from '../parse/json.ts'

export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

export interface LineRequest {
  readonly connection: Connection
  readonly leaseId: string
  readonly size: WindowSize | null
  /** How much of the output was shown already. */
  readonly offset: number
  readonly take: (frame: TerminalFrame) => void
}

export interface Line {
  /** Resolves when more may be sent. */
  readonly send: (frame: TerminalFrame) => Promise<void>
  readonly close: () => void
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>
}

export type Opening =
  | { readonly kind: 'open'; readonly line: Line }
  /** Answered with something else; the problem is null where that was none of ours. */
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem | null }
  /** Nothing answers. */
  | { readonly kind: 'away' }

function addressOf({ connection, leaseId, size, offset }: LineRequest): URL {
  const address = new URL(`${connection.url}${servicePath(leaseId)}`)
  if (size !== null) {
    address.searchParams.set('columns', String(size.columns))
    address.searchParams.set('rows', String(size.rows))
  }
  address.searchParams.set('offset', String(offset))
  return address
}

export function openLine(request: LineRequest): Promise<Opening> {
  const address = addressOf(request)
  const ask = address.protocol === 'https:' ? askSecurely : askPlain
  const headers = {
    connection: 'Upgrade',
    upgrade: TERMINAL_PROTOCOL,
    authorization: `Bearer ${request.connection.key}`,
  }
  const asking = ask(address, { headers, agent: false })
  return new Promise((resolve) => {
    asking.on('error', () => resolve({ kind: 'away' }))
    asking.on('response', (answer) => {
      readRefusal(answer).then(resolve, () => resolve({ kind: 'away' }))
    })
    asking.on('upgrade', (_answer, socket, head) =>
      resolve({ kind: 'open', line: createLine(socket, head, request.take) }),
    )
    asking.end()
  })
}

async function readRefusal(answer: IncomingMessage): Promise<Opening> {
  const pieces: Buffer[] = []
  for await (const piece of answer) pieces.push(piece as Buffer)
  const document = parseObject(Buffer.concat(pieces).toString())
  const parsed = Problem.safeParse(document)
  const problem = parsed.success ? parsed.data : null
  return { kind: 'refused', status: answer.statusCode ?? 502, problem }
}

function createLine(socket: Duplex, head: Buffer, take: LineRequest['take']): Line {
  const decode = createTerminalDecoder()
  const closed = new Promise<void>((done) => void socket.on('close', done))
  socket.on('error', () => socket.destroy())
  // The lease has said all: nothing of ours would be heard any more.
  socket.on('end', () => socket.end())
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of decode(chunk)) take(frame)
    } catch {
      // What comes is no terminal of a lease; it is as if the connection were lost.
      socket.destroy()
    }
  })
  if (head.length > 0) socket.unshift(head)
  return {
    send: (frame) =>
      socket.writable
        ? new Promise((done) => void socket.write(encodeTerminalFrame(frame), () => done()))
        : closed,
    close: () => socket.destroy(),
    closed,
  }
}
