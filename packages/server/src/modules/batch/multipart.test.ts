/** A form is read the same however it is cut, and a file's bytes are passed on as they are. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FormEvent, FormReader, readBoundary } from './multipart.ts'

const BOUNDARY = '----spillway7MA4YWxk'

function form(content: Buffer, name = 'lines.jsonl'): Buffer {
  return Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n` +
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    content,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
}

function read(pieces: readonly Buffer[]) {
  const reader = new FormReader(BOUNDARY)
  const events: FormEvent[] = pieces.flatMap((piece) => reader.push(piece))
  const content = events.flatMap((event) => (event.kind === 'content' ? [event.bytes] : []))
  return {
    content: Buffer.concat(content),
    others: events.filter(({ kind }) => kind !== 'content'),
    isOver: reader.isOver,
  }
}

const OTHERS = [
  { kind: 'field', name: 'purpose', value: 'batch' },
  { kind: 'file', field: 'file', name: 'lines.jsonl' },
  { kind: 'end' },
]

test('whatever the file has in it and wherever it is cut, all of it comes through', () => {
  const nasty = fc.constantFrom('\r\n', '--', `\r\n--${BOUNDARY.slice(0, -1)}`, '\r', '{"a":1}\n')
  const content = fc.array(fc.oneof(nasty, fc.string()), { maxLength: 20 })
  fc.assert(
    fc.property(content, fc.array(fc.nat(400), { maxLength: 12 }), (texts, cuts) => {
      const bytes = Buffer.from(texts.join(''))
      // Who sends a form chooses a boundary that its file does not have.
      fc.pre(!bytes.includes(`\r\n--${BOUNDARY}`))
      const whole = form(bytes)
      const places = [...new Set([0, ...cuts.filter((at) => at < whole.length), whole.length])]
      const sorted = places.toSorted((a, b) => a - b)
      const pieces = sorted.slice(1).map((at, index) => whole.subarray(sorted[index], at))
      expect(read(pieces)).toEqual({ content: bytes, others: OTHERS, isOver: true })
    }),
  )
})

describe('a form that is none', () => {
  test('is told, and nothing after it counts', () => {
    const reader = new FormReader(BOUNDARY)
    const events = reader.push(Buffer.from(`--${BOUNDARY}\r\nX-Other: 1\r\n\r\nvalue`))
    expect(events).toEqual([{ kind: 'broken', why: 'a part has no name' }])
    expect(reader.push(form(Buffer.from('x')))).toEqual([])
  })

  test('that breaks off is not over', () => {
    const whole = form(Buffer.from('content'))
    expect(read([whole.subarray(0, -6)]).isOver).toBe(false)
  })

  test.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
    ['application/json', null],
    [undefined, null],
  ])('its boundary is in the type of the content: %s', (type, boundary) => {
    expect(readBoundary(type)).toBe(boundary)
  })
})
