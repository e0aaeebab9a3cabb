/** What an engine knows and for how long: shared by all engines over the same attempts, told to whoever watches. */
import { expect, test } from 'vitest'
import {
  newAttempt,
  readLog,
  type Suite,
  untilGone,
  untilLogged,
  untilRunning,
  where,
} from './bench.ts'
import { until } from './until.ts'

export const recordConformance: Suite = (stage, can) => {
  test('another engine over the same attempts sees, stops and forgets them', async () => {
    const { bench, it, run } = stage()
    await run()
    const running = await untilRunning(bench.engine, it.attemptId)
    const other = bench.another()
    expect((await other.list()).get(it.attemptId)).toMatchObject({ state: 'running' })
    const { startedMs } = await untilRunning(other, it.attemptId)
    expect(startedMs).toBe(running.startedMs)
    await other.stop(it.attemptId, 0)
    const gone = await untilGone(other, it.attemptId)
    expect(await bench.engine.observe(it.attemptId)).toEqual(gone)
    await other.forget(it.attemptId)
    expect(await bench.engine.observe(it.attemptId)).toEqual({ state: 'absent' })
  })

  test('only what is gone can be forgotten; its log stays, and it never runs again', async () => {
    const { bench, it, run } = stage()
    await run()
    await untilLogged(bench.engine, 'up', it.attemptId)
    await expect(bench.engine.forget(it.attemptId)).rejects.toThrow('only one that is gone')
    await bench.engine.stop(it.attemptId, 0)
    await untilGone(bench.engine, it.attemptId)
    await bench.engine.forget(it.attemptId)
    await bench.engine.forget(it.attemptId)
    expect([...(await bench.engine.list()).keys()]).not.toContain(it.attemptId)
    expect(await bench.engine.observe(it.attemptId)).toEqual({ state: 'absent' })
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('gone')
    expect(await readLog(bench.engine, it.attemptId)).toContain('up\n')
    await expect(run()).rejects.toThrow('has run and been forgotten')
    await expect(bench.another().admit(stage().admission())).rejects.toThrow('forgotten')
  })

  test('an attempt nobody admitted is absent, and has no log', async () => {
    const { bench, it } = stage()
    expect(await bench.engine.observe(it.attemptId)).toEqual({ state: 'absent' })
    expect(await bench.engine.log(it.attemptId)).toBeNull()
    expect([...(await bench.engine.list()).keys()]).not.toContain(it.attemptId)
  })

  test('the list says of each attempt what an observation says', async () => {
    const { bench, it, run } = stage()
    const other = newAttempt()
    const [node] = bench.nodes
    await run()
    const command = bench.commands.exitWith(4)
    await run({ ...other, command, placements: [{ node, slots: [1] }] })
    await untilRunning(bench.engine, it.attemptId)
    const gone = await untilGone(bench.engine, other.attemptId)
    const listed = await bench.engine.list()
    expect(listed.get(it.attemptId)).toMatchObject({ state: 'running' })
    expect(listed.get(other.attemptId)).toEqual(gone)
  })

  test('a watch tells of the start and of the end, and of nothing once it has ended', async () => {
    const { bench, it, run } = stage()
    const told = new Set<string>()
    const listener = {
      attemptChanged: (attemptId: string) => void told.add(attemptId),
      fleetChanged: () => {},
    }
    const unwatch = bench.engine.watch(listener)
    await run()
    await until('the start is told', () => told.has(it.attemptId))
    await untilRunning(bench.engine, it.attemptId)
    told.clear()
    await bench.another().stop(it.attemptId, 0)
    await until('the end is told', () => told.has(it.attemptId))
    await untilGone(bench.engine, it.attemptId)
    unwatch()
    told.clear()
    const later = newAttempt()
    await run({ ...later, command: bench.commands.exitWith(0) })
    await untilGone(bench.engine, later.attemptId)
    expect([...told]).toEqual([])
  })

  where(can.keepsAccounts, () => {
    test('its own accounting agrees with what it told', async () => {
      const { bench, it, run } = stage()
      const done = newAttempt()
      const [node] = bench.nodes
      await run({ placements: [{ node, slots: [0, 1] }] })
      const running = await untilRunning(bench.engine, it.attemptId)
      await run({ ...done, command: bench.commands.exitWith(0) })
      const usageOf = async (attemptId: string) =>
        (await bench.engine.usage(0)).find((each) => each.attemptId === attemptId)
      const tolerance = bench.usageToleranceMs ?? 0
      const open = await until('it is accounted for', () => usageOf(it.attemptId))
      expect(open).toMatchObject({ gpus: 2, endedMs: null, bootId: running.bootId })
      expect(Math.abs(open.startedMs - running.startedMs)).toBeLessThanOrEqual(tolerance)
      await bench.engine.stop(it.attemptId, 0)
      const gone = await untilGone(bench.engine, it.attemptId)
      const closed = await until('its end is accounted for', async () => {
        const usage = await usageOf(it.attemptId)
        return usage !== undefined && usage.endedMs !== null && { ...usage, endedMs: usage.endedMs }
      })
      expect(Math.abs(closed.endedMs - gone.goneMs)).toBeLessThanOrEqual(tolerance)
      const later = await bench.engine.usage(gone.goneMs + tolerance + 1)
      expect(later.map(({ attemptId }) => attemptId)).not.toContain(it.attemptId)
    })
  })
}
