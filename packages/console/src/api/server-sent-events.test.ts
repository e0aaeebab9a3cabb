import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts'

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

async function collect(chunks: readonly Uint8Array[]): Promise<(ServerSentEvent | null)[]> {
  const seen: (ServerSentEvent | null)[] = []
  for await (const event of readServerSentEvents(streamOf(chunks))) seen.push(event)
  return seen
}

const TEXT =
  ': alive\n\nid: 7\nevent: lease.started\ndata: {"a":"ü€"}\n\ndata: one\r\ndata: two\r\n\r\ndata: [DONE]\n\n'
const want = [
  null,
  { id: '7', type: 'lease.started', data: '{"a":"ü€"}' },
  { id: null, type: 'message', data: 'one\ntwo' },
  { id: null, type: 'message', data: '[DONE]' },
]

test('events are the same wherever the network cuts the bytes', async () => {
  const bytes = new TextEncoder().encode(TEXT)
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 })),
      async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
        expect(await collect(chunks)).toEqual(want)
      },
    ),
  )
})

test('a position told without data is an event without data', async () => {
  const bytes = new TextEncoder().encode('retry: 1000\nid: 7-0\n\n')
  expect(await collect([bytes])).toEqual([{ id: '7-0', type: 'message', data: '' }])
})

test('an event cut off by the end of the stream is not delivered', async () => {
  expect(await collect([new TextEncoder().encode('data: half\n')])).toEqual([])
})
