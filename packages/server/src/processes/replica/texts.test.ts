/** Embeddings, plain completions and answers that fit a schema, of real llama.cpp by the official client. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ensureToyModel } from '#platform/models/toy/index.ts'
import { renderByteModel } from './byte-model.ts'
import { killReplicas, type ReplicaProcess, startReplica } from './replica-process.ts'

const TEXTS_FOLDER = new URL('../../../../../examples/texts', import.meta.url).pathname
const PATIENT = { timeout: 60_000 }

let folder = ''
const replicas = { toy: null as ReplicaProcess | null, bytes: null as ReplicaProcess | null }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-texts-'))
  const { path } = await ensureToyModel({ textsFolder: TEXTS_FOLDER, modelsFolder: folder })
  const bytes = join(folder, 'bytes.gguf')
  await writeFile(bytes, renderByteModel('Hi there'.slice(0, 2)))
  replicas.toy = await startReplica('--weights', path, '--model', 'toy', '--embeddings')
  replicas.bytes = await startReplica('--weights', bytes, '--model', 'bytes')
}, 60_000)
afterAll(async () => {
  killReplicas()
  await rm(folder, { recursive: true })
})

function clientOf(name: keyof typeof replicas): OpenAI {
  const url = replicas[name]?.url ?? ''
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, each, index) => sum + each * (b[index] ?? 0), 0)

describe('embeddings', PATIENT, () => {
  const embed = async (input: string | string[] | number[], more = {}) =>
    clientOf('toy').embeddings.create({ model: 'toy', input, ...more })

  test('have length one, are the same for the same text, and nearer for texts that share words', async () => {
    const { data, usage } = await embed([
      'The pool sells its time',
      'The pool sells its time',
      'The pool keeps its time',
      'Nobody',
    ])
    const vectors = data.map(({ embedding }) => [...embedding])
    const [first = [], same = [], near = [], far = []] = vectors
    expect(dot(first, first)).toBeCloseTo(1, 4)
    expect(dot(first, same)).toBeCloseTo(1, 4)
    expect(dot(first, near)).toBeGreaterThan(dot(first, far))
    expect(usage.prompt_tokens).toBeGreaterThan(10)
    expect(usage.total_tokens).toBe(usage.prompt_tokens)
  })

  test('are the same in base64 and in floats', async () => {
    const text = await embed('The pool')
    const floats = await embed('The pool', { encoding_format: 'float' })
    expect([...(text.data[0]?.embedding ?? [])]).toEqual([
      ...Float32Array.from(floats.data[0]?.embedding ?? []),
    ])
  })

  test('are made of tokens', async () => {
    const { data, usage } = await embed([5, 6, 7])
    expect(data).toHaveLength(1)
    expect(usage.prompt_tokens).toBeGreaterThanOrEqual(3)
  })

  test.each([
    { name: 'a token that the model has not', input: [4_000_000], param: 'input' },
    { name: 'other dimensions', input: 'a', more: { dimensions: 7 }, param: 'dimensions' },
    { name: 'more than the context', input: 'the '.repeat(5000), param: 'input' },
  ])('are refused for $name', async ({ input, more, param }) => {
    await expect(embed(input, more)).rejects.toMatchObject({ status: 400, param })
  })

  test('are all that such a replica makes, and no other makes them', async () => {
    const messages = [{ role: 'user' as const, content: 'hello' }]
    await expect(
      clientOf('toy').chat.completions.create({ model: 'toy', messages }),
    ).rejects.toMatchObject({ status: 400 })
    await expect(
      clientOf('toy').completions.create({ model: 'toy', prompt: 'hello' }),
    ).rejects.toMatchObject({ status: 400 })
    await expect(
      clientOf('bytes').embeddings.create({ model: 'bytes', input: 'hello' }),
    ).rejects.toMatchObject({ status: 400 })
  })
})

describe('completions of a text', PATIENT, () => {
  const body = { model: 'bytes', temperature: 0, max_tokens: 5 }

  test('continue the prompt as it is, streamed and whole', async () => {
    const whole = await clientOf('bytes').completions.create({ ...body, prompt: 'say\nH' })
    expect(whole).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'i', finish_reason: 'stop' }],
      usage: { prompt_tokens: 5 },
    })
    let [text, usage] = ['', null as unknown]
    const stream_options = { include_usage: true }
    const asked = { ...body, prompt: 'say\nH', stream: true as const, stream_options }
    for await (const chunk of await clientOf('bytes').completions.create(asked)) {
      text += chunk.choices[0]?.text ?? ''
      usage = chunk.usage ?? usage
    }
    expect([text, usage]).toEqual(['i', whole.usage])
  })

  test('are made of several prompts, of tokens, and echoed', async () => {
    const prompts = await clientOf('bytes').completions.create({
      ...body,
      prompt: ['\n', 'H'],
      echo: true,
    })
    expect(prompts.choices.map(({ text }) => text)).toEqual(['\nHi', 'Hi'])
    const tokens = await clientOf('bytes').completions.create({ ...body, prompt: [72] })
    expect(tokens.choices[0]?.text).toBe('i')
    const none = await clientOf('bytes').completions.create({
      ...body,
      prompt: 'H',
      echo: true,
      max_tokens: 0,
    })
    expect(none).toMatchObject({
      choices: [{ text: 'H', finish_reason: 'length' }],
      usage: { completion_tokens: 0 },
    })
  })

  test.each([
    { more: { prompt: [4_000_000] }, param: 'prompt' },
    { more: { prompt: '' }, param: 'prompt' },
    { more: { prompt: 'a'.repeat(600) }, param: 'messages' },
    { more: { logprobs: 2 }, param: 'logprobs' },
    { more: { suffix: 'x' }, param: 'suffix' },
    { more: { best_of: 2 }, param: 'best_of' },
  ])('are refused: $param', async ({ more, param }) => {
    const asking = clientOf('bytes').completions.create({ ...body, prompt: 'a', ...more })
    await expect(asking).rejects.toMatchObject({ status: 400, param })
  })
})

describe('an answer that has to fit', PATIENT, () => {
  const ask = (response_format: object, more: object = {}) =>
    clientOf('bytes').chat.completions.create({
      model: 'bytes',
      messages: [{ role: 'user', content: 'say' }],
      max_tokens: 200,
      response_format: response_format as { type: 'json_object' },
      ...more,
    })
  const schema = {
    type: 'object',
    properties: {
      size: { enum: ['small', 'large'] },
      isNew: { type: 'boolean' },
      parts: { type: 'array', items: { type: 'string', maxLength: 3 }, minItems: 2, maxItems: 2 },
    },
    required: ['size', 'isNew', 'parts'],
    additionalProperties: false,
  }
  const format = { type: 'json_schema', json_schema: { name: 'thing', schema } }

  test.each([0, 1, 2])(
    'is JSON of that schema, whatever the model would say, seed %i',
    async (seed) => {
      const { choices, usage } = await ask(format, { seed })
      const answer = z
        .strictObject({
          size: z.enum(['small', 'large']),
          isNew: z.boolean(),
          parts: z.array(z.string().max(3)).length(2),
        })
        .parse(await new Response(choices[0]?.message.content).json())
      expect(answer.parts).toHaveLength(2)
      expect(choices[0]?.finish_reason).toBe('stop')
      expect(usage?.completion_tokens).toBeGreaterThan(10)
    },
  )

  test.each([
    { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'string', pattern: 'a' } } },
    { type: 'json_schema', json_schema: { name: 'a', schema: { $ref: '#/$defs/none' } } },
    { type: 'grammar' },
  ])('is refused for what cannot be held: %j', async (wrong) => {
    await expect(ask(wrong)).rejects.toMatchObject({
      status: 400,
      param: expect.stringMatching(/^response_format/),
    })
  })

  test('is refused by a model that cannot spell it, which lives on', async () => {
    const { path } = await ensureToyModel({ textsFolder: TEXTS_FOLDER, modelsFolder: folder })
    const words = await startReplica('--weights', path, '--model', 'words')
    const client = new OpenAI({ baseURL: `${words.url}/v1`, apiKey: 'none', maxRetries: 0 })
    const asked = { model: 'words', messages: [{ role: 'user' as const, content: 'A pool' }] }
    const held = { ...asked, response_format: { type: 'json_object' as const } }
    await expect(client.chat.completions.create(held)).rejects.toMatchObject({ status: 400 })
    const answer = await client.chat.completions.create({ ...asked, max_tokens: 3 })
    expect(answer.choices).toHaveLength(1)
  })
})
