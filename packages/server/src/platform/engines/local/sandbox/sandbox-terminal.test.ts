/** A terminal in a sandbox: the command's own, inside, and reached through the door by who knows the token. */
import { request } from 'node:http'
import {
  createTerminalDecoder,
  encodeTerminalFrame,
  type TerminalFrame,
} from '@spillway/contract/terminal.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '#platform/engines/engine.ts'
import { admissionOf, readLog, untilGone } from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { makeLocalBench } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

const hasBubblewrap = await hasSandboxes()

interface Attached {
  readonly send: (frame: TerminalFrame) => void
  readonly text: () => string
  readonly frames: readonly TerminalFrame[]
}

/** Null when it is refused. */
function attach(address: Address, token: string | undefined): Promise<Attached | null> {
  const place =
    address.kind === 'socket'
      ? { socketPath: address.path }
      : { host: address.host, port: address.port }
  const headers = {
    connection: 'Upgrade',
    upgrade: 'spillway-terminal',
    ...(token === undefined ? {} : { 'x-spillway-terminal': token }),
  }
  const asking = request({ ...place, path: '/?columns=80&rows=24', headers })
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
        text: () =>
          frames
            .map((each) => (each.kind === 'output' ? Buffer.from(each.bytes).toString() : ''))
            .join(''),
      })
    })
    asking.end()
  })
}

describe.each([
  ['in a sandbox', 'customer', '/home/lease'],
  ['of the owner', 'owner', process.env['HOME'] ?? ''],
] as const)('a terminal %s', (_, tenant, home) => {
  describe.runIf(tenant === 'owner' || requirement('bubblewrap', hasBubblewrap))('', () => {
    let bench: LocalBench
    beforeEach(async () => {
      bench = await makeLocalBench(tenant)
    })
    afterEach(() => bench.dispose())

    async function open(command: readonly string[]): Promise<Address> {
      const service = { port: 0, basePath: '/', terminal: { idleLimitMs: null } }
      await bench.engine.admit(admissionOf(bench, { command, service }))
      return until('it has an address', () => bench.engine.address('att_1'))
    }

    test('is the command’s own, and tells of its end', async () => {
      const address = await open(['sh'])
      expect(await attach(address, undefined)).toBeNull()
      expect(await attach(address, 'f'.repeat(32))).toBeNull()
      const attached = await attach(address, address.token)
      if (attached === null) throw new Error('it was refused')
      attached.send({ kind: 'input', bytes: Buffer.from('tty; echo "home $HOME;"; stty size\n') })
      await until('it has answered', () => Promise.resolve(attached.text().includes('24 80')))
      expect(attached.text()).toMatch(/\/dev\/pts\/\d+/)
      expect(attached.text()).toContain(`home ${home};`)
      attached.send({ kind: 'input', bytes: Buffer.from('exit 9\n') })
      expect(await untilGone(bench.engine)).toMatchObject({ exitCode: 9, how: 'exited' })
      expect(attached.frames.at(-1)).toEqual({ kind: 'exit', code: 9 })
      expect(await readLog(bench.engine)).toMatch(/the terminal is open[^]*is closed/)
    })

    test('hangs up when it is asked to stop', async () => {
      const address = await open(['sh'])
      const attached = await attach(address, address.token)
      attached?.send({ kind: 'input', bytes: Buffer.from('echo up-$((1+1))\n') })
      await until('it runs', () => Promise.resolve(attached?.text().includes('up-2')))
      await bench.engine.stop('att_1', 30_000)
      expect((await untilGone(bench.engine)).how).toBe('exited')
      expect(attached?.frames.at(-1)).toMatchObject({ kind: 'exit', code: 129 })
    })

    test('that cannot run its command says why', async () => {
      const service = { port: 0, basePath: '/', terminal: { idleLimitMs: null } }
      const command = bench.commands.missing()
      await bench.engine.admit(admissionOf(bench, { command, service }))
      expect(await untilGone(bench.engine)).toMatchObject({ exitCode: 127 })
      expect(await readLog(bench.engine)).toContain('command not found')
    })
  })
})
