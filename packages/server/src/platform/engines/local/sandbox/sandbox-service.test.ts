/** A service in a sandbox: reached through its door, and by nothing else. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '#platform/engines/engine.ts'
import {
  admissionOf,
  readLog,
  script,
  untilGone,
  untilLogged,
} from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { makeSandboxBench, openLocalEngine } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

const SERVE = `require('http').createServer((asked, answer) => answer.end('served ' + asked.url))
  .listen(Number(process.env.SPILLWAY_PORT), '127.0.0.1', () => console.log('up'))`

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('a service in a sandbox', () => {
  let bench: LocalBench
  beforeEach(async () => {
    bench = await makeSandboxBench()
  })
  afterEach(() => bench.dispose())

  async function serve(): Promise<Extract<Address, { kind: 'socket' }>> {
    const service = { port: 0, basePath: '/services/lse_1' }
    await bench.engine.admit(admissionOf(bench, { command: script(SERVE), service }))
    await untilLogged(bench.engine, 'up')
    const address = await until('it has a door', () => bench.engine.address('att_1'))
    if (address.kind !== 'socket') throw new Error('its door is no socket')
    return address
  }

  test('is reached in a data folder whose path is longer than a socket’s may be', async () => {
    const directory = join(bench.home, 'a-long-name-for-a-folder'.repeat(5), 'engine')
    const engine = openLocalEngine(directory)
    const service = { port: 0, basePath: '/' }
    await engine.admit(admissionOf(bench, { command: script(SERVE), service }))
    await untilLogged(engine, 'up')
    const address = await until('it has a door', () => engine.address('att_1'))
    expect(address.kind === 'socket' && (await get(address.path, '/far'))).toBe('served /far')
    await engine.stop('att_1', 0)
    await untilGone(engine)
  })

  test('is not on this machine’s loopback', async () => {
    const service = { port: 41_733, basePath: '/' }
    await bench.engine.admit(admissionOf(bench, { command: script(SERVE), service }))
    await untilLogged(bench.engine, 'up')
    const outcome = await new Promise((resolve) => {
      const socket = connect(41_733, '127.0.0.1')
      socket.on('connect', () => resolve('connected'))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    expect(outcome).toBe('ECONNREFUSED')
  })

  test('that listens nowhere has no address, and one that ends takes its door with it', async () => {
    const service = { port: 0, basePath: '/' }
    const idle = { attemptId: 'att_2', command: bench.commands.runForever(), service }
    await bench.engine.admit(admissionOf(bench, idle))
    await untilLogged(bench.engine, 'up', 'att_2')
    expect(await bench.engine.address('att_2')).toBeNull()
    const { path } = await serve()
    await bench.engine.stop('att_1', 0)
    await untilGone(bench.engine)
    await expect(get(path, '/')).rejects.toThrow('ECONNREFUSED')
    const closed = async () => (await bench.engine.address('att_1')) === null
    await until('its address is forgotten', closed)
  })

  test('ends as one without a door does: the command finds no child of ours', async () => {
    const service = { port: 0, basePath: '/' }
    const source = 'read -r children < /proc/$$/task/$$/children; echo "has $children"; exit 3'
    await bench.engine.admit(admissionOf(bench, { command: ['bash', '-c', source], service }))
    expect(await untilGone(bench.engine)).toMatchObject({ exitCode: 3, how: 'exited' })
    expect(await readLog(bench.engine)).toBe('has \n')
  })
})
