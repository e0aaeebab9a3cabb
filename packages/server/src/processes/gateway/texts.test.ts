/** Embeddings and the older completions with the official client, unmodified. */
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { addCustomer, addModel, addUpstream } from '../../../test/gateway/installation.ts'
import { startMessagesSimulator } from '../../../test/gateway/messages-simulator.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const client = (apiKey = stand.customer.key) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey, maxRetries: 0 })

beforeAll(async () => {
  const { url } = stand.simulator
  await addModel(db, { name: 'vectors', urls: [url], isEmbedding: true, contextTokens: 20 })
  const foreign = await startMessagesSimulator()
  const theirs = { provider: 'anthropic' as const, upstreamModel: 'theirs', url: foreign.url }
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2', isEmbedding: false }
  await addUpstream(db, { ...theirs, model: 'foreign', sell })
  await addUpstream(db, {
    ...theirs,
    model: 'foreign-vectors',
    sell: { ...sell, isEmbedding: true },
  })
  await untilTrue(async () =>
    (await client().models.list()).data.some(({ id }) => id === 'foreign-vectors'),
  )
  return () => foreign.close()
})

async function charged(organizationId: string, events: number) {
  return untilTrue(async () => {
    await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
    const all = await chargedOf(db, organizationId)
    return all.events >= events ? all : null
  })
}

let customers = 0
const newCustomer = () => addCustomer(db, { name: `Reader ${++customers}`, usd: '10' })

describe('embeddings', () => {
  test.each([
    { input: 'a text', count: 1 },
    { input: ['a text', 'another'], count: 2 },
    { input: [1, 2, 3], count: 1 },
    { input: [[1, 2], [3]], count: 2 },
  ])('are made of $input, and only what was read is charged', async ({ input, count }) => {
    const customer = await newCustomer()
    const answer = await client(customer.key).embeddings.create({ model: 'vectors', input })
    expect(answer.data.map(({ index }) => index)).toEqual([...Array(count).keys()])
    expect(answer.data.map(({ embedding }) => [...embedding])).toEqual(
      Array.from({ length: count }, (_, index) => [index, 0.5, -0.25]),
    )
    expect(answer).toMatchObject({
      object: 'list',
      model: 'vectors',
      usage: { prompt_tokens: 11 * count, total_tokens: 11 * count },
    })
    const want = { events: 1, input: 11 * count, output: 0 }
    expect(await charged(customer.organizationId, 1)).toEqual(want)
  })

  test.each(['float', 'base64'] as const)(
    'come in the encoding %s, also from a server that does not know it',
    async (encoding) => {
      for (const isDeafToEncoding of [false, true]) {
        const input = JSON.stringify({ isDeafToEncoding })
        const asked = { model: 'vectors', input, encoding_format: encoding }
        const { data } = (await client().embeddings.create(asked)) as {
          data: { embedding: unknown }[]
        }
        const want =
          encoding === 'float'
            ? [0, 0.5, -0.25]
            : Buffer.from(Float32Array.from([0, 0.5, -0.25]).buffer).toString('base64')
        expect(data[0]?.embedding).toEqual(want)
      }
    },
  )

  test('of a server that does not count are estimated, and say so in the usage', async () => {
    const customer = await newCustomer()
    const input = JSON.stringify({ usage: 'none' })
    const answer = await client(customer.key).embeddings.create({ model: 'vectors', input })
    expect(answer.usage.prompt_tokens).toBeGreaterThan(0)
    expect(await charged(customer.organizationId, 1)).toEqual({
      events: 1,
      input: answer.usage.prompt_tokens,
      output: 0,
    })
  })

  test('of many inputs are held for each of them, beyond one context', async () => {
    // given money for a context of 20 tokens at 1 USD a million, and no more
    const poor = await addCustomer(db, { name: 'Poor reader', usd: '0.00003' })
    // when ten inputs could have 20 tokens each
    const input = Array.from({ length: 10 }, () => 'many words '.repeat(4))
    // then
    const asking = client(poor.key).embeddings.create({ model: 'vectors', input })
    await expect(asking).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
    const answer = await client(poor.key).embeddings.create({ model: 'vectors', input: 'one' })
    expect(answer.data).toHaveLength(1)
  })

  test('are refused of a model that makes none, and nothing else is asked of one that does', async () => {
    await expect(client().embeddings.create({ model: MODEL, input: 'a' })).rejects.toMatchObject({
      status: 400,
      param: 'model',
      code: 'unsupported_model',
    })
    const messages = [{ role: 'user' as const, content: 'hello' }]
    for (const asking of [
      client().chat.completions.create({ model: 'vectors', messages }),
      client().responses.create({ model: 'vectors', input: 'hello' }),
      client().completions.create({ model: 'vectors', prompt: 'hello' }),
    ])
      await expect(asking).rejects.toThrow(/POST \/v1\/embeddings/)
    await expect(
      client().embeddings.create({ model: 'foreign-vectors', input: 'a' }),
    ).rejects.toMatchObject({ status: 400, code: 'unsupported_model' })
  })

  test.each([
    { more: { input: '' }, param: 'input' },
    { more: { input: [] }, param: 'input' },
    { more: { input: ['a', ''] }, param: 'input' },
    { more: { input: ['a', 1] }, param: 'input' },
    { more: { input: undefined }, param: 'input' },
    { more: { input: Array.from({ length: 2049 }, () => 'a') }, param: 'input' },
    { more: { dimensions: 0 }, param: 'dimensions' },
    { more: { encoding_format: 'int8' }, param: 'encoding_format' },
    { more: { stream: true }, param: 'stream' },
  ])('are asked for as they can be: $param', async ({ more, param }) => {
    const asked = { model: 'vectors', input: 'a', ...more }
    const asking = client().embeddings.create(asked as never)
    await expect(asking).rejects.toMatchObject({ status: 400, param })
  })

  test('say their dimensions to the server', async () => {
    await client().embeddings.create({ model: 'vectors', input: 'a', dimensions: 3 })
    expect(stand.simulator.state.lastBody).toMatchObject({ dimensions: 3 })
  })
})

describe('completions of a text', () => {
  const TEXT = 'word0 word1 word2 '

  test.each([
    { prompt: 'once', n: 1, count: 1 },
    { prompt: ['once', 'twice'], n: 2, count: 4 },
    { prompt: [1, 2], n: 1, count: 1 },
    { prompt: [[1], [2, 3]], n: 1, count: 2 },
  ])('are made of $prompt, $n each, and streamed and whole charged alike', async (asked) => {
    const customer = await newCustomer()
    const { count, ...given } = asked
    const body = { model: MODEL, max_tokens: 5, ...given }
    const whole = await client(customer.key).completions.create(body)
    expect(whole.choices.map(({ text }) => text)).toEqual(Array(count).fill(TEXT))
    expect(whole.object).toBe('text_completion')
    const stream = await client(customer.key).completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    })
    const texts = Array<string>(count).fill('')
    let usage: unknown = null
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage
      for (const { index, text } of chunk.choices) texts[index] += text
    }
    expect(texts).toEqual(Array(count).fill(TEXT))
    expect(usage).toEqual(whole.usage)
    const { prompt_tokens: input = 0, completion_tokens: output = 0 } = whole.usage ?? {}
    const want = { events: 2, input: 2 * input, output: 2 * output }
    expect(await charged(customer.organizationId, 2)).toEqual(want)
  })

  test('say echo, suffix and log-probabilities to the server', async () => {
    const more = { echo: true, suffix: ' end', logprobs: 2, best_of: 2 }
    const answer = await client().completions.create({ model: MODEL, prompt: 'once', ...more })
    expect(answer.choices[0]?.text).toBe(`echoed ${TEXT}`)
    expect(stand.simulator.state.lastBody).toMatchObject(more)
  })

  test('show no count that was not asked for', async () => {
    const body = { model: MODEL, prompt: 'once', stream: true } as const
    for await (const chunk of await client().completions.create(body))
      expect(chunk.usage ?? null).toBe(null)
  })

  test.each([
    { more: { prompt: undefined }, param: 'prompt' },
    { more: { prompt: [] }, param: 'prompt' },
    { more: { max_tokens: 0 }, param: 'max_tokens' },
    { more: { best_of: 2, stream: true }, param: 'best_of' },
    { more: { best_of: 2, n: 3 }, param: 'best_of' },
    { more: { logprobs: true }, param: 'logprobs' },
    { more: { stream_options: { include_usage: true } }, param: 'stream_options' },
    { more: { model: 'foreign' }, param: 'model' },
  ])('are asked for as they can be: $more', async ({ more, param }) => {
    const asking = client().completions.create({ model: MODEL, prompt: 'a', ...more } as never)
    await expect(asking).rejects.toMatchObject({ status: 400, param })
  })
})
