/** Anthropic's official client in front of a real model, and upstreams from their declaration to their end. */
import Anthropic from '@anthropic-ai/sdk'
import { type Client, createClient, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MessagesSimulator, startMessagesSimulator } from './gateway/messages-simulator.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

let installation: TestInstallation
let server: MessagesSimulator
let buyer: Client
let operator: Client

beforeAll(async () => {
  server = await startMessagesSimulator()
  installation = await startInstallation({ databaseUrl })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  await untilTrue(async () => (await buyer.getModel({ params: { id: 'toy' } })).state === 'ready', {
    timeoutMs: 60_000,
  })
}, 120_000)

afterAll(async () => {
  await installation.stop()
  await server.close()
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof ProblemError ? error.problem.code : `no problem: ${String(error)}`
}

const anthropic = () =>
  new Anthropic({ baseURL: installation.url, apiKey: installation.demoApiKey, maxRetries: 0 })
const messages = [{ role: 'user' as const, content: 'What is a lease?' }]

test('a real model answers the client whole and streamed, counts, and is paid for exactly that', async () => {
  const before = await usedOf('tokens.toy.output')
  const { usage, content } = await anthropic().messages.create({
    ...{ model: 'toy', max_tokens: 20, messages },
  })
  expect(content).toMatchObject([{ type: 'text' }])
  const stream = anthropic().messages.stream({ model: 'toy', max_tokens: 20, messages })
  const streamed = await stream.finalMessage()
  const want = usage.output_tokens + streamed.usage.output_tokens
  expect(streamed.usage.input_tokens).toBe(usage.input_tokens)
  await untilTrue(async () => (await usedOf('tokens.toy.output')) === before + want)
  const counting = anthropic().messages.countTokens({ model: 'toy', messages })
  const { data, response } = await counting.withResponse()
  expect(response.headers.get('x-spillway-count')).toBe('counted')
  expect(data.input_tokens).toBe(usage.input_tokens)
})

async function usedOf(sku: string): Promise<number> {
  const { rows } = await buyer.getUsage()
  return Number(rows.find((row) => row.sku === sku)?.quantity ?? 0)
}

describe('an upstream', () => {
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2', cachedInputUsd: '0.1' }
  const upstream = () => ({
    ...{ model: 'elsewhere', provider: 'anthropic' as const, url: server.url },
    ...{ upstreamModel: 'theirs-1', credential: 'sk-first', region: 'eu', sell },
    allowsPrivateNetwork: true,
  })

  test('answers for a model of its own, with its credential, until it is removed', async () => {
    const { id, hasCredential } = await operator.createUpstream({ body: upstream() })
    expect(hasCredential).toBe(true)
    const ask = () => anthropic().messages.create({ model: 'elsewhere', max_tokens: 9, messages })
    await untilTrue(() => ask().catch(() => null))
    expect(server.state.lastKey).toBe('sk-first')
    await operator.updateUpstream({ params: { id }, body: { credential: 'sk-second' } })
    await untilTrue(async () => {
      await ask()
      return server.state.lastKey === 'sk-second'
    })
    const { items } = await operator.listUpstreams()
    expect(items).toMatchObject([{ id, region: 'eu', dataPolicy: 'unknown' }])
    expect(JSON.stringify([items, (await operator.listAuditEvents({})).items])).not.toMatch(/sk-/)
    await operator.deleteUpstream({ params: { id } })
    expect(await codeOf(buyer.getModel({ params: { id: 'elsewhere' } }))).toBe('model.not_found')
    expect(await codeOf(operator.deleteUpstream({ params: { id } }))).toBe('upstream.not_found')
  })

  test('stands beside the replicas of a model, which keeps its price and stays', async () => {
    const { sell: _, ...beside } = { ...upstream(), model: 'toy' }
    const { id } = await operator.createUpstream({ body: beside })
    expect(await codeOf(operator.createUpstream({ body: beside }))).toBe('upstream.exists')
    expect(await codeOf(operator.createUpstream({ body: { ...beside, sell } }))).toBe(
      'upstream.model_exists',
    )
    await untilTrue(async () => {
      await anthropic().messages.create({ model: 'toy', max_tokens: 9, messages })
      return (server.state.lastBody as { model: string }).model === 'theirs-1'
    })
    await operator.deleteUpstream({ params: { id } })
    expect((await buyer.getModel({ params: { id: 'toy' } })).source).toBe('replica')
  })

  test.each([
    'http://169.254.169.254/v1',
    'http://8.8.8.8/v1',
    'https://100.64.0.1/v1',
    'https://example.com:22/v1',
    'https://user:secret@example.com/v1',
  ])('is not asked at %s', async (url) => {
    const body = { ...upstream(), url }
    expect(await codeOf(operator.createUpstream({ body }))).toBe('upstream.address_refused')
  })

  test('is not asked on this machine or in a private network, unless that is said of it', async () => {
    for (const url of [server.url, 'https://10.1.2.3/v1', 'https://gpu.internal/v1']) {
      const body = { ...upstream(), url, allowsPrivateNetwork: false }
      expect(await codeOf(operator.createUpstream({ body }))).toBe('upstream.address_refused')
    }
    // A name says nothing by itself: what it leads to is looked at when it is asked.
    const named = { ...upstream(), url: 'https://localhost.example.com/v1', model: 'named' }
    const { id } = await operator.createUpstream({
      body: { ...named, allowsPrivateNetwork: false },
    })
    await operator.deleteUpstream({ params: { id } })
    const meant = await operator.createUpstream({ body: { ...upstream(), model: 'meant' } })
    const taken = { params: { id: meant.id }, body: { allowsPrivateNetwork: false } }
    expect(await codeOf(operator.updateUpstream(taken))).toBe('upstream.address_refused')
    await operator.deleteUpstream({ params: { id: meant.id } })
  })

  test('of a model that nobody sells says what it is sold for', async () => {
    const { sell: _, ...body } = upstream()
    expect(await codeOf(operator.createUpstream({ body }))).toBe('model.not_found')
  })
})
