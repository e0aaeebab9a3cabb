import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventReader, type StreamEvent } from './event-stream.ts'

/** Cuts bytes at the given places, in any order, repeated or out of range. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  )
  return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
}

function readAll(pieces: readonly Buffer[]): StreamEvent[] {
  const reader = new EventReader()
  return pieces.flatMap((piece) => [...reader.push(piece)])
}

const anyEvent = fc.record({
  type: fc.constantFrom('', 'error', 'message'),
  lines: fc.array(
    fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '')),
    { minLength: 1, maxLength: 3 },
  ),
  comment: fc.boolean(),
  ending: fc.constantFrom('\n', '\r\n'),
})

test('events are read the same wherever the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), fc.array(fc.nat(5000)), (events, places) => {
      // given
      const text = events
        .map(({ type, lines, comment, ending }) =>
          [
            ...(comment ? [': still here'] : []),
            ...(type === '' ? [] : [`event: ${type}`]),
            ...lines.map((line) => `data: ${line}`),
            '',
            '',
          ].join(ending),
        )
        .join('')
      // when
      const found = readAll(cut(Buffer.from(text), places))
      // then
      expect(found).toEqual(events.map(({ type, lines }) => ({ type, data: lines.join('\n') })))
    }),
  )
})

test('a character cut in two is put together', () => {
  const bytes = Buffer.from('data: \u20ac\n\n')
  expect(readAll([bytes.subarray(0, 7), bytes.subarray(7)])).toEqual([{ type: '', data: '\u20ac' }])
})

test('an event without data is none, and an unfinished one waits', () => {
  const reader = new EventReader()
  expect(reader.push(Buffer.from(': ping\n\nevent: x\n\ndata: half'))).toEqual([])
  expect(reader.pendingLength()).toBe('data: half'.length)
  expect(reader.push(Buffer.from('\n\n'))).toEqual([{ type: '', data: 'half' }])
  expect(reader.pendingLength()).toBe(0)
})

test('a space after the colon is not part of the data, a second one is', () => {
  expect(readAll([Buffer.from('data:a\ndata: b\ndata:  c\n\n')])).toEqual([
    { type: '', data: 'a\nb\n c' },
  ])
})
