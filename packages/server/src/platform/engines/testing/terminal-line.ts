/** Somebody at a terminal, in tests: attaches as the proxy does, types, and keeps what was shown. */
import { request } from 'node:http'
import {
  createTerminalDecoder,
  encodeTerminalFrame,
  type TerminalFrame,
} from '@spillway/contract/terminal.ts'
import { dialing } from '#platform/engines/dial.ts'
import type { Address } from '#platform/engines/engine.ts'

export interface Attached {
  readonly send: (frame: TerminalFrame) => void
  readonly text: () => string
  readonly frames: readonly TerminalFrame[]
  readonly leave: () => void
}

/** Null when it is refused. */
export function attach(
  address: Address,
  token: string | undefined,
  offset = 0,
): Promise<Attached | null> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'spillway-terminal',
    ...(token === undefined ? {} : { 'x-spillway-terminal': token }),
  }
  const path = `/?columns=80&rows=24&offset=${offset}`
  const asking = request({ ...dialing(address), path, headers })
  return new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('response', (answer) => {
      answer.resume()
      resolve(null)
    })
    asking.on('upgrade', (_, socket, head) => {
      const decode = createTerminalDecoder()
      const frames: TerminalFrame[] = []
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk: Buffer) => void frames.push(...decode(chunk)))
      socket.unshift(head)
      resolve({
        frames,
        send: (frame) => void socket.write(encodeTerminalFrame(frame)),
        leave: () => void socket.destroy(),
        text: () =>
          frames
            .map((each) => (each.kind === 'output' ? Buffer.from(each.bytes).toString() : ''))
            .join(''),
      })
    })
    asking.end()
  })
}

/** Types a line. */
export function type(attached: Attached, line: string): void {
  attached.send({ kind: 'input', bytes: Buffer.from(`${line}\n`) })
}
