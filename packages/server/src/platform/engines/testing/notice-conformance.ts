/** Notices and warnings: delivered once, however often they are asked for, and harmless where nothing runs. */
import { expect, test } from 'vitest'
import { newAttempt, readLog, type Suite, untilGone, untilLogged } from './bench.ts'

const NOTICE = { action: 'terminate', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const

export const noticeConformance: Suite = (stage) => {
  test('a notice given again is not signalled again, and one without a signal not at all', async () => {
    const { bench, run } = stage()
    const [noticed, spared] = [newAttempt(), newAttempt()]
    const command = bench.commands.tellNotices()
    const [node] = bench.nodes
    await run({ ...noticed, command, placements: [{ node, slots: [0] }] })
    await run({ ...spared, command, placements: [{ node, slots: [1] }] })
    for (const { attemptId } of [noticed, spared]) await untilLogged(bench.engine, 'up', attemptId)
    const first = await bench.engine.notify(noticed.attemptId, NOTICE)
    expect(first).toEqual({ document: true, signal: true })
    await untilLogged(bench.engine, 'noticed', noticed.attemptId)
    expect(await bench.engine.notify(noticed.attemptId, NOTICE)).toEqual(first)
    expect(await bench.another().notify(noticed.attemptId, NOTICE)).toEqual(first)
    const silent = await bench.engine.notify(spared.attemptId, { ...NOTICE, signal: null })
    expect(silent).toEqual({ document: true, signal: false })
    for (const { attemptId } of [noticed, spared]) {
      await bench.engine.stop(attemptId, 60_000)
      await untilGone(bench.engine, attemptId)
    }
    const log = await readLog(bench.engine, noticed.attemptId)
    expect(log.match(/noticed/g)).toHaveLength(1)
    expect(await readLog(bench.engine, spared.attemptId)).not.toContain('noticed')
  })

  test('an earlier deadline is told again, once, and a later one changes nothing', async () => {
    const { bench, it, run } = stage()
    const at = (time: string) => ({ ...NOTICE, time: `2026-11-20T${time}Z` })
    await run({ command: bench.commands.tellNotices() })
    await untilLogged(bench.engine, 'up', it.attemptId)
    const first = await bench.engine.notify(it.attemptId, at('20:00:00'))
    await untilLogged(bench.engine, '20:00:00Z', it.attemptId)
    expect(await bench.engine.notify(it.attemptId, at('20:05:00'))).toEqual(first)
    for (const engine of [bench.engine, bench.engine, bench.another()])
      expect(await engine.notify(it.attemptId, at('19:59:30'))).toEqual(first)
    await untilLogged(bench.engine, '19:59:30Z', it.attemptId)
    expect(await bench.another().notify(it.attemptId, at('20:00:00'))).toEqual(first)
    await bench.engine.stop(it.attemptId, 60_000)
    await untilGone(bench.engine, it.attemptId)
    const log = await readLog(bench.engine, it.attemptId)
    expect(log.match(/noticed/g)).toHaveLength(2)
    expect(log).not.toContain('20:05:00Z')
  })

  test('a warning may be given and withdrawn again and again, and disturbs nothing', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.tellNotices() })
    await untilLogged(bench.engine, 'up', it.attemptId)
    for (const engine of [bench.engine, bench.engine, bench.another()])
      for (const warning of [{ time: NOTICE.time }, null, null, { time: NOTICE.time }])
        await engine.warn(it.attemptId, warning)
    expect(await bench.engine.observe(it.attemptId)).toMatchObject({ state: 'running' })
    await bench.engine.stop(it.attemptId, 60_000)
    await untilGone(bench.engine, it.attemptId)
    expect(await readLog(bench.engine, it.attemptId)).not.toContain('noticed')
  })

  test('a notice or a warning to what was never there reaches nobody, and says so', async () => {
    const { bench, it } = stage()
    for (const warning of [{ time: NOTICE.time }, null])
      await bench.engine.warn(it.attemptId, warning)
    const delivery = await bench.engine.notify(it.attemptId, NOTICE)
    expect(delivery).toEqual({ document: false, signal: false })
    expect(await bench.engine.observe(it.attemptId)).toEqual({ state: 'absent' })
  })
}
