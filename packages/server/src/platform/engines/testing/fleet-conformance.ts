/** Nodes and the work of others: drains, lost nodes, foreign work, and an engine that does not answer. */
import { describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import type { Engine, NodeHealth } from '#platform/engines/engine.ts'
import { newAttempt, type Suite, untilForeign, untilGone, untilRunning, where } from './bench.ts'
import { until } from './until.ts'

async function healthOf(engine: Engine, node: string): Promise<NodeHealth | undefined> {
  return (await engine.inventory()).find((each) => each.node === node)?.health
}

export const fleetConformance: Suite = (stage, can) => {
  test('a drain and its end may be asked for again and again; what runs goes on', async () => {
    const { bench, it, run } = stage()
    const [node] = bench.nodes
    await run()
    await untilRunning(bench.engine, it.attemptId)
    for (const engine of [bench.engine, bench.engine, bench.another()])
      await engine.drain(node, 'a new fan')
    if (can.tellsDrains === true) {
      const health = await until('it drains', async () => {
        const found = await healthOf(bench.another(), node)
        return found?.state === 'draining' && found
      })
      expect(health.reason).toContain('a new fan')
    }
    expect(await bench.engine.observe(it.attemptId)).toMatchObject({ state: 'running' })
    for (const engine of [bench.engine, bench.engine, bench.another()]) await engine.resume(node)
    await until('it is up', async () => (await healthOf(bench.engine, node))?.state === 'up')
  })

  test('the foreign report counts from the boot of the observations', async () => {
    const { bench, it, run } = stage()
    await run()
    const running = await untilRunning(bench.engine, it.attemptId)
    const report = await bench.engine.foreign()
    expect(report.bootId).toBe(running.bootId)
    expect(report.confirmedMs).toBeGreaterThanOrEqual(running.startedMs)
    expect(report.work).toEqual([])
  })

  where(can.hasNodeFaults, () =>
    describe('lost nodes', () => {
      lostNodes(stage, can)
    }),
  )
  where(can.hasForeignWork, () =>
    describe('foreign work', () => {
      foreignWork(stage, can)
    }),
  )
  where(can.hasOutages, () =>
    describe('an engine that does not answer', () => {
      outages(stage, can)
    }),
  )
}

const lostNodes: Suite = (stage, can) => {
  test('what ran on a lost node is unknown, never gone, until the node is back', async () => {
    const { bench, it, run } = stage()
    const [node] = bench.nodes
    const faults = present(bench.nodeFaults, 'node faults')
    await run()
    const running = await untilRunning(bench.engine, it.attemptId)
    await faults.lose(node)
    await until('it is unknown', async () => {
      const { state } = await bench.engine.observe(it.attemptId)
      expect(state).not.toBe('gone')
      return state === 'unknown'
    })
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('unknown')
    expect((await bench.another().list()).get(it.attemptId)?.state).toBe('unknown')
    const health = await healthOf(bench.engine, node)
    expect(health?.state).toBe('down')
    await expect(bench.engine.forget(it.attemptId)).rejects.toThrow('only one that is gone')
    await faults.bringBack(node)
    const gone = await untilGone(bench.engine, it.attemptId)
    expect(gone.goneMs).toBeGreaterThanOrEqual(running.confirmedMs)
    await until('it is up', async () => (await healthOf(bench.engine, node))?.state === 'up')
  })

  where(can.hasGangs, () => {
    test('a gang that lost one node is not gone before that node is back', async () => {
      const { bench, it, run } = stage()
      const [first, last] = [bench.nodes[0], present(bench.nodes.at(-1), 'a last node')]
      const faults = present(bench.nodeFaults, 'node faults')
      await run({ placements: [first, last].map((node) => ({ node, slots: [0] })) })
      await untilRunning(bench.engine, it.attemptId)
      await faults.lose(last)
      await until('it is unknown', async () => {
        const { state } = await bench.engine.observe(it.attemptId)
        expect(state).not.toBe('gone')
        return state === 'unknown'
      })
      await bench.engine.stop(it.attemptId, 0)
      expect((await bench.engine.observe(it.attemptId)).state).not.toBe('gone')
      await faults.bringBack(last)
      await untilGone(bench.engine, it.attemptId)
    })
  })
}

const foreignWork: Suite = (stage) => {
  test('work that others submit is told while it is there, with its slots, and no longer', async () => {
    const { bench } = stage()
    const others = present(bench.foreign, 'foreign work')
    let changesTotal = 0
    const fleetChanged = () => void changesTotal++
    const unwatch = bench.engine.watch({ attemptChanged: () => {}, fleetChanged })
    const runId = await others.submit({ name: 'pretraining', nodes: 1, gpusPerNode: 2 })
    const running = await untilForeign(bench.engine, runId, 'running')
    expect(running).toMatchObject({ name: 'pretraining', gpus: 2, nodes: 1, waitingFor: null })
    expect(running.placements.flatMap(({ slots }) => slots)).toHaveLength(2)
    expect(running.startedMs).not.toBeNull()
    await until('a change is told', () => changesTotal > 0)
    const other = await untilForeign(bench.another(), runId, 'running')
    // Where the evidence is an age in whole seconds, each look reckons the start anew.
    const differenceMs = Math.abs((other.startedMs ?? 0) - (running.startedMs ?? 0))
    expect(differenceMs).toBeLessThanOrEqual(bench.usageToleranceMs ?? 0)
    await others.end(runId)
    await until('it is not told any more', async () => {
      const { work } = await bench.engine.foreign()
      return work.every((each) => each.runId !== runId)
    })
    unwatch()
  })

  test('an attempt is no foreign work, and foreign work is no attempt', async () => {
    const { bench, it, run } = stage()
    const others = present(bench.foreign, 'foreign work')
    await run()
    await untilRunning(bench.engine, it.attemptId)
    const runId = await others.submit({ name: 'evals', nodes: 1, gpusPerNode: 1 })
    await untilForeign(bench.engine, runId, 'running')
    expect((await bench.engine.foreign()).work.map((each) => each.runId)).toEqual([runId])
    expect([...(await bench.engine.list()).keys()]).not.toContain(runId)
    await others.end(runId)
  })

  test('the owner\u2019s work takes slots from spot by the engine\u2019s own rules, and both are told', async () => {
    const { bench, run } = stage()
    const others = present(bench.foreign, 'foreign work')
    if (!others.preempts) return
    const slots = Array.from({ length: bench.slotsPerNode }, (_, slot) => slot)
    const names = bench.nodes.map(() => newAttempt())
    for (const [index, node] of bench.nodes.entries())
      await run({ ...names[index], placements: [{ node, slots }] })
    for (const { attemptId } of names) await untilRunning(bench.engine, attemptId)
    const runId = await others.submit({
      name: 'pretraining',
      nodes: bench.nodes.length,
      gpusPerNode: bench.slotsPerNode,
    })
    for (const { attemptId } of names) {
      const gone = await untilGone(bench.engine, attemptId)
      expect(gone.how).toBe('preempted')
    }
    const { startedMs } = await untilForeign(bench.engine, runId, 'running')
    for (const { attemptId } of names) {
      const { goneMs } = await untilGone(bench.engine, attemptId)
      expect(startedMs).toBeGreaterThanOrEqual(goneMs)
    }
    await others.end(runId)
  })
}

const outages: Suite = (stage) => {
  test('it throws or says unknown, and never that nothing is there', async () => {
    const { bench, it, run } = stage()
    const outage = present(bench.outage, 'outages')
    await run()
    const running = await untilRunning(bench.engine, it.attemptId)
    await outage.begin()
    await expect(bench.another().list()).rejects.toThrow()
    await expect(bench.engine.inventory()).rejects.toThrow()
    await expect(bench.engine.foreign()).rejects.toThrow()
    await until('it is unknown', async () => {
      const { state } = await bench.engine.observe(it.attemptId)
      expect(['running', 'unknown']).toContain(state)
      return state === 'unknown'
    })
    expect(await bench.engine.confirmGone(it.attemptId)).toBe('unknown')
    await expect(run(newAttempt())).rejects.toThrow()
    await outage.end()
    const again = await untilRunning(bench.engine, it.attemptId)
    expect(again.startedMs).toBe(running.startedMs)
  })
}
