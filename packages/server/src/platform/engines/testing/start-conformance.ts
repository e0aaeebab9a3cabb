/** How attempts start: once, in full, with instants that never go back; or not at all, with the reason. */
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

export const startConformance: Suite = (stage, can) => {
  test('the inventory names each node, its slots and how they were found', async () => {
    const { bench } = stage()
    const inventory = await bench.engine.inventory()
    for (const node of bench.nodes) {
      const found = inventory.find((each) => each.node === node)
      expect(found?.slotCountMax).toBeGreaterThanOrEqual(bench.slotsPerNode)
      expect(found?.acceleratorKind).toBe(bench.acceleratorKind)
      expect(found?.finding).not.toBe('')
      expect(found?.health).toEqual({ state: 'up' })
      expect(found?.faults).toEqual([])
    }
  })

  test('a command runs to its end, and its exit code is kept', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.exitWith(7) })
    const gone = await untilGone(bench.engine, it.attemptId)
    expect(gone).toMatchObject({ exitCode: 7, exitSignal: null, how: 'exited' })
    expect(gone.startedMs).not.toBeNull()
    expect(gone.text).not.toBe('')
  })

  test('what a command writes is in its log when it is gone', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.print('hello') })
    expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({ exitCode: 0 })
    expect(await readLog(bench.engine, it.attemptId)).toContain('hello\n')
  })

  test('an attempt admitted again and again, at once and later, runs once', async () => {
    const { bench, it, run, admission } = stage()
    await Promise.all([run(), run(), bench.another().admit(admission())])
    await untilLogged(bench.engine, 'up', it.attemptId)
    await run()
    await bench.engine.stop(it.attemptId, 0)
    const gone = await untilGone(bench.engine, it.attemptId)
    await run()
    expect(await bench.engine.observe(it.attemptId)).toEqual(gone)
    expect((await readLog(bench.engine, it.attemptId)).match(/up/g)).toHaveLength(1)
  })

  test('a command that cannot start is gone, never ran, and says why', async () => {
    const { bench, it, run } = stage()
    await run({ command: bench.commands.missing() })
    const gone = await untilGone(bench.engine, it.attemptId)
    expect(gone).toMatchObject({ how: 'start_failed', startedMs: null, exitCode: null })
    expect(gone.text).not.toBe('')
  })

  test('an instant of an attempt is never before an earlier one', async () => {
    const { bench, it, run } = stage()
    await run()
    const first = await untilRunning(bench.engine, it.attemptId)
    let last = first
    await until('it is confirmed anew', async () => {
      const next = await bench.engine.observe(it.attemptId)
      if (next.state !== 'running') return next.state === 'gone' && next
      expect(next.startedMs).toBe(first.startedMs)
      expect(next.confirmedMs).toBeGreaterThanOrEqual(last.confirmedMs)
      last = next
      return last.confirmedMs > first.confirmedMs
    })
    await bench.engine.stop(it.attemptId, 0)
    const gone = await untilGone(bench.engine, it.attemptId)
    expect(first.confirmedMs).toBeGreaterThanOrEqual(first.startedMs)
    expect(gone.startedMs).toBe(first.startedMs)
    expect(gone.goneMs).toBeGreaterThanOrEqual(last.confirmedMs)
    expect(gone.bootId).toBe(first.bootId)
  })

  test('twenty attempts at once, more than there are slots, all start and all end', async () => {
    const { bench, run } = stage()
    const names = Array.from({ length: 20 }, newAttempt)
    const command = bench.commands.exitWith(3)
    await Promise.all(names.map((name) => run({ ...name, command })))
    const ids = names.map(({ attemptId }) => attemptId)
    const gone = await Promise.all(ids.map((id) => untilGone(bench.engine, id)))
    expect(gone.map(({ exitCode }) => exitCode)).toEqual(names.map(() => 3))
    const listed = [...(await bench.engine.list()).keys()]
    expect(listed.filter((id) => ids.includes(id)).sort()).toEqual(ids.sort())
  })

  where(can.startsSlowly, () => {
    test('what is stopped while it starts never runs', async () => {
      const { bench, it, run } = stage()
      await run({ command: bench.commands.startSlowly?.() ?? [] })
      expect(await bench.engine.observe(it.attemptId)).toMatchObject({ state: 'starting' })
      expect(await bench.engine.confirmGone(it.attemptId)).toBe('present')
      await bench.engine.stop(it.attemptId, 0)
      const want = { how: 'start_failed', startedMs: null, exitCode: null }
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject(want)
    })
  })
}
