/** Everything that a chat can ask beyond words reaches its server, and its answer the client, streamed and whole. */
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderMoney } from '#kernel/money.ts'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { getBalance, postJournals } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const client = (apiKey = stand.customer.key) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey, maxRetries: 0 })
type Asked = OpenAI.ChatCompletionCreateParamsNonStreaming
const ask = (behaviour: Partial<Behaviour> = {}, more: Partial<Asked> = {}): Asked => ({
  model: MODEL,
  messages: [{ role: 'user', content: JSON.stringify(behaviour) }],
  ...more,
})
const TEXT = 'word0 word1 word2 word3 word4 '

test('log-probabilities', async () => {
  const asked = ask({ tokens: 2 }, { logprobs: true, top_logprobs: 1 })
  const whole = await client().chat.completions.create(asked)
  const tokens = whole.choices[0]?.logprobs?.content?.map(({ token }) => token)
  expect(tokens).toEqual(['word0 ', 'word1 '])
  const streamed: string[] = []
  for await (const { choices } of await client().chat.completions.create({
    ...asked,
    stream: true,
  }))
    for (const { token } of choices[0]?.logprobs?.content ?? []) streamed.push(token)
  expect(streamed).toEqual(tokens)
  expect(stand.simulator.state.lastBody).toMatchObject({ logprobs: true, top_logprobs: 1 })
})

test('images, whose tokens are held as a whole context', async () => {
  const content = [
    { type: 'text' as const, text: 'What is it?' },
    {
      type: 'image_url' as const,
      image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' as const },
    },
  ]
  const asked = { model: MODEL, messages: [{ role: 'user' as const, content }], max_tokens: 5 }
  await client().chat.completions.create(asked)
  expect(stand.simulator.state.lastBody).toMatchObject({ messages: [{ content }] })
  // given money for what the bytes would be, and not for a context of 1,000 tokens
  const poor = await addCustomer(stand.database.db, { name: 'Poor looker', usd: '0.0009' })
  await expect(client(poor.key).chat.completions.create(asked)).rejects.toMatchObject({
    code: 'insufficient_quota',
  })
})

test('a schema', async () => {
  const json_schema = {
    name: 'person',
    strict: true,
    schema: { type: 'object', properties: { name: { type: 'string' } } },
  }
  const completion = await client().chat.completions.parse(
    ask({ says: '{"name":"Ada"}' }, { response_format: { type: 'json_schema', json_schema } }),
  )
  expect(completion.choices[0]?.message.parsed).toEqual({ name: 'Ada' })
  expect(stand.simulator.state.lastBody).toMatchObject({ response_format: { json_schema } })
})

test('tools in parallel, run by the client\u2019s own loop', async () => {
  const ran: string[] = []
  const tool = (name: string) => ({
    type: 'function' as const,
    function: {
      name,
      description: name,
      parameters: { type: 'object', properties: { a: { type: 'number' } } },
      parse: JSON.parse,
      function: ({ a }: { a: number }) => {
        ran.push(`${name} ${a}`)
        return String(a)
      },
    },
  })
  const runner = client().chat.completions.runTools({
    model: MODEL,
    messages: ask({ tokens: 0, calls: ['add', 'take'] }).messages,
    tools: [tool('add'), tool('take')],
    parallel_tool_calls: true,
    stream: true,
  })
  expect(await runner.finalContent()).toBe(TEXT)
  expect(ran.toSorted()).toEqual(['add 1', 'take 1'])
})

describe('fields that say how to answer reach the server as they are', () => {
  test.each<Partial<Asked>>([
    { reasoning_effort: 'high' },
    { max_completion_tokens: 7 },
    { verbosity: 'low' },
    { parallel_tool_calls: false },
    { seed: 3, stop: ['x'], logit_bias: { '5': 1 } },
    { prompt_cache_key: 'mine', safety_identifier: 'user-1' },
  ])('%j', async (more) => {
    await client().chat.completions.create(ask({}, more))
    expect(stand.simulator.state.lastBody).toMatchObject(more)
  })
})

test('fields that are named like parts of a refusal are fields like any other', async () => {
  const more = { kind: 'refusal', status: 200, error: { message: 'x' }, headers: {} }
  const { choices } = await client().chat.completions.create(ask({}, more as never))
  expect(choices[0]?.message.content).toBe(TEXT)
  expect(stand.simulator.state.lastBody).toMatchObject(more)
})

test('either bound of the output bounds what is held', async () => {
  // given money for about a hundred tokens
  const poor = await addCustomer(stand.database.db, { name: 'Poor asker', usd: '0.0008' })
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const asking = (bound: number) =>
      client(poor.key).chat.completions.create(ask({}, { [name]: bound }))
    await expect(asking(900)).rejects.toMatchObject({ code: 'insufficient_quota' })
    expect((await asking(9)).choices[0]?.message.content).toBe(TEXT)
  }
})

test('a count is streamed when it is asked for, and at no other time', async () => {
  for (const include_usage of [true, false]) {
    const asked = { ...ask({ hasClasses: true }), stream: true as const }
    const stream = await client().chat.completions.create({
      ...asked,
      stream_options: { include_usage },
    })
    const counts = []
    for await (const { usage } of stream) if (usage) counts.push(usage)
    expect(counts).toHaveLength(include_usage ? 1 : 0)
    if (include_usage)
      expect(counts[0]).toMatchObject({
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 1 },
      })
  }
})

describe('service tiers', () => {
  const { db } = stand.database
  const FREE = 'spillway:requests_waiting 0\nspillway:places_free 9\n'

  beforeAll(async () => {
    stand.simulator.state.metrics = FREE
    await addModel(db, { name: 'tiered', urls: [stand.simulator.url], hasTiers: true })
    // Flex is there once it is known that its server has room.
    await untilTrue(() => client().chat.completions.create(tiered('flex')))
  })

  const tiered = (service_tier: Asked['service_tier'], model = 'tiered'): Asked =>
    ask({ tokens: 10 }, { service_tier: service_tier ?? null, model })

  async function costOf(asked: Asked): Promise<[string | null | undefined, string]> {
    const buyer = await addCustomer(db, { name: `Tier ${JSON.stringify(asked)}`, usd: '1' })
    const { service_tier } = await client(buyer.key).chat.completions.create(asked)
    const posted = await untilTrue(async () => {
      await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
      const text = renderMoney((await getBalance(db, buyer.organizationId)).posted)
      return text === '1' ? null : text
    })
    return [service_tier, posted]
  }

  test('are charged as they are served, told, and not passed on; one without a price is the default', async () => {
    // 11 tokens in and 10 out: at 1 and 2 USD a million, half of it, and twice as much.
    expect(await costOf(tiered('default'))).toEqual(['default', '0.999969'])
    expect(await costOf(tiered('auto'))).toEqual(['default', '0.999969'])
    expect(await costOf(tiered('flex'))).toEqual(['flex', '0.9999845'])
    expect(await costOf(tiered('priority'))).toEqual(['priority', '0.999938'])
    expect(await costOf(tiered('priority', MODEL))).toEqual(['default', '0.999969'])
    expect(stand.simulator.state.lastBody).not.toHaveProperty('service_tier')
  })

  test('are told in streams, responses and messages, and in a header', async () => {
    const tiers = new Set<unknown>()
    for await (const chunk of await client().chat.completions.create({
      ...tiered('priority'),
      ...{ stream: true, stream_options: { include_usage: true } },
    }))
      tiers.add(chunk.service_tier)
    expect([...tiers]).toEqual(['priority'])
    const wish = { model: 'tiered', input: 'hi', service_tier: 'priority' as const }
    const { data, response } = await client().responses.create(wish).withResponse()
    expect(data.service_tier).toBe('priority')
    expect(response.headers.get('x-spillway-service-tier')).toBe('priority')
    const message = await fetch(`${stand.gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': stand.customer.key, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        ...{ model: 'tiered', max_tokens: 5, service_tier: 'standard_only' },
        messages: [{ role: 'user', content: 'hi' }],
      }),
    })
    expect(await message.json()).toMatchObject({ usage: { service_tier: 'standard' } })
  })

  test('that are unknown are refused by name', async () => {
    const asked = tiered('cheapest' as 'flex')
    await expect(client().chat.completions.create(asked)).rejects.toMatchObject({
      ...{ status: 400, param: 'service_tier', code: 'invalid_value' },
    })
  })

  test('flex gives way while somebody waits, and nothing is charged', async () => {
    stand.simulator.state.metrics = 'spillway:requests_waiting 3\n'
    const refused = await untilTrue(async () => {
      try {
        await client().chat.completions.create(tiered('flex'))
        return null
      } catch (error) {
        return error
      }
    })
    expect(refused).toMatchObject({ status: 429, code: 'resource_unavailable' })
    expect((await client().chat.completions.create(tiered('default'))).service_tier).toBe('default')
  })
})
