/** The replica as a process of its own, with real llama.cpp, spoken to over HTTP and by the official client. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ensureToyModel } from '#platform/models/toy/index.ts'
import { renderByteModel } from './replica/byte-model.ts'
import {
  type ReplicaProcess,
  healthOf,
  killReplicas,
  postTo,
  startReplica,
} from './replica/replica-process.ts'

const TEXTS_FOLDER = new URL('../../../../examples/texts', import.meta.url).pathname
const PATIENT = { timeout: 60_000 }
const CHAT = '/v1/chat/completions'

const Failure = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    code: z.string().nullable(),
    param: z.string().nullable(),
  }),
})

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-replica-'))
})
afterAll(async () => {
  killReplicas()
  await rm(folder, { recursive: true })
})

const question = (content: string) => [{ role: 'user' as const, content }]

function clientOf({ url }: ReplicaProcess): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

async function chunksOf(client: OpenAI, request: OpenAI.ChatCompletionCreateParamsNonStreaming) {
  const stream_options = { include_usage: true }
  const chunks = []
  for await (const chunk of await client.chat.completions.create({
    ...request,
    stream: true,
    stream_options,
  }))
    chunks.push(chunk)
  return chunks
}

async function countTokens(replica: ReplicaProcess, body: object): Promise<number> {
  const response = await postTo(replica, '/tokenize', { body })
  return z.object({ tokens: z.number() }).parse(await response.json()).tokens
}

describe('a replica with the toy', PATIENT, () => {
  let replica: ReplicaProcess
  let client: OpenAI
  let portFile = ''
  beforeAll(async () => {
    const toy = await ensureToyModel({ textsFolder: TEXTS_FOLDER, modelsFolder: folder })
    portFile = join(folder, 'port')
    replica = await startReplica('--weights', toy.path, '--model', 'toy', '--port-file', portFile)
    client = clientOf(replica)
  }, 60_000)

  test('is ready, says so, and wrote its port to a file', async () => {
    expect(await healthOf(replica)).toMatchObject({ state: 'ready', busy: 0, waiting: 0 })
    expect(`http://127.0.0.1:${(await readFile(portFile, 'utf8')).trim()}`).toBe(replica.url)
  })

  test('lists its model to the official client', async () => {
    const models = await client.models.list()
    expect(models.data).toMatchObject([{ id: 'toy', object: 'model', owned_by: 'spillway' }])
  })

  test('answers the official client in whole, with exact token counts', async () => {
    const messages = question('Tell me about the sea.')

    const completion = await client.chat.completions.create({ model: 'toy', messages, seed: 7 })

    const [choice] = completion.choices
    const text = choice?.message.content ?? ''
    expect(text).toMatch(/^[A-Z][a-z]+ [A-Za-z ,.]+\.$/)
    expect(choice?.finish_reason).toBe('stop')
    // Every word and mark is a token, so what was generated can be counted again.
    const wantPrompt = await countTokens(replica, { messages })
    const wantCompletion = await countTokens(replica, { prompt: text })
    expect(completion.usage).toEqual({
      prompt_tokens: wantPrompt,
      completion_tokens: wantCompletion,
      total_tokens: wantPrompt + wantCompletion,
    })
  })

  test('streams the same answer to the official client, token by token, and the usage at the end', async () => {
    const request = { model: 'toy', messages: question('Tell me about the sea.'), seed: 7 }
    const whole = await client.chat.completions.create(request)

    const chunks = await chunksOf(client, request)

    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text).toBe(whole.choices[0]?.message.content)
    const pieces = chunks.filter((chunk) => chunk.choices[0]?.delta.content)
    expect(pieces).toHaveLength(whole.usage?.completion_tokens ?? 0)
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
  })

  test('counts in every chunk when asked to', async () => {
    const response = await postTo(replica, CHAT, {
      body: {
        model: 'toy',
        messages: question('Hello'),
        stream: true,
        stream_options: { continuous_usage_stats: true },
        max_tokens: 3,
      },
    })
    const body = await response.text()
    const counts = [...body.matchAll(/"completion_tokens":(\d)/g)].map((match) => match[1])
    expect(counts).toEqual(['1', '1', '2', '3', '3'])
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('gives the same answer for the same seed, and others for others', async () => {
    const ask = async (seed: number) => {
      const messages = question('the night')
      const { choices } = await client.chat.completions.create({ model: 'toy', messages, seed })
      return choices[0]?.message.content
    }
    expect(await ask(3)).toBe(await ask(3))
    const others = new Set([await ask(1), await ask(2), await ask(3), await ask(4)])
    expect(others.size).toBeGreaterThan(1)
  })

  test('ends by itself even when it decodes greedily', async () => {
    for (const content of ['Hello', 'the sea', 'What is a lease?', 'Kubernetes', '']) {
      const request = { model: 'toy', messages: question(content), temperature: 0 }
      const { choices } = await client.chat.completions.create(request)
      expect(choices[0]).toMatchObject({ finish_reason: 'stop' })
    }
  })

  test('stops at the limit and says so', async () => {
    const completion = await client.chat.completions.create({
      model: 'toy',
      messages: question('the sea'),
      max_completion_tokens: 4,
    })
    expect(completion.choices[0]?.finish_reason).toBe('length')
    expect(completion.usage?.completion_tokens).toBe(4)
  })

  test('stops before a stop string', async () => {
    const request = { model: 'toy', messages: question('the sea'), stop: ['.'] }
    const completion = await client.chat.completions.create(request)
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringMatching(/^[^.]+$/) },
    })
  })

  test('takes words, letters and marks that it does not know, and any number of turns', async () => {
    const completion = await client.chat.completions.create({
      model: 'toy',
      messages: [
        { role: 'system', content: 'You are <|im_start|> [END] 東京 🙂\u0000' },
        ...question('¿Qué?'),
        { role: 'assistant', content: 'The sea is calm.' },
        ...question('Again!'),
      ],
    })
    expect(completion.choices[0]?.message.content).toMatch(/^[A-Z]/)
  })

  test.each([
    ['JSON that is none', '{', 400, null, null],
    ['no messages', { model: 'toy', messages: [] }, 400, null, 'messages'],
    ['another model', { model: 'gpt', messages: question('a') }, 404, 'model_not_found', null],
    [
      'too long a prompt',
      { model: 'toy', messages: question('sea '.repeat(5000)) },
      400,
      'context_length_exceeded',
      'messages',
    ],
  ])('refuses %s as OpenAI does', async (_, body, wantStatus, wantCode, wantParam) => {
    const response = await postTo(replica, CHAT, { body })
    expect(response.status).toBe(wantStatus)
    expect(Failure.parse(await response.json()).error).toMatchObject({
      type: 'invalid_request_error',
      code: wantCode,
      param: wantParam,
    })
  })

  test('refuses other addresses', async () => {
    const response = await postTo(replica, '/v1/audio/speech', { body: {} })
    expect(response.status).toBe(404)
  })
})

describe('a replica with a model of bytes and marked turns', PATIENT, () => {
  test('puts characters together, ends at the mark, and takes marks in messages for plain text', async () => {
    // given an answer whose characters take one to four tokens each
    const path = join(folder, 'bytes.gguf')
    await writeFile(path, renderByteModel('a🙂é東£'))
    const replica = await startReplica('--weights', path, '--model', 'bytes')
    const messages = question('x<|im_end|>')

    // when it is streamed
    const chunks = await chunksOf(clientOf(replica), { model: 'bytes', messages, temperature: 0 })

    // then every piece is a whole character, and every byte a token
    const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)
    expect(pieces).toEqual(['a', '🙂', 'é', '東', '£'])
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    const marks = 3
    const text = 'user\nx<|im_end|>\nassistant\n'
    expect(chunks.at(-1)?.usage).toMatchObject({
      prompt_tokens: marks + text.length,
      completion_tokens: 12,
    })
  })
})
