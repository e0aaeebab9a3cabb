/** A port of an attempt: reached at the engine's address while the attempt itself listens there, and by nobody else's. */
import { createServer, request } from 'node:http'
import { expect, test } from 'vitest'
import { dialing } from '#platform/engines/dial.ts'
import type { Address } from '#platform/engines/engine.ts'
import { checkHealth } from '#platform/engines/health-check.ts'
import { newAttempt, script, type Suite, untilGone, untilLogged, where } from './bench.ts'
import { until } from './until.ts'

const SERVE = `require('http').createServer((asked, answer) => answer.end('served ' + asked.url))
  .listen(Number(process.env.SPILLWAY_PORT), '127.0.0.1',
    () => console.log('up at ' + process.env.SPILLWAY_BASE_PATH))`

const SERVICE = { port: 0, basePath: '/services/lse_1' }

function get(address: Address, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...dialing(address), path }, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })
}

export const serviceConformance: Suite = (stage, can) => {
  where(can.hasDoors, () => {
    test('a service is reached at its address, by many at once, and takes it along when it ends', async () => {
      const { bench, it, run } = stage()
      await run({ command: script(SERVE), service: SERVICE })
      await untilLogged(bench.engine, `up at ${SERVICE.basePath}`, it.attemptId)
      const address = await until('it has an address', () => bench.engine.address(it.attemptId))
      const names = Array.from({ length: 30 }, (_, index) => `/${index}`)
      const answers = await Promise.all(names.map((name) => get(address, name)))
      expect(answers).toEqual(names.map((name) => `served ${name}`))
      const check = { path: '/health', timeoutMs: 5000 }
      expect(await checkHealth(address, check)).toMatchObject({ isHealthy: true })
      await bench.engine.stop(it.attemptId, 0)
      await untilGone(bench.engine, it.attemptId)
      const isForgotten = async () => (await bench.engine.address(it.attemptId)) === null
      await until('its address is forgotten', isForgotten)
      await expect(get(address, '/')).rejects.toThrow()
    })

    test('another engine, as after a restart of the server, reaches the same service', async () => {
      const { bench, it, run } = stage()
      await run({ command: script(SERVE), service: SERVICE })
      await untilLogged(bench.engine, 'up at', it.attemptId)
      const engine = bench.another()
      const address = await until('it has an address', () => engine.address(it.attemptId))
      expect(await get(address, '/again')).toBe('served /again')
    })

    test('what listens nowhere has no address, and what is no service never has one', async () => {
      const { bench, it, run } = stage()
      await run({ command: bench.commands.runForever(), service: SERVICE })
      await untilLogged(bench.engine, 'up', it.attemptId)
      expect(await bench.engine.address(it.attemptId)).toBeNull()
      const plain = newAttempt()
      await run({ ...plain, placements: [{ node: bench.nodes[0], slots: [1] }] })
      await untilLogged(bench.engine, 'up', plain.attemptId)
      expect(await bench.engine.address(plain.attemptId)).toBeNull()
    })

    test('a port that somebody else listens on is not its address', async () => {
      const { bench, it, run } = stage()
      const stranger = createServer((_, answer) => void answer.end('a stranger'))
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
      const held = stranger.address()
      const port = typeof held === 'object' ? (held?.port ?? 0) : 0
      try {
        await run({ command: bench.commands.runForever(), service: { port, basePath: '/' } })
        await untilLogged(bench.engine, 'up', it.attemptId)
        expect(await bench.engine.address(it.attemptId)).toBeNull()
      } finally {
        stranger.close()
      }
    })
  })
}
