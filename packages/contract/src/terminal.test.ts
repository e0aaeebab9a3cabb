import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTerminalDecoder, encodeTerminalFrame, type TerminalFrame } from './terminal.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const side = fc.integer({ min: 0, max: 65_535 })
const frame: fc.Arbitrary<TerminalFrame> = fc.oneof(
  fc.record({ kind: fc.constant('input' as const), bytes }),
  fc.record({ kind: fc.constant('output' as const), bytes }),
  fc.record({ kind: fc.constant('resize' as const), columns: side, rows: side }),
  fc.record({ kind: fc.constant('begin' as const), offset: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('notice' as const), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('exit' as const), code: fc.integer() }),
)

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      (frames, cut) => {
        const whole = Buffer.concat(frames.map(encodeTerminalFrame))
        const decode = createTerminalDecoder()
        const decoded: TerminalFrame[] = []
        for (let at = 0; at < whole.length; at += cut)
          decoded.push(...decode(whole.subarray(at, at + cut)))
        expect(decoded).toEqual(frames)
      },
    ),
  )
})

test('what is long goes in several frames', () => {
  const bytes = new Uint8Array(150_000).fill(7)
  const frames = createTerminalDecoder()(encodeTerminalFrame({ kind: 'output', bytes }))
  expect(frames.length).toBe(3)
  const lengths = frames.map((each) => (each.kind === 'output' ? each.bytes.length : 0))
  expect(lengths.reduce((sum, length) => sum + length)).toBe(150_000)
})

test.each([
  ['a kind that there is not', [9, 0, 0, 0, 0]],
  ['a length that no frame has', [0, 0, 1, 0, 1]],
  ['a body that is too short', [1, 0, 0, 0, 1, 7]],
])('%s is no terminal', (_, bytes) => {
  expect(() => createTerminalDecoder()(Uint8Array.from(bytes))).toThrow(RangeError)
})
