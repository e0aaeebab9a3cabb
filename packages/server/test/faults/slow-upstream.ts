/** A model's server that streams one word every few milliseconds, for as long as it is listened to. */
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const WORD_EVERY_MS = 10

export interface SlowUpstream {
  /** Base address, such as `http://127.0.0.1:1234/v1`. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Counts with each chunk what it sent so far: a word is a token. */
function renderChunk(model: string, count: number): string {
  const choices = [{ index: 0, delta: { content: `word${count} ` }, finish_reason: null }]
  const usage = { prompt_tokens: 3, completion_tokens: count, total_tokens: 3 + count }
  const chunk = { id: 'slow', object: 'chat.completion.chunk', created: 1, model, choices, usage }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** One word after another, for as long as somebody listens. */
async function talk(model: string, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let count = 1; !response.destroyed; count++) {
    response.write(renderChunk(model, count))
    await pause(WORD_EVERY_MS)
  }
}

export async function startSlowUpstream(model: string): Promise<SlowUpstream> {
  const server = createServer((request, response) => {
    if (request.url === '/v1/models') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ object: 'list', data: [{ id: model }] }))
      return
    }
    request.resume()
    void talk(model, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
