/** One person at a terminal, over one connection: frames in and out. What this end cannot take yet holds up nobody. */
import type { Duplex } from 'node:stream'
import { createTerminalDecoder, encodeTerminalFrame } from '@spillway/contract/terminal.ts'
import type { TerminalFrame } from '@spillway/contract/terminal.ts'

/** Who has taken nothing for so long is cut off; he may come back. */
const STALLED_MAX_MS = 30_000

export interface TerminalClient {
  readonly send: (frame: TerminalFrame) => void
  /** After what was sent. */
  readonly end: () => void
  readonly isFull: () => boolean
}

export interface ClientEvents {
  readonly frame: (frame: TerminalFrame) => void
  readonly drained: () => void
  readonly closed: () => void
}

export function createTerminalClient(socket: Duplex, events: ClientEvents): TerminalClient {
  const decode = createTerminalDecoder()
  let stall: NodeJS.Timeout | null = null
  const unstall = () => {
    if (stall !== null) clearTimeout(stall)
    stall = null
  }
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of decode(chunk)) events.frame(frame)
    } catch {
      // It does not speak the protocol.
      socket.destroy()
    }
  })
  socket.on('end', () => socket.end())
  socket.on('error', () => socket.destroy())
  socket.on('drain', () => {
    unstall()
    events.drained()
  })
  socket.on('close', () => {
    unstall()
    events.closed()
  })
  return {
    send: (frame) => {
      if (socket.writable && !socket.write(encodeTerminalFrame(frame)))
        stall ??= setTimeout(() => socket.destroy(), STALLED_MAX_MS)
    },
    end: () => void socket.end(),
    isFull: () => socket.writableNeedDrain,
  }
}
