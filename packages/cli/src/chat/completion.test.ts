import { expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { stream, type ChatPart } from './completion.ts'

function chunk(delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`
}

/** Answers as a gateway would; `fetch` is where the network begins. */
function gateway(body: string, init: ResponseInit = {}): typeof fetch {
  return () =>
    Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' }, ...init }),
    )
}

async function read(fetch: typeof globalThis.fetch): Promise<readonly ChatPart[]> {
  const parts: ChatPart[] = []
  const connection = { fetch, url: 'http://127.0.0.1:1', key: 'k' }
  const request = { model: 'toy', messages: [{ role: 'user', content: 'hi' }] as const }
  for await (const part of stream(connection, request, new AbortController().signal))
    parts.push(part)
  return parts
}

async function failureOf(fetch: typeof globalThis.fetch): Promise<Failure> {
  const error: unknown = await read(fetch).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw new Error('it answered')
}

test('text, the reason to stop and the usage arrive as parts', async () => {
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
  const body = `${chunk({ role: 'assistant' })}${chunk({ content: 'Hel' })}${chunk({ content: 'lo' }, 'stop')}${usage}data: [DONE]\n\n`
  expect(await read(gateway(body))).toEqual([
    { kind: 'text', text: 'Hel' },
    { kind: 'text', text: 'lo' },
    { kind: 'finish', reason: 'stop' },
    { kind: 'usage', usage: { input: 3, output: 2 } },
  ])
})

test('an answer that breaks off is a failure, never a short answer', async () => {
  const failure = await failureOf(gateway(chunk({ content: 'Hel' })))
  expect(failure.exitCode).toBe(3)
  expect(failure.message).toContain('broke off')
})

test('an error in the middle of the stream is told with its code', async () => {
  const error = 'data: {"error":{"message":"The replica died.","code":"server_error"}}\n\n'
  const failure = await failureOf(gateway(chunk({ content: 'Hel' }) + error))
  expect(failure.message).toBe('The replica died.')
  expect(failure.lines).toEqual(['(server_error)'])
})

test('a refusal gives its message, what to do, and the request id', async () => {
  const body = JSON.stringify({ error: { message: 'No such model.', code: 'model_not_found' } })
  const failure = await failureOf(
    gateway(body, { status: 404, headers: { 'x-request-id': 'req_1' } }),
  )
  expect(failure.message).toBe('No such model.')
  expect(failure.remedy).toContain('spillway model list')
  expect(failure.lines).toEqual(['(model_not_found, request req_1)'])
  expect(failure.exitCode).toBe(1)
})

test('a wrong key is a matter of the credential', async () => {
  const body = JSON.stringify({ error: { message: 'Wrong key.', code: 'invalid_api_key' } })
  expect((await failureOf(gateway(body, { status: 401 }))).exitCode).toBe(4)
})
