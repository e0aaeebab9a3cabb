/** How attempts end: asked first, killed after the grace, and gone only when they are. */
import { expect, test } from 'vitest'
import { newAttempt, type Suite, untilGone, untilLogged, untilRunning } from './bench.ts'

export const stopConformance: Suite = (stage) => {
  test('a stop lets the command end by itself within the grace', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.exitOnStop(5) })
    await untilLogged(bench.engine, 'up', it.attemptId)
    await bench.engine.stop(it.attemptId, 60_000)
    expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({
      exitCode: 5,
      exitSignal: null,
      how: 'exited',
    })
  })

  test('a command that ignores the stop runs on through the grace, and is killed after it', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.ignoreStop() })
    await untilLogged(bench.engine, 'up', it.attemptId)
    await bench.engine.stop(it.attemptId, 600_000)
    expect(await bench.engine.observe(it.attemptId)).toMatchObject({ state: 'running' })
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('present')
    await bench.engine.stop(it.attemptId, 200)
    const want = { exitCode: null, exitSignal: 'SIGKILL', how: 'exited' }
    expect(await untilGone(bench.engine, it.attemptId)).toMatchObject(want)
  })

  test('a stop with a shorter grace overrules a longer one, and a longer one changes nothing', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.ignoreStop() })
    await untilLogged(bench.engine, 'up', it.attemptId)
    await bench.engine.stop(it.attemptId, 600_000)
    await bench.another().stop(it.attemptId, 0)
    await bench.engine.stop(it.attemptId, 600_000)
    expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({ exitSignal: 'SIGKILL' })
  })

  test('stopping what is gone, or was never there, does nothing', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.exitWith(0) })
    const gone = await untilGone(bench.engine, it.attemptId)
    const nobody = newAttempt().attemptId
    await bench.engine.stop(it.attemptId, 0)
    await bench.engine.stop(nobody, 0)
    expect(await bench.engine.observe(it.attemptId)).toEqual(gone)
    expect(await bench.engine.observe(nobody)).toEqual({ state: 'absent' })
  })

  test('whether it is gone is answered afresh: present while it runs, gone when it is', async () => {
    const { bench, it, run } = stage()
    await run()
    await untilRunning(bench.engine, it.attemptId)
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('present')
    await bench.engine.stop(it.attemptId, 0)
    await untilGone(bench.engine, it.attemptId)
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('gone')
  })
}
