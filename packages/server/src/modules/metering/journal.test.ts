/** The journal's bytes: what was written is read back, and any loss at the end leaves exactly the frames before it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { picos } from '#kernel/money.ts'
import { encodeFrame, hasFrameFrom, PAYLOAD_BYTES_MAX, scanFrames } from './journal-frame.ts'
import { decodePayload, encodePayload, encodeRecord, type SegmentRecord } from './journal-record.ts'
import type { UsageEvent } from './usage-event.ts'

const name = fc
  .string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
  .filter((each) => !/[\0\n]/.test(each))

const event: fc.Arbitrary<UsageEvent> = fc
  .record({
    id: fc.uuid(),
    organizationId: name,
    projectId: name,
    resource: name,
    holdId: fc.option(name, { nil: null }),
    fromMs: fc.integer({ min: 0, max: 4e12 }),
    durationMs: fc.nat(),
    lines: fc.array(
      fc.record({ sku: name, priceId: name, quantity: fc.bigInt(0n, 2n ** 63n - 1n) }),
      { maxLength: 3 },
    ),
    more: fc.record(
      {
        detail: name,
        budgets: fc.record({
          leaseIds: fc.array(name),
          cost: fc.bigInt(0n, 10n ** 20n).map(picos),
        }),
        task: fc.record({
          ...{ id: name, asked: name, tries: fc.integer({ min: 1, max: 9 }) },
          routeVersion: fc.option(fc.nat(), { nil: null }),
        }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ fromMs, durationMs, more, ...rest }) => ({
    ...rest,
    ...more,
    from: new Date(fromMs),
    to: new Date(fromMs + durationMs),
  }))

const record: fc.Arbitrary<SegmentRecord> = fc.oneof(
  event.map((each) => ({ kind: 'usage' as const, event: each })),
  event.map((each) => ({ kind: 'progress' as const, event: each })),
  name.map((holdId) => ({ kind: 'hold_closed' as const, holdId })),
  fc.boolean().map((isLast) => ({ kind: 'segment_end' as const, isLast })),
)

const groups = fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 8,
})

const frameOf = (records: readonly SegmentRecord[]) =>
  encodeFrame(encodePayload(records.map(encodeRecord)))

describe('frames', () => {
  test('what was written is read back', () => {
    fc.assert(
      fc.property(groups, (written) => {
        const { frames, rest } = scanFrames(Buffer.concat(written.map(frameOf)))
        expect(frames.map(({ payload }) => decodePayload(payload))).toEqual(written)
        expect(rest).toEqual({ kind: 'nothing' })
      }),
    )
  })

  test('any truncation leaves exactly the frames that end before it, and is never taken for corruption', () => {
    fc.assert(
      fc.property(groups, fc.nat(), (written, cutAt) => {
        const encoded = written.map(frameOf)
        const bytes = Buffer.concat(encoded)
        const length = cutAt % bytes.length
        const torn = bytes.subarray(0, length)
        const { frames, rest } = scanFrames(torn)
        const ends = encoded.map((_, index) => Buffer.concat(encoded.slice(0, index + 1)).length)
        expect(frames.map(({ end }) => end)).toEqual(ends.filter((end) => end <= length))
        expect(rest.kind).not.toBe('broken')
        expect(hasFrameFrom(torn, frames.at(-1)?.end ?? 0)).toBe(false)
      }),
    )
  })

  test('any changed byte is noticed, and good frames behind it are found', () => {
    fc.assert(
      fc.property(groups, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, by) => {
        const first = frameOf(written[0] ?? [])
        const bytes = Buffer.concat(written.map(frameOf))
        const index = at % first.length
        bytes[index] = (bytes[index] ?? 0) ^ by
        const { frames, rest } = scanFrames(bytes)
        expect(frames).toEqual([])
        expect(rest.kind).not.toBe('nothing')
        expect(hasFrameFrom(bytes, 1)).toBe(written.length > 1)
      }),
    )
  })

  test('zeros, as a full disk or a lost write leaves them, are not a frame', () => {
    expect(scanFrames(Buffer.alloc(100)).rest).toEqual({ kind: 'broken', at: 0 })
    expect(hasFrameFrom(Buffer.alloc(100), 0)).toBe(false)
  })

  test('a length that no writer makes is not waited for', () => {
    const frame = frameOf([{ kind: 'segment_end', isLast: true }])
    frame.writeUInt32LE(PAYLOAD_BYTES_MAX + 1, 4)
    expect(scanFrames(frame).rest.kind).toBe('broken')
  })
})

describe('records', () => {
  const good: UsageEvent = {
    id: '01900000-0000-7000-8000-000000000000',
    organizationId: 'org_a',
    projectId: 'prj_a',
    resource: 'toy',
    holdId: null,
    from: new Date(1000),
    to: new Date(2000),
    lines: [{ sku: 'tokens.toy.input', priceId: 'prc_a', quantity: 1n }],
  }
  const line = { sku: 'tokens.toy.input', priceId: 'prc_a' }
  const bad: readonly [what: string, event: UsageEvent][] = [
    ['an id that is not a UUID', { ...good, id: 'evt_1' }],
    ['an end before its beginning', { ...good, to: new Date(999) }],
    ['an instant that is none', { ...good, from: new Date(Number.NaN) }],
    ['a name with a null character', { ...good, resource: 'a\0b' }],
    ['a name without letters', { ...good, organizationId: '' }],
    ['a negative quantity', { ...good, lines: [{ ...line, quantity: -1n }] }],
    ['a quantity beyond the column', { ...good, lines: [{ ...line, quantity: 2n ** 63n }] }],
  ]
  for (const [what, wrong] of bad)
    test(`an event with ${what} is refused before it is written`, () => {
      expect(() => encodeRecord({ kind: 'usage', event: wrong })).toThrow(/\w/)
    })

  test('a payload that no writer makes is a defect', () => {
    for (const payload of ['{}', '["x"]', '["u",1]', '["h",null]', 'nonsense'])
      expect(() => decodePayload(Buffer.from(payload))).toThrow(/\w/)
  })
})
