/**
 * A model's server that answers at once, as fast as Node can: about 1 kB, prepared beforehand. The path says how it is
 * asked: `/d20/v1/…` answers after 20 ms; a streamed request gets 64 chunks, with that pause before each.
 */
import { createServer, type ServerResponse } from 'node:http'

const nonce = process.argv[2] ?? ''
const CHUNKS = 64

const usage = { prompt_tokens: 180, completion_tokens: 150, total_tokens: 330 }
const head = { id: `chatcmpl-${nonce}`, created: 1_700_000_000, model: 'mock' }
const completion = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'word '.repeat(150) },
        finish_reason: 'stop',
      },
    ],
    usage,
  }),
)

const chunks = Array.from({ length: CHUNKS }, (_, index) => {
  const finish_reason = index === CHUNKS - 1 ? 'stop' : null
  const counted = { prompt_tokens: 180, completion_tokens: index + 1, total_tokens: 181 + index }
  const choices = [{ index: 0, delta: { content: `word${index} ` }, finish_reason }]
  const json = { ...head, object: 'chat.completion.chunk', choices, usage: counted }
  return `data: ${JSON.stringify(json)}\n\n`
})

function answerWhole(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': completion.length,
    'x-mock': nonce,
  })
  response.end(completion)
}

function answerStream(response: ServerResponse, delayMs: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-mock': nonce })
  let next = 0
  const send = () => {
    if (response.destroyed) return
    response.write(chunks[next++] ?? '')
    if (next < CHUNKS) setTimeout(send, delayMs)
    else response.end('data: [DONE]\n\n')
  }
  setTimeout(send, delayMs)
}

const server = createServer((request, response) => {
  let isStream = false
  request.on('data', (piece: Buffer) => {
    isStream ||= piece.includes('"stream":true')
  })
  request.on('end', () => {
    const delayMs = Number(/^\/d(\d+)\//.exec(request.url ?? '')?.[1] ?? 0)
    if (isStream) answerStream(response, delayMs)
    else if (delayMs > 0) setTimeout(answerWhole, delayMs, response)
    else answerWhole(response)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit())
