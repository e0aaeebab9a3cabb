import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSseParser, readEvents } from './sse.ts'

const STREAM = [
  ': a comment to keep the line open\n\n',
  'id: 7\r\nevent: lease.started\r\ndata: {"a":1}\r\n\r\n',
  'data: first\ndata: second\n\n',
  'data\n\n',
  'data:no space\n\n',
  'data: über 🚀\n\n',
  'data: cut off',
].join('')

const WANT = [
  { event: 'lease.started', data: '{"a":1}', id: '7' },
  { event: 'message', data: 'first\nsecond', id: null },
  { event: 'message', data: '', id: null },
  { event: 'message', data: 'no space', id: null },
  { event: 'message', data: 'über 🚀', id: null },
]

test('events end at an empty line, and one that is cut off is dropped', () => {
  expect(createSseParser().push(STREAM)).toEqual(WANT)
})

test('bytes may arrive cut anywhere, also within a character or a line end', async () => {
  const bytes = new TextEncoder().encode(STREAM)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      async function* chunks() {
        for (const [index, end] of places.entries())
          if (index > 0) yield bytes.slice(places[index - 1], end)
      }
      const events = []
      for await (const event of readEvents(chunks())) events.push(event)
      expect(events).toEqual(WANT)
    }),
  )
})
