/** Asks the model for so many short answers, streamed and whole by turns, a few at a time. */
import { request } from 'undici'
import type { Start } from './program.ts'

const AT_ONCE = 8

async function askOnce({ url, demoApiKey }: Start, stream: boolean): Promise<void> {
  const { statusCode, body } = await request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demoApiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'toy',
      max_tokens: 16,
      stream,
      messages: [{ role: 'user', content: 'What does the sea sell?' }],
    }),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`a request was answered ${statusCode}: ${text}`)
}

export async function askModel(server: Start, count: number): Promise<void> {
  let begun = 0
  const askOn = async (): Promise<void> => {
    while (begun++ < count) await askOnce(server, begun % 2 === 0)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askOn))
}
