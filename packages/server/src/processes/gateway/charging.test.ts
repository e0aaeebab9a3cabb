/** What is charged is what was delivered: streamed or not, cut by the client, by the server, or by kill -9. */
import { describe, expect, test } from 'vitest'
import { money, renderMoney } from '#kernel/money.ts'
import { startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, getBalance, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { ask, makeStand, readEvents, told, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const { db } = stand.database

const PROMPT_TOKENS = 11
let customers = 0
const newCustomer = (usd = '10') => addCustomer(db, { name: `Customer ${++customers}`, usd })

async function send(
  customer: Customer,
  behaviour: Partial<Behaviour>,
  more: object = {},
): Promise<Response> {
  return ask({ url: stand.gateway.url, key: customer.key, body: told(behaviour, more) })
}

const post = (isWriterAlive: (writer: string) => boolean = () => true) =>
  postJournals({ db, folders: stand.folders, isWriterAlive })

/** Waits until everything that was recorded is charged. */
async function untilCharged(customer: Customer, events: number) {
  return untilTrue(async () => {
    await post()
    const charged = await chargedOf(db, customer.organizationId)
    return charged.events >= events ? charged : null
  })
}

describe('T1: every way of counting gives one charge', () => {
  const ways = [
    { usage: 'as_asked', input: PROMPT_TOKENS, output: 7 },
    { usage: 'final', input: PROMPT_TOKENS, output: 7 },
    { usage: 'beside', input: PROMPT_TOKENS, output: 7 },
  ] as const
  for (const { usage, input, output } of ways)
    for (const stream of [true, false])
      test(`${usage}, ${stream ? 'streamed' : 'in one piece'}`, async () => {
        const customer = await newCustomer()
        await (await send(customer, { tokens: 7, usage }, { stream })).text()
        expect(await untilCharged(customer, 1)).toEqual({ events: 1, input, output })
      })

  test.each(['none', 'zero'] as const)(
    'a server that counts %s is not free of charge',
    async (usage) => {
      const customer = await newCustomer()
      for (const stream of [true, false])
        await (await send(customer, { tokens: 7, usage }, { stream })).text()
      const charged = await untilCharged(customer, 2)
      expect(charged.output).toBeGreaterThanOrEqual(2 * 7)
      expect(charged.input).toBeGreaterThan(0)
    },
  )

  test('a client that asked for the count is charged what it was shown', async () => {
    const customer = await newCustomer()
    const options = { stream: true, stream_options: { include_usage: true } }
    const events = await readEvents(await send(customer, { tokens: 4, usage: 'none' }, options))
    const shown = JSON.parse(events.at(-2) ?? '') as {
      usage: { prompt_tokens: number; completion_tokens: number }
    }
    const { input, output } = await untilCharged(customer, 1)
    expect(shown.usage).toMatchObject({ prompt_tokens: input, completion_tokens: output })
  })
})

test('the money is exact, and what was held beyond it comes back', async () => {
  const customer = await newCustomer('1')
  await (await send(customer, { tokens: 7 })).text()
  await untilCharged(customer, 1)
  const { posted } = await getBalance(db, customer.organizationId)
  // 11 tokens at 1 USD and 7 at 2 USD a million.
  expect(renderMoney(posted)).toBe('0.999975')
})

describe('a stream that the client leaves', () => {
  test.each([1, 3, 10])('after %i chunks is charged for what was delivered', async (chunks) => {
    const customer = await newCustomer()
    const leaving = new AbortController()
    const before = stand.simulator.state.tokensSent
    const response = await ask({
      url: stand.gateway.url,
      key: customer.key,
      body: told({ tokens: 200, delayMs: 20 }, { stream: true }),
      signal: leaving.signal,
    })
    const seen = await readChunks(response, chunks)
    leaving.abort()
    const charged = await untilCharged(customer, 1)
    const sent = stand.simulator.state.tokensSent - before
    expect(charged).toMatchObject({ events: 1, input: PROMPT_TOKENS })
    expect(charged.output).toBeGreaterThanOrEqual(seen.tokens)
    expect(charged.output).toBeLessThanOrEqual(sent)
    // Nothing is added later.
    await post()
    expect(await chargedOf(db, customer.organizationId)).toEqual(charged)
  })

  test('before the first chunk costs nothing', async () => {
    const customer = await newCustomer()
    const leaving = new AbortController()
    const requests = stand.simulator.state.requests
    const body = told({ delayMs: 10_000 }, { stream: true })
    const asking = ask({ url: stand.gateway.url, key: customer.key, body, signal: leaving.signal })
    await untilTrue(() => stand.simulator.state.requests > requests)
    leaving.abort()
    await expect(asking).rejects.toThrow()
    await (await send(customer, { tokens: 2 })).text()
    expect(await untilCharged(customer, 1)).toEqual({ events: 1, input: PROMPT_TOKENS, output: 2 })
  })
})

/** Reads so many events of a stream, without ending it. */
async function readChunks(response: Response, wanted: number): Promise<{ tokens: number }> {
  const reader = response.body?.getReader()
  let text = ''
  while ((text.match(/\n\n/g)?.length ?? 0) < wanted) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += Buffer.from(value ?? []).toString()
  }
  return { tokens: text.match(/word\d+/g)?.length ?? 0 }
}

describe('a stream that the server breaks', () => {
  test.each([
    { name: 'by an error', behaviour: { failAfter: 5 } },
    { name: 'by a cut', behaviour: { cutAfter: 5 } },
    { name: 'by an early end', behaviour: { stopAfter: 5 } },
  ])('$name is charged for what was delivered', async ({ behaviour }) => {
    const customer = await newCustomer()
    const events = await readEvents(
      await send(customer, { tokens: 50, delayMs: 5, ...behaviour }, { stream: true }),
    )
    const words = events.filter((event) => event.includes('word')).length
    expect(words).toBe(4)
    expect(await untilCharged(customer, 1)).toEqual({
      events: 1,
      input: PROMPT_TOKENS,
      output: words,
    })
  })

  test('before its first chunk costs nothing', async () => {
    const customer = await newCustomer()
    expect((await send(customer, { failAfter: 0 }, { stream: true })).status).toBe(502)
    expect((await send(customer, { status: 500, error: {} })).status).toBe(502)
    await (await send(customer, { tokens: 2 })).text()
    expect(await untilCharged(customer, 1)).toEqual({ events: 1, input: PROMPT_TOKENS, output: 2 })
  })
})

test('killed in the middle of streams, the gateway charges what was delivered, once, and holds nothing on', async () => {
  // given streams that deliver some words and then fall silent
  const customer = await newCustomer()
  const victim = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
  const body = told({ tokens: 6, delayMs: 20, pauseAfter: 5, pauseMs: 60_000 }, { stream: true })
  const streams = await Promise.all(
    [1, 2, 3].map(() => ask({ url: victim.url, key: customer.key, body })),
  )
  const seen = await Promise.all(streams.map((response) => readChunks(response, 5)))
  const finished = await ask({ url: victim.url, key: customer.key, body: told({ tokens: 9 }) })
  expect((await finished.text()).length).toBeGreaterThan(0)
  // when its journal has caught up with the silence, kill -9
  const want = seen.reduce((sum, { tokens }) => sum + tokens, 9)
  expect(want).toBe(3 * 4 + 9)
  await untilTrue(() => journalHolds(victim.writer, stand.folders.journalDirectory, '"4"', 3))
  expect(await victim.kill()).toBe('SIGKILL')
  await Promise.all(streams.map((response) => response.text().catch(() => 'cut')))
  await post((writer) => writer !== victim.writer)
  await post((writer) => writer !== victim.writer)
  // then
  expect(await chargedOf(db, customer.organizationId)).toEqual({
    events: 4,
    input: 4 * PROMPT_TOKENS,
    output: want,
  })
  const { posted, held } = await getBalance(db, customer.organizationId)
  expect(held).toBe(0n)
  expect(money('10') - posted).toBe(BigInt(4 * PROMPT_TOKENS + 2 * want) * 1_000_000n)
})

test('T4: of many requests at once on a balance for few, only those that can pay are served, and the balance holds', async () => {
  // given a worst case of the whole context in and 100 out: 0.0012 USD and two picos, and not quite money for ten
  const customer = await newCustomer('0.012')
  const more = { max_tokens: 100, padding: 'x'.repeat(1000) }
  let refused = 0
  // when none of them can end before all were decided
  const outcomes = Array.from({ length: 200 }, async () => {
    const response = await send(customer, { tokens: 100, isGated: true }, more)
    await response.text()
    if (response.status === 429) refused += 1
    return response.status
  })
  await untilTrue(() => stand.simulator.state.gated + refused === 200)
  stand.simulator.openGate()
  // then
  const statuses = await Promise.all(outcomes)
  expect(statuses.filter((status) => status === 200)).toHaveLength(9)
  expect(statuses.filter((status) => status === 429)).toHaveLength(191)
  await untilCharged(customer, 9)
  expect((await getBalance(db, customer.organizationId)).posted).toBeGreaterThanOrEqual(0n)
})

test('after everything, the books agree', async () => {
  await addModel(db, { name: 'unused', urls: [] })
  const { isBalanced, checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  expect(isBalanced).toBe(true)
})

async function journalHolds(
  writer: string,
  directory: string,
  text: string,
  times: number,
): Promise<boolean> {
  const { readdirSync, readFileSync } = await import('node:fs')
  const files = readdirSync(directory).filter((file) => file.startsWith(writer))
  const written = files.map((file) => readFileSync(`${directory}/${file}`, 'latin1')).join('')
  const progress = written
    .split('\n')
    .join('')
    .split('["p"')
    .filter((record) => record.includes(text))
  return progress.length >= times
}
