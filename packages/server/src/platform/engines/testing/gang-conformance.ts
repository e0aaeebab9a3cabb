/** Gangs: all of it on all its nodes, or nothing on any. */
import { describe, expect, test } from 'vitest'
import {
  type EngineBench,
  newAttempt,
  readLog,
  type Suite,
  untilGone,
  untilLogged,
  untilRunning,
} from './bench.ts'

function overAll({ nodes }: EngineBench, slots: readonly number[]) {
  return nodes.map((node) => ({ node, slots }))
}

export const gangConformance: Suite = (stage, can) => {
  if (can.hasGangs !== true) return
  describe('gangs', () => {
    test('a gang runs once, on every node it was given, and ends as a whole', async () => {
      const { bench, it, run } = stage()
      await run({ placements: overAll(bench, [0, 1]) })
      await untilLogged(bench.engine, 'up', it.attemptId)
      const running = await untilRunning(bench.engine, it.attemptId)
      const has = running.placements ?? overAll(bench, [0, 1])
      expect(has.map(({ node }) => node).sort()).toEqual([...bench.nodes].sort())
      for (const { slots } of has) expect(slots).toHaveLength(2)
      await bench.engine.stop(it.attemptId, 0)
      await untilGone(bench.engine, it.attemptId)
      expect(await bench.engine.confirmGone(it.attemptId)).toBe('gone')
    })

    test('a gang of which one node does not exist starts nowhere', async () => {
      const { bench, it, run } = stage()
      const placements = [...overAll(bench, [0]), { node: 'no-such-node', slots: [0] }]
      // Refused at once or found out later: never a part of it.
      await run({ placements }).catch(() => {})
      const seen = await bench.engine.observe(it.attemptId)
      if (seen.state !== 'absent')
        expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({
          how: 'start_failed',
          startedMs: null,
        })
      expect(await readLog(bench.engine, it.attemptId)).not.toContain('up')
      const next = newAttempt()
      await run({ ...next, placements: overAll(bench, [0]) })
      await untilRunning(bench.engine, next.attemptId)
    })

    test('two gangs side by side on the same nodes do not disturb each other', async () => {
      const { bench, it, run } = stage()
      const other = newAttempt()
      await run({ placements: overAll(bench, [0]) })
      await run({ ...other, placements: overAll(bench, [1]) })
      for (const { attemptId } of [it, other]) await untilRunning(bench.engine, attemptId)
      await bench.engine.stop(it.attemptId, 0)
      await untilGone(bench.engine, it.attemptId)
      expect(await bench.engine.observe(other.attemptId)).toMatchObject({ state: 'running' })
    })
  })
}
