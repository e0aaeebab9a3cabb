import { beforeAll, describe, expect, test } from 'vitest'
import { addModel } from '../../../test/gateway/installation.ts'
import { ask, makeStand, MODEL, readEvents, told, untilTrue } from '../../../test/gateway/stand.ts'
import { startUpstreamSimulator, type Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const send = (behaviour: Partial<Behaviour>, more: object = {}) =>
  ask({ url: stand.gateway.url, key: stand.customer.key, body: told(behaviour, more) })

describe('T11: before anything reached the client', () => {
  test.each([
    {
      name: 'a failure of the server',
      behaviour: { status: 500, error: { message: 'secret stack' } },
      stream: true,
      want: 502,
    },
    {
      name: 'a failure of the server, not streamed',
      behaviour: { status: 500, error: { message: 'x' } },
      stream: false,
      want: 502,
    },
    {
      name: 'the server\u2019s own wrong key',
      behaviour: { status: 401, error: { message: 'bad key' } },
      stream: true,
      want: 502,
    },
    {
      name: 'a busy server',
      behaviour: { status: 429, error: { message: 'slow down' } },
      stream: false,
      want: 503,
    },
    {
      name: 'a connection cut before the first chunk',
      behaviour: { cutAfter: 0 },
      stream: true,
      want: 502,
    },
    { name: 'an error as first event', behaviour: { failAfter: 0 }, stream: true, want: 502 },
    {
      name: 'an answer that is no completion',
      behaviour: { garbage: '<html>' },
      stream: false,
      want: 502,
    },
  ])('$name is a real status, not a stream', async ({ behaviour, stream, want }) => {
    const response = await send(behaviour, { stream })
    expect(response.status).toBe(want)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error' } })
    expect(text).not.toMatch(/secret|bad key/)
  })

  test.each([true, false])(
    'a connection that was lost without an answer is tried again (stream: %s)',
    async (stream) => {
      const response = await send({ dropOnce: `word-${stream}` }, { stream })
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('word4')
    },
  )

  test('what the server says about the request reaches the client', async () => {
    const error = {
      message: 'top_k must be positive',
      param: 'top_k',
      code: 'bad_top_k',
      type: 'x',
    }
    const response = await send({ status: 422, error })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: { ...error, type: 'invalid_request_error' } })
  })
})

describe('T11: within a stream', () => {
  test.each([
    { name: 'an error', behaviour: { tokens: 9, failAfter: 4 } },
    { name: 'a cut connection', behaviour: { tokens: 9, cutAfter: 4 } },
    { name: 'an end without finish', behaviour: { tokens: 9, stopAfter: 4 } },
    { name: 'garbage', behaviour: { tokens: 9, garbage: 'data: {{{\n\n' } },
  ])('$name is told in the stream, and no success follows', async ({ behaviour }) => {
    // A pause before each chunk, so that chunks do not share the fate of the cut.
    const events = await readEvents(await send({ ...behaviour, delayMs: 5 }, { stream: true }))
    expect(events.length).toBeGreaterThan(4)
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { code: 'upstream_error' } })
    expect(events).not.toContain('[DONE]')
  })

  test('a server that forgets the [DONE] has finished', async () => {
    const events = await readEvents(await send({ hasDone: false }, { stream: true }))
    expect(events.at(-1)).toBe('[DONE]')
  })
})

test('when the client leaves, the server is told at once', async () => {
  const before = stand.simulator.state.aborted
  const leaving = new AbortController()
  const body = told({ tokens: 1000, delayMs: 10 }, { stream: true })
  const response = await ask({
    url: stand.gateway.url,
    key: stand.customer.key,
    body,
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  await untilTrue(() => stand.simulator.state.aborted === before + 1)
})

test('when the client leaves before an answer in one piece, the server is told', async () => {
  const before = stand.simulator.state.aborted
  const requests = stand.simulator.state.requests
  const leaving = new AbortController()
  const body = told({ delayMs: 5000 })
  const asking = ask({
    url: stand.gateway.url,
    key: stand.customer.key,
    body,
    signal: leaving.signal,
  }).catch(() => 'left')
  await untilTrue(() => stand.simulator.state.requests > requests)
  leaving.abort()
  expect(await asking).toBe('left')
  await untilTrue(() => stand.simulator.state.aborted === before + 1)
})

describe('with several servers behind a model', () => {
  const dead = 'http://127.0.0.1:9/v1'
  beforeAll(async () => {
    const other = await startUpstreamSimulator()
    await addModel(stand.database.db, { name: 'pair', urls: [dead, other.url] })
    return () => other.close()
  })

  test('one that is gone is passed over, streamed or not', async () => {
    await untilTrue(async () => (await fetchModels()).includes('pair'))
    for (let round = 0; round < 4; round++) {
      const whole = await send({}, { model: 'pair' })
      expect(whole.status).toBe(200)
      await whole.text()
      const events = await readEvents(await send({}, { model: 'pair', stream: true }))
      expect(events.at(-1)).toBe('[DONE]')
    }
  })

  async function fetchModels(): Promise<string[]> {
    const response = await fetch(`${stand.gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${stand.customer.key}` },
    })
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
  }
})

test('an upstream is called by its own name of the model, and that name is not shown', async () => {
  await addModel(stand.database.db, {
    name: 'public',
    urls: [stand.simulator.url],
    kind: 'upstream',
    upstreamModel: 'theirs:7b',
  })
  const response = await untilTrue(async () => {
    const found = await send({}, { model: 'public' })
    return found.status === 200 ? found : null
  })
  expect(await response.json()).toMatchObject({ model: 'public' })
  expect(stand.simulator.state.lastBody).toMatchObject({ model: 'theirs:7b' })
  const events = await readEvents(await send({}, { model: 'public', stream: true }))
  expect(JSON.parse(events[0] ?? '')).toMatchObject({ model: 'public' })
  expect(stand.simulator.state.lastBody).toMatchObject({ stream_options: { include_usage: true } })
  expect(stand.simulator.state.lastBody).not.toHaveProperty('stream_options.continuous_usage_stats')
})

test(`after all that, ${MODEL} still answers`, async () => {
  expect((await send({})).status).toBe(200)
})
