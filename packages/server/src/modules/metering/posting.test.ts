/** Posting usage on a real database: each event once, to the pico, whatever the order, the batches or the crashes. */
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { money, rate, type Money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { createHold, getBalance, grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import {
  listUsage,
  postUsage,
  revenueBySku,
  spentIn,
  spentSince,
  usageOf,
  verifyBooks,
  type UsageEvent,
} from './index.ts'

const { db } = await cloneDatabase()
const start = new Date('2026-03-01T12:00:00.000Z')
const ids = idSource(() => start.getTime())
const SKUS = { input: 'tokens.toy.input', output: 'tokens.toy.output', gpu: 'gpu.west.spot' }
const PRICES = {
  input: { amount: money('0.15'), per: 1_000_000n, unit: 'token' },
  output: { amount: money('0.61'), per: 1_000_000n, unit: 'token' },
  gpu: { amount: money('2.35'), per: 3_600_000n, unit: 'gpu_ms' },
} as const
const priceIds = { input: '', output: '', gpu: '' }
for (const name of ['input', 'output', 'gpu'] as const) {
  await defineSku(db, { name: SKUS[name], unit: PRICES[name].unit, description: name })
  const price = { sku: SKUS[name], price: PRICES[name], now: start, ids }
  priceIds[name] = await inTransaction(db, (tx) => setPrice(tx, price))
}
let counter = 0

async function customer(credit = '1000'): Promise<string> {
  const organizationId = `org_${++counter}`
  await inTransaction(db, async (tx) => {
    await openCustomerAccount(tx, organizationId)
    const source = `credit:${organizationId}`
    await grantCredit(tx, { organizationId, amount: money(credit), source, now: start, ids })
  })
  return organizationId
}

interface Request {
  readonly input: bigint
  readonly output: bigint
  readonly atMs?: number
  readonly holdId?: string
}

function request(organizationId: string, { input, output, atMs = 0, holdId }: Request): UsageEvent {
  const from = new Date(start.getTime() + atMs)
  return {
    id: renderUuid(uuidBytes(ids)),
    organizationId,
    projectId: `prj_${organizationId}`,
    resource: 'toy',
    holdId: holdId ?? null,
    from,
    to: new Date(from.getTime() + 10),
    lines: [
      { sku: SKUS.input, priceId: priceIds.input, quantity: input },
      { sku: SKUS.output, priceId: priceIds.output, quantity: output },
    ],
  }
}

function post(events: readonly UsageEvent[]) {
  return inTransaction(db, (tx) => postUsage(tx, events, { now: start, ids }))
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  return items
    .map((item) => [next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}

async function ledgerSums(): Promise<unknown> {
  const { rows } = await sql`
    SELECT account_id, sum(amount) AS amount FROM ledger_entry GROUP BY account_id ORDER BY account_id`.execute(
    db,
  )
  return rows
}

async function expectSound(): Promise<void> {
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
}

afterEach(() => expectSound())

describe('posting', () => {
  test('UCloud#4025 an event is charged at its exact price, once, and again never', async () => {
    const organizationId = await customer()
    const event = request(organizationId, { input: 1_234n, output: 567n })
    const charged = rate(PRICES.input, 1_234n) + rate(PRICES.output, 567n)
    expect(await post([event])).toEqual({ posted: 1, duplicates: 0, conflicts: 0, charged })
    expect(await post([event, event])).toEqual({
      posted: 0,
      duplicates: 2,
      conflicts: 0,
      charged: 0n,
    })
    expect((await getBalance(db, organizationId)).posted).toBe(money('1000') - charged)
  })

  test('the whole journal three times, shuffled, in other batch sizes, leaves identical ledger sums', async () => {
    const organizations = await Promise.all(Array.from({ length: 12 }, () => customer()))
    const events = Array.from({ length: 900 }, (_, index) =>
      request(organizations[index % 12] ?? '', {
        input: BigInt((index * 7919) % 4_001),
        output: BigInt((index * 104_729) % 911),
        atMs: (index % 5) * 1_800_000,
      }),
    )
    const inBatches = async (list: readonly UsageEvent[], size: number) => {
      for (let at = 0; at < list.length; at += size) await post(list.slice(at, at + size))
    }
    await inBatches(events, 100)
    const want = await ledgerSums()
    // when
    await inBatches(shuffled(events, 1), 7)
    await inBatches(shuffled(events, 2), 333)
    await inBatches(shuffled(events, 3), 900)
    // then
    expect(await ledgerSums()).toEqual(want)
    const charged = events.reduce((sum, { lines }) => sum + (lines[0]?.quantity ?? 0n), 0n)
    const [used] = (await usageOf(db, ['toy'])).values()
    expect(used?.quantity).toBeGreaterThanOrEqual(charged)
  })

  test('concurrent posting of overlapping batches counts each event once', async () => {
    const organizationId = await customer()
    const events = Array.from({ length: 300 }, () =>
      request(organizationId, { input: 3n, output: 1n }),
    )
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((seed) => post(shuffled(events, seed).slice(0, 200))),
    )
    await post(events)
    expect(outcomes.reduce((sum, { posted }) => sum + posted, 0)).toBeLessThanOrEqual(300)
    const charged = rate(PRICES.input, 900n) + rate(PRICES.output, 300n)
    expect((await getBalance(db, organizationId)).posted).toBe(money('1000') - charged)
  })

  test('of one id with other quantities or lines, the first stays and the conflict is counted', async () => {
    const organizationId = await customer()
    const first = request(organizationId, { input: 10n, output: 10n })
    const more = { ...first, lines: first.lines.map((line) => ({ ...line, quantity: 99n })) }
    const longer = { ...first, lines: [...first.lines, ...first.lines] }
    await post([first])
    const before = await getBalance(db, organizationId)
    expect(await post([more, longer, first])).toEqual({
      posted: 0,
      duplicates: 3,
      conflicts: 2,
      charged: 0n,
    })
    expect(await getBalance(db, organizationId)).toEqual(before)
  })

  test('of one id twice in a batch, the first of them counts', async () => {
    const organizationId = await customer()
    const first = request(organizationId, { input: 10n, output: 0n })
    const lines = [{ sku: SKUS.input, priceId: priceIds.input, quantity: 99n }]
    const second = { ...first, lines }
    const { posted, conflicts, charged } = await post([first, second])
    expect([posted, conflicts, charged]).toEqual([1, 1, rate(PRICES.input, 10n)])
  })

  test('an event that used nothing leaves no trace', async () => {
    const event = { ...request(await customer(), { input: 1n, output: 1n }), lines: [] }
    expect(await post([event])).toEqual({ posted: 0, duplicates: 0, conflicts: 0, charged: 0n })
  })

  test('a transaction that fails leaves nothing, and the same events can be posted after it', async () => {
    const organizationId = await customer()
    const event = request(organizationId, { input: 5n, output: 5n })
    const undo = new Error('undo')
    const failed = inTransaction(db, async (tx) => {
      await postUsage(tx, [event], { now: start, ids })
      throw undo
    })
    await expect(failed).rejects.toBe(undo)
    expect((await post([event])).posted).toBe(1)
  })

  test('a price that is not known is refused, never charged as nothing', async () => {
    const event = request(await customer(), { input: 5n, output: 5n })
    const lines = [{ sku: SKUS.input, priceId: 'prc_unknown', quantity: 5n }]
    await expect(post([{ ...event, lines }])).rejects.toThrow('prc_unknown is missing')
  })

  test('an event settles its hold, and beyond the balance the operator bears the rest', async () => {
    const organizationId = await customer('0.001')
    const outcome = await inTransaction(db, (tx) =>
      createHold(tx, {
        organizationId,
        amount: money('0.0006'),
        purpose: 'gateway',
        reference: 'gw_1',
        now: start,
        ids,
      }),
    )
    const holdId = outcome.kind === 'held' ? outcome.holdId : ''
    // 1,000 output tokens cost 0.00061.
    await post([request(organizationId, { input: 0n, output: 500n, holdId })])
    expect(await getBalance(db, organizationId)).toEqual({
      posted: money('0.000695'),
      held: money('0.000295'),
      available: money('0.0004'),
    })
    await post([request(organizationId, { input: 0n, output: 2_000n, holdId })])
    expect(await getBalance(db, organizationId)).toEqual({ posted: 0n, held: 0n, available: 0n })
  })
})

describe('reading usage', () => {
  const hour = (index: number) => new Date(start.getTime() + index * 3_600_000)

  async function used(): Promise<{ organizationId: string; charged: (tokens: bigint) => Money }> {
    const organizationId = await customer()
    await post([
      request(organizationId, { input: 100n, output: 0n, atMs: 0 }),
      request(organizationId, { input: 200n, output: 0n, atMs: 3_599_999 }),
      request(organizationId, { input: 400n, output: 0n, atMs: 3_600_000 }),
    ])
    return { organizationId, charged: (tokens) => rate(PRICES.input, tokens) }
  }

  test('by hour and in total, with unit and price, and nothing that is zero', async () => {
    const { organizationId, charged } = await used()
    const period = { organizationId, from: new Date(start.getTime() + 1), to: hour(2) }
    const hourly = await listUsage(db, { ...period, step: 'hour' })
    expect(hourly.rows.map((row) => [row.hour, row.sku, row.quantity, row.charged])).toEqual([
      [hour(0), SKUS.input, 300n, charged(300n)],
      [hour(1), SKUS.input, 400n, charged(400n)],
    ])
    const total = await listUsage(db, { ...period, step: 'total' })
    expect(total.rows).toEqual([
      {
        hour: null,
        organizationId,
        projectId: `prj_${organizationId}`,
        sku: SKUS.input,
        priceId: priceIds.input,
        resource: 'toy',
        quantity: 700n,
        price: PRICES.input,
        charged: charged(300n) + charged(400n),
      },
    ])
    expect(total.charged).toBe(hourly.charged)
  })

  test('spending of a period, and since an instant', async () => {
    const { organizationId, charged } = await used()
    expect(await spentIn(db, organizationId, { from: hour(0), to: hour(1) })).toBe(charged(300n))
    expect(await spentSince(db, organizationId, hour(1))).toBe(charged(400n))
    expect(await spentSince(db, 'org_none', hour(0))).toBe(0n)
  })

  test('what a lease used in all, and the revenue of its SKU', async () => {
    const organizationId = await customer()
    const lines = [{ sku: SKUS.gpu, priceId: priceIds.gpu, quantity: 2n * 3_600_000n }]
    const event = { ...request(organizationId, { input: 0n, output: 0n, atMs: 36_000_000 }), lines }
    await post([{ ...event, resource: 'lse_1' }])
    expect(await usageOf(db, ['lse_1', 'lse_none'])).toEqual(
      new Map([['lse_1', { quantity: 7_200_000n, charged: money('4.7') }]]),
    )
    expect(await usageOf(db, [])).toEqual(new Map())
    expect(await revenueBySku(db, { from: hour(10), to: hour(11) })).toEqual([
      { sku: SKUS.gpu, unit: 'gpu_ms', quantity: 7_200_000n, revenue: money('4.7') },
    ])
  })
})

describe('verification', () => {
  async function brokenAfter(damage: string): Promise<readonly string[]> {
    const undo = new Error('undo')
    let broken: readonly string[] = []
    const work = db.transaction().execute(async (tx) => {
      await sql.raw(damage).execute(tx)
      const { checks, isBalanced } = await verifyBooks(tx)
      broken = checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name)
      expect(isBalanced).toBe(broken.length === 0)
      throw undo
    })
    await expect(work).rejects.toBe(undo)
    return broken
  }

  test('gpustack#4520 counts, and finds an hour that its events, its price or the ledger contradict', async () => {
    await post([request(await customer(), { input: 1_000n, output: 7n })])
    const findings = await verifyBooks(db)
    expect(findings.isBalanced).toBe(true)
    expect(findings.usageEvents).toBeGreaterThan(0)
    expect(findings.sumUsd).toBe('0')
    expect(await brokenAfter('SELECT 1')).toEqual([])
    expect(await brokenAfter('UPDATE usage_event SET quantity = quantity + 1')).toEqual([
      'hours_equal_events',
    ])
    expect(await brokenAfter('DELETE FROM usage_hour')).toEqual([
      'hours_equal_events',
      'revenue_equals_hours',
    ])
    expect(await brokenAfter('UPDATE usage_hour SET amount = amount + 0.000000000001')).toEqual([
      'hours_are_rated_exactly',
      'revenue_equals_hours',
    ])
    expect(await brokenAfter("UPDATE usage_hour SET price_id = 'prc_none'")).toEqual([
      'hours_equal_events',
      'hours_are_rated_exactly',
    ])
  })
})
