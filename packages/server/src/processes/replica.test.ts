/**
 * The replica as a process of its own, with real llama.cpp and the toy, spoken to over HTTP: by hand, and by the
 * official client. A second toy, which hardly ever ends, shows what happens to long answers.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ensureToyModel } from '#platform/models/toy/index.ts'

const PROGRAM = new URL('replica.ts', import.meta.url).pathname
const TEXTS_FOLDER = new URL('../../../../examples/texts', import.meta.url).pathname
const DEADLINE_MS = 20_000

interface Replica {
  readonly child: ChildProcess
  readonly url: string
  readonly errors: () => string
}

let folder = ''
let toyPath = ''
let endlessPath = ''
const children: ChildProcess[] = []

const Ready = z.object({ ready: z.literal(true), port: z.number() })
const Health = z.object({
  state: z.string(),
  busy: z.number(),
  waiting: z.number(),
  tally: z.object({ answers: z.number(), completionTokens: z.number() }),
})
const Failure = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    code: z.string().nullable(),
    param: z.string().nullable(),
  }),
})

function launch(...args: readonly string[]): {
  readonly child: ChildProcess
  readonly errors: () => string
} {
  const child = spawn(process.execPath, [PROGRAM, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr?.on('data', (part) => (errors += String(part)))
  return { child, errors: () => errors }
}

async function start(...args: readonly string[]): Promise<Replica> {
  const { child, errors } = launch(...args)
  if (!child.stdout) throw new Error('there is no stdout')
  for await (const line of createInterface({ input: child.stdout })) {
    const { port } = Ready.parse(JSON.parse(line))
    return { child, errors, url: `http://127.0.0.1:${port}` }
  }
  throw new Error(`the replica ended: ${errors()}`)
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function health({ url }: Replica) {
  return Health.parse(await (await fetch(`${url}/health`)).json())
}

function post(replica: Replica, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${replica.url}/v1/chat/completions`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })
}

async function count(replica: Replica, body: object): Promise<number> {
  const response = await fetch(`${replica.url}/tokenize`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return z.object({ tokens: z.number() }).parse(await response.json()).tokens
}

const question = (content: string) => [{ role: 'user' as const, content }]

/** A model whose one paragraph is so long that its end almost never comes. */
async function makeEndlessModel(): Promise<string> {
  const textsFolder = await mkdtemp(join(folder, 'texts-'))
  const sentences = 'The wave follows the wave. '.repeat(20_000)
  await writeFile(join(textsFolder, 'waves.md'), sentences)
  return (await ensureToyModel({ textsFolder, modelsFolder: folder })).path
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-replica-'))
  toyPath = (await ensureToyModel({ textsFolder: TEXTS_FOLDER, modelsFolder: folder })).path
  endlessPath = await makeEndlessModel()
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

describe('a replica with the toy', () => {
  let replica: Replica
  let client: OpenAI
  let portFile = ''
  beforeAll(async () => {
    portFile = join(folder, 'port')
    replica = await start('--weights', toyPath, '--model', 'toy', '--port-file', portFile)
    client = new OpenAI({ baseURL: `${replica.url}/v1`, apiKey: 'none', maxRetries: 0 })
  })

  test('is ready, says so, and wrote its port to a file', async () => {
    expect(await health(replica)).toMatchObject({ state: 'ready', busy: 0, waiting: 0 })
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
    const wantPrompt = await count(replica, { messages })
    const wantCompletion = await count(replica, { prompt: text })
    expect(completion.usage).toEqual({
      prompt_tokens: wantPrompt,
      completion_tokens: wantCompletion,
      total_tokens: wantPrompt + wantCompletion,
    })
  })

  test('streams the same answer to the official client, token by token, and the usage at the end', async () => {
    const request = { model: 'toy', messages: question('Tell me about the sea.'), seed: 7 }
    const whole = await client.chat.completions.create(request)

    const chunks = []
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) chunks.push(chunk)

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
    const stream_options = { continuous_usage_stats: true }
    const response = await post(replica, {
      model: 'toy',
      messages: question('Hello'),
      stream: true,
      max_tokens: 3,
      stream_options,
    })
    const body = await response.text()
    expect([...body.matchAll(/"completion_tokens":(\d)/g)].map((match) => match[1])).toEqual([
      '1',
      '1',
      '2',
      '3',
      '3',
    ])
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('gives the same answer for the same seed, and others for others', async () => {
    const ask = async (seed: number) => {
      const completion = await client.chat.completions.create({
        model: 'toy',
        messages: question('the night'),
        seed,
      })
      return completion.choices[0]?.message.content
    }
    expect(await ask(3)).toBe(await ask(3))
    expect(new Set([await ask(1), await ask(2), await ask(3), await ask(4)]).size).toBeGreaterThan(
      1,
    )
  })

  test('ends by itself even when it decodes greedily', async () => {
    for (const content of ['Hello', 'the sea', 'What is a lease?', 'Kubernetes', ''])
      expect(
        (
          await client.chat.completions.create({
            model: 'toy',
            messages: question(content),
            temperature: 0,
          })
        ).choices[0],
      ).toMatchObject({ finish_reason: 'stop' })
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
    const completion = await client.chat.completions.create({
      model: 'toy',
      messages: question('the sea'),
      stop: ['.'],
    })
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
    ['another model', { model: 'gpt', messages: question('Hello') }, 404, 'model_not_found', null],
    [
      'too long a prompt',
      { model: 'toy', messages: question('sea '.repeat(5000)) },
      400,
      'context_length_exceeded',
      'messages',
    ],
  ])('refuses %s as OpenAI does', async (_, body, wantStatus, wantCode, wantParam) => {
    const response = await post(replica, body)
    expect(response.status).toBe(wantStatus)
    expect(Failure.parse(await response.json()).error).toMatchObject({
      type: 'invalid_request_error',
      code: wantCode,
      param: wantParam,
    })
  })

  test('refuses other addresses', async () => {
    const response = await fetch(`${replica.url}/v1/embeddings`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
  })
})

describe('a replica with long answers', () => {
  test('generates several at a time and stops when their clients go away', async () => {
    // given two clients that read the beginning of an answer
    const replica = await start('--weights', endlessPath, '--model', 'endless', '--parallel', '2')
    const body = { model: 'endless', messages: question('wave'), stream: true }
    const clients = [new AbortController(), new AbortController()]
    const answers = await Promise.all(clients.map(({ signal }) => post(replica, body, signal)))
    await Promise.all(answers.map(async (answer) => answer.body?.getReader().read()))
    await until(async () => (await health(replica)).busy === 2)

    // when they go away
    for (const client of clients) client.abort()

    // then both places are free long before the context was full
    await until(async () => (await health(replica)).busy === 0)
    const { tally } = await health(replica)
    expect(tally.answers).toBe(2)
    expect(tally.completionTokens).toBeLessThan(4096)
    replica.child.kill('SIGKILL')
  })

  test('lets few wait and sends the others away', async () => {
    const flags = ['--parallel', '1', '--waiting', '1']
    const replica = await start('--weights', endlessPath, '--model', 'endless', ...flags)
    const body = { model: 'endless', messages: question('wave'), stream: true }
    const clients = [new AbortController(), new AbortController()]
    const [first, second] = clients.map(({ signal }) => post(replica, body, signal))
    await first
    await until(async () => (await health(replica)).waiting === 1)

    const third = await post(replica, body)

    expect(third.status).toBe(429)
    expect(Failure.parse(await third.json()).error.type).toBe('rate_limit_error')
    for (const client of clients) client.abort()
    await expect(second).rejects.toThrow()
    await until(async () => (await health(replica)).busy === 0)
    replica.child.kill('SIGKILL')
  })

  test('ends an answer when the context is full', async () => {
    const replica = await start('--weights', endlessPath, '--model', 'endless', '--context', '128')
    const client = new OpenAI({ baseURL: `${replica.url}/v1`, apiKey: 'none', maxRetries: 0 })
    const completion = await client.chat.completions.create({
      model: 'endless',
      messages: question('wave '.repeat(50)),
      max_tokens: 10_000,
    })
    expect(completion.choices[0]?.finish_reason).toBe('length')
    expect(completion.usage?.total_tokens).toBe(128)
    replica.child.kill('SIGKILL')
  })
})

describe('the end of a replica', () => {
  test('waits for answers that are under way', async () => {
    const replica = await start('--weights', toyPath, '--model', 'toy')
    const response = await post(replica, { model: 'toy', messages: question('sea'), stream: true })

    replica.child.kill('SIGTERM')

    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/)
    expect(await once(replica.child, 'exit')).toEqual([0, null])
    await expect(fetch(`${replica.url}/health`)).rejects.toThrow()
  })

  test('comes after the grace, with an error in the stream', async () => {
    const flags = ['--grace-ms', '50']
    const replica = await start('--weights', endlessPath, '--model', 'endless', ...flags)
    const response = await post(replica, {
      model: 'endless',
      messages: question('wave'),
      stream: true,
    })

    replica.child.kill('SIGTERM')

    const text = await response.text()
    expect(text).toMatch(/"error":{"message":"The replica is stopping\./)
    expect(text).not.toMatch(/\[DONE\]/)
    expect(await once(replica.child, 'exit')).toEqual([0, null])
  })

  test('comes at once, in words, when the weights are broken', async () => {
    const brokenPath = join(folder, 'broken.gguf')
    await writeFile(brokenPath, (await readFile(toyPath)).subarray(0, 100_000))
    const { child, errors } = launch('--weights', brokenPath, '--model', 'toy')
    expect(await once(child, 'exit')).toEqual([3, null])
    expect(errors()).toMatch(/broken\.gguf: The file is cut off/)
  })

  test('comes at once when the command line is wrong', async () => {
    const { child, errors } = launch('--model', 'toy')
    expect(await once(child, 'exit')).toEqual([2, null])
    expect(errors()).toMatch(/--weights is missing.\nusage: /)
  })
})
