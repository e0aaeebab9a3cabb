/** A reader of the heartbeat never takes half a write for an instant. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBeat, renderBeat } from './heartbeat.ts'

const instant = fc.integer({ min: 0, max: 2 ** 45 })

test('what is written is read', () => {
  fc.assert(fc.property(instant, (nowMs) => parseBeat(renderBeat(nowMs)) === nowMs))
})

test('a write caught at any byte reads as the instant before, the one after, or as nothing', () => {
  fc.assert(
    fc.property(instant, instant, fc.nat(34), (before, after, bytes) => {
      const caught = renderBeat(after).slice(0, bytes) + renderBeat(before).slice(bytes)
      expect([before, after, null]).toContain(parseBeat(caught))
    }),
  )
})
