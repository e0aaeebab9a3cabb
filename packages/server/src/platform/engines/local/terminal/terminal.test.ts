import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutputTail } from './output-tail.ts'
import { instantIn, leavesTime, renderNotice } from './terminal-notice.ts'

test('a tail has the last bytes at their place, however they came, and those that were not seen yet', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(700),
      (pieces, bytesMax, asked) => {
        const all = Buffer.concat(pieces)
        const tail = createOutputTail(bytesMax)
        for (const piece of pieces) tail.push(piece)
        const { offset, bytes } = tail.from(asked)
        const start = Math.max(Math.min(asked, all.length), all.length - bytesMax, 0)
        expect(offset).toBe(start)
        expect(Buffer.from(bytes).equals(all.subarray(start))).toBe(true)
      },
    ),
  )
})

const NOW_MS = Date.parse('2026-03-04T12:00:00Z')

test('a notice says how long, and until when', () => {
  expect(renderNotice(NOW_MS + 30_000, NOW_MS)).toContain('it stops in 30 s, at 12:00:30 UTC')
  expect(renderNotice(NOW_MS + 600_000, NOW_MS)).toContain('it stops in 10 min, at 12:10:00 UTC')
  expect(renderNotice(NOW_MS, NOW_MS)).toBe('This lease is being stopped.')
})

test('a request to end means the end where no notice leaves time', () => {
  expect(leavesTime(null, NOW_MS)).toBe(false)
  expect(leavesTime(NOW_MS + 500, NOW_MS)).toBe(false)
  expect(leavesTime(NOW_MS + 5000, NOW_MS)).toBe(true)
  expect(instantIn({ time: '2026-03-04T12:00:00Z' })).toBe(NOW_MS)
  expect(instantIn({ noticeTime: '2026-03-04T12:00:00Z' })).toBe(NOW_MS)
  expect(instantIn({ time: 'soon' })).toBeNull()
  expect(instantIn(null)).toBeNull()
})
