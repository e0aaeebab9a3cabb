/** A controller that is killed with SIGKILL, in every state that an attempt can be in, changes nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  type EngineBench,
  readLog,
  type Suite,
  untilGone,
  untilLogged,
  untilRunning,
  where,
} from './bench.ts'
import type { Order } from './controller-program.ts'

const NOTICE = { action: 'terminate', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const
const PROGRAM = new URL('controller-program.ts', import.meta.url).pathname

/** A controller of its own does this and is killed. */
async function killAfter({ controller }: EngineBench, orders: readonly Order[]): Promise<void> {
  const { module, make, argument } = controller
  const words = [PROGRAM, module, make, JSON.stringify(argument), JSON.stringify(orders)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (piece: Buffer) => (complaint += piece.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`the controller ended with ${code}: ${complaint}`)
}

export const crashConformance: Suite = (stage, can) => {
  describe('a controller killed with SIGKILL', () => {
    test.for([0, 2, 10, 50, 200])(
      '%i ms after it began to admit: admitting again runs it once',
      async (dieAfterMs) => {
        const { bench, it, run, admission } = stage()
        await killAfter(bench, [{ kind: 'begin_admit', admission: admission(), dieAfterMs }])
        const { state } = await bench.engine.observe(it.attemptId)
        expect(['absent', 'starting', 'running', 'unknown']).toContain(state)
        await run()
        await untilLogged(bench.engine, 'up', it.attemptId)
        await bench.engine.stop(it.attemptId, 0)
        await untilGone(bench.engine, it.attemptId)
        expect((await readLog(bench.engine, it.attemptId)).match(/up/g)).toHaveLength(1)
      },
    )

    test('while it runs: it runs on from the same start, and can be stopped', async () => {
      const { bench, it, admission } = stage()
      const command = bench.commands.exitOnStop(5)
      const { attemptId } = it
      await killAfter(bench, [
        { kind: 'admit', admission: admission({ command }) },
        { kind: 'await_running', attemptId },
      ])
      const running = await untilRunning(bench.engine, attemptId)
      expect((await bench.another().list()).get(attemptId)).toMatchObject({
        state: 'running',
        startedMs: running.startedMs,
      })
      await untilLogged(bench.engine, 'up', attemptId)
      await bench.engine.stop(attemptId, 60_000)
      const gone = await untilGone(bench.engine, attemptId)
      expect(gone).toMatchObject({ exitCode: 5, startedMs: running.startedMs })
    })

    test('after a notice: the notice stands, and is not signalled again', async () => {
      const { bench, it, run, admission } = stage()
      const { attemptId } = it
      const command = bench.commands.tellNotices()
      await run({ command })
      await untilLogged(bench.engine, 'up', attemptId)
      await killAfter(bench, [
        { kind: 'admit', admission: admission({ command }) },
        { kind: 'notify', attemptId, notice: NOTICE },
      ])
      await untilLogged(bench.engine, 'noticed', attemptId)
      expect(await bench.engine.notify(attemptId, NOTICE)).toEqual({ document: true, signal: true })
      await bench.engine.stop(attemptId, 60_000)
      await untilGone(bench.engine, attemptId)
      expect((await readLog(bench.engine, attemptId)).match(/noticed/g)).toHaveLength(1)
    })

    test('while it stops: the stop is seen through, and what ignores it is killed', async () => {
      const { bench, it, run } = stage()
      const { attemptId } = it
      await run({ command: bench.commands.ignoreStop() })
      await untilLogged(bench.engine, 'up', attemptId)
      await killAfter(bench, [{ kind: 'stop', attemptId, graceMs: 300 }])
      const unwatch = bench.another().watch({ attemptChanged: () => {}, fleetChanged: () => {} })
      expect(await untilGone(bench.engine, attemptId)).toMatchObject({ exitSignal: 'SIGKILL' })
      unwatch()
    })

    test('after its end: the end is as it was told, and nothing runs again', async () => {
      const { bench, it, run, admission } = stage()
      const { attemptId } = it
      const command = bench.commands.exitWith(3)
      await killAfter(bench, [
        { kind: 'admit', admission: admission({ command }) },
        { kind: 'await_gone', attemptId },
      ])
      const gone = await untilGone(bench.engine, attemptId)
      expect(gone).toMatchObject({ exitCode: 3, how: 'exited' })
      await run({ command })
      expect(await bench.engine.observe(attemptId)).toEqual(gone)
    })

    test('after it was forgotten: it stays forgotten', async () => {
      const { bench, it, run, admission } = stage()
      const { attemptId } = it
      await killAfter(bench, [
        { kind: 'admit', admission: admission({ command: bench.commands.exitWith(3) }) },
        { kind: 'await_gone', attemptId },
        { kind: 'forget', attemptId },
      ])
      expect(await bench.engine.observe(attemptId)).toEqual({ state: 'absent' })
      expect([...(await bench.engine.list()).keys()]).not.toContain(attemptId)
      await expect(run()).rejects.toThrow('has run and been forgotten')
    })

    where(can.startsSlowly, () => {
      test('while it starts: it goes on starting, and can be stopped before it runs', async () => {
        const { bench, it, admission } = stage()
        const { attemptId } = it
        const command = bench.commands.startSlowly?.() ?? []
        await killAfter(bench, [{ kind: 'admit', admission: admission({ command }) }])
        expect(await bench.engine.observe(attemptId)).toMatchObject({ state: 'starting' })
        await bench.engine.stop(attemptId, 0)
        const gone = await untilGone(bench.engine, attemptId)
        expect(gone).toMatchObject({ how: 'start_failed', startedMs: null })
      })
    })
  })
}
