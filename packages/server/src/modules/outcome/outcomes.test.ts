/** Cost per outcome on a real database: what tasks cost is what the ledger charged for them, and reports are kept. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { add, money, picos } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { createApiKey, createOrganization } from '#modules/identity/index.ts'
import { getBalance, grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { postUsage, type UsageEvent, verifyBooks } from '#modules/metering/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import type { Report } from './outcome.ts'
import { costOfOutcomes, reportOutcome, verifyTasks } from './service.ts'
import { deleteOldTasks, insertAttempts, listAttempts, listOutcomes } from './store.ts'

const { db } = await cloneDatabase()
const now = new Date('2026-03-01T12:00:00.000Z')
const ids = idSource(() => now.getTime())
const HOUR_MS = 3_600_000
const CREDIT = money('1000')
/** At prices that never come out even. */
const SKUS = { 'tokens.a': '0.61', 'tokens.b': '1.37', gpu: '2.35' } as const
const prices = new Map<string, string>()
for (const [sku, usd] of Object.entries(SKUS)) {
  const unit = sku === 'gpu' ? 'gpu_ms' : 'token'
  await defineSku(db, { name: sku, unit, description: sku })
  const price = { amount: money(usd), per: 999_983n, unit } as const
  prices.set(sku, await inTransaction(db, (tx) => setPrice(tx, { sku, price, now, ids })))
}
let counter = 0

async function addCustomer(): Promise<{ organizationId: string; reporter: string }> {
  const deps = { pepper: 'a pepper', ids }
  return inTransaction(db, async (tx) => {
    const name = `customer ${++counter}`
    const { id, projectId } = await createOrganization(tx, { name, kind: 'customer', now }, deps)
    const key = { organizationId: id, projectId, name, role: 'inference' as const, now }
    const { apiKey } = await createApiKey(tx, key, deps)
    await openCustomerAccount(tx, id)
    await grantCredit(tx, { organizationId: id, amount: CREDIT, source: `credit:${id}`, now, ids })
    return { organizationId: id, reporter: apiKey.id }
  })
}

interface Made {
  readonly sku: keyof typeof SKUS
  readonly quantity: bigint
  readonly atMs: number
  readonly task: string | null
  readonly asked: string
}

function eventOf(organizationId: string, made: Made): UsageEvent {
  const { sku, quantity, atMs, task, asked } = made
  const at = new Date(now.getTime() + atMs)
  const isLease = sku === 'gpu'
  return {
    ...{ id: renderUuid(uuidBytes(ids)), organizationId, projectId: 'prj_a', holdId: null },
    ...{ resource: isLease ? 'lse_a' : sku, from: at, to: at },
    lines: [{ sku, priceId: prices.get(sku) ?? '', quantity }],
    ...(task === null || isLease
      ? {}
      : { task: { id: task, asked, routeVersion: null, tries: 1 } }),
  }
}

const post = (events: readonly UsageEvent[]) =>
  inTransaction(db, (tx) => postUsage(tx, events, { now, ids, onTasked: insertAttempts }))

const made = fc.record({
  sku: fc.constantFrom('tokens.a' as const, 'tokens.b' as const, 'gpu' as const),
  quantity: fc.bigInt(1n, 5000n),
  atMs: fc.integer({ min: 0, max: 3 * HOUR_MS - 1 }),
  task: fc.constantFrom(null, 't1', 't2', 't3', 't4'),
  asked: fc.constantFrom('tokens.a', 'tokens.b'),
})

const period = { from: now, to: new Date(now.getTime() + 3 * HOUR_MS) }

test('tasks, what has none, and GPU time are what the ledger charged, in any order and any batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(made, { maxLength: 30 }), fc.nat(30), async (all, cut) => {
      const { organizationId } = await addCustomer()
      const events = all.map((each) => eventOf(organizationId, each))
      await post(events.slice(0, cut))
      // Some come again, as after a crash.
      await post(events.slice(Math.max(0, cut - 3)))
      for (const by of ['route', 'model'] as const) {
        const asked = { ...period, organizationId, by }
        const { groups, total, reconciliation } = await costOfOutcomes(db, asked, now)
        const { tasked, untasked, other, charged, differences } = reconciliation
        expect(differences).toEqual([])
        expect(add(tasked, untasked, other)).toBe(charged)
        expect(CREDIT - (await getBalance(db, organizationId)).posted).toBe(charged)
        expect(add(...groups.map(({ cost }) => cost))).toBe(tasked)
        expect(total.cost).toBe(tasked)
        expect(total.attempts).toBe(events.filter(({ task }) => task !== undefined).length)
      }
    }),
    { numRuns: 12 },
  )
  expect((await verifyTasks(db, now)).isHeld).toBe(true)
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
})

test('retries and fallbacks are counted, by the first route and by the model that answered last', async () => {
  const { organizationId, reporter } = await addCustomer()
  const attempt = (task: string, sku: Made['sku'], atMs: number) =>
    eventOf(organizationId, { sku, quantity: 1000n, atMs, task, asked: 'tokens.a' })
  await post([
    attempt('x', 'tokens.a', 0),
    attempt('x', 'tokens.b', 10),
    attempt('y', 'tokens.a', 20),
  ])
  const report = (taskId: string, isSuccess: boolean) =>
    say({ organizationId, reporter, taskId, isSuccess })
  await report('x', true)
  await report('y', false)
  const of = async (by: 'route' | 'model') =>
    (await costOfOutcomes(db, { ...period, organizationId, by }, now)).groups
  const [first, ...none] = await of('route')
  expect(none).toEqual([])
  expect(first).toMatchObject({ model: 'tokens.a', tasks: 2, judged: 2, successes: 1 })
  expect(first).toMatchObject({ attempts: 3, retried: 1, fellBack: 1 })
  const last = (await of('model')).toSorted((a, b) => a.attempts - b.attempts)
  expect(last).toMatchObject([
    { model: 'tokens.a', tasks: 1, successes: 0, attempts: 1 },
    { model: 'tokens.b', tasks: 1, successes: 1, attempts: 2 },
  ])
  // A failed attempt is paid for by the task's success too.
  expect(first?.successCost).toBe(last[1]?.cost)
})

const say = (report: Partial<Report> & Pick<Report, 'organizationId' | 'reporter' | 'taskId'>) =>
  inTransaction(db, (tx) =>
    reportOutcome(
      tx,
      { isSuccess: true, value: null, note: null, idempotencyKey: null, ...report },
      { now, ids },
    ),
  )

test('a report sent again is one report, one that differs under its key is refused, a later one counts', async () => {
  const { organizationId, reporter } = await addCustomer()
  const own = { organizationId, reporter, taskId: 'job' }
  const first = await say({ ...own, idempotencyKey: 'k1', value: 0.5 })
  expect((await say({ ...own, idempotencyKey: 'k1', value: 0.5 })).id).toBe(first.id)
  await expect(say({ ...own, idempotencyKey: 'k1', value: 0.7 })).rejects.toMatchObject({
    code: 'request.idempotency_conflict',
  })
  const [a, b] = await Promise.all([
    say({ ...own, idempotencyKey: 'k2', isSuccess: false }),
    say({ ...own, idempotencyKey: 'k2', isSuccess: false }),
  ])
  expect(a.id).toBe(b.id)
  const reports = await listOutcomes(db, { organizationId, limit: 10 })
  expect(reports.map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
    [a.id, true],
    [first.id, false],
  ])
  // The repetition of an old report does not count as new.
  expect(await say({ ...own, idempotencyKey: 'k1', value: 0.5 })).toMatchObject({
    isCurrent: false,
  })
})

test('a task that goes beyond a period is counted by what lies in it, and told', async () => {
  const { organizationId } = await addCustomer()
  const at = (atMs: number) =>
    eventOf(organizationId, { sku: 'tokens.a', quantity: 500n, atMs, task: 'long', asked: 'x' })
  await post([at(0), at(HOUR_MS)])
  const to = new Date(now.getTime() + HOUR_MS)
  const asked = { organizationId, by: 'route', from: now, to } as const
  const { total, cutTasks, reconciliation } = await costOfOutcomes(db, asked, now)
  expect(total.attempts).toBe(1)
  expect(cutTasks).toBe(1)
  expect(reconciliation.differences).toEqual([])
  expect(reconciliation.untasked).toBe(picos(0n))
})

test('what is too old is forgotten, what is asked of it is cut or refused, and the ledger still agrees', async () => {
  const { organizationId, reporter } = await addCustomer()
  const make = (task: string, atMs: number) =>
    eventOf(organizationId, { sku: 'tokens.a', quantity: 700n, atMs, task, asked: 'x' })
  await post([make('old', 0), make('new', 2 * HOUR_MS)])
  await say({ organizationId, reporter, taskId: 'old' })
  const kept = 100 * 24 * HOUR_MS
  const later = new Date(now.getTime() + kept + HOUR_MS)
  await deleteOldTasks(db, new Date(later.getTime() - kept))
  expect(await listAttempts(db, { organizationId, taskId: 'old' }, 10)).toEqual([])
  expect(await listOutcomes(db, { organizationId, limit: 10 })).toEqual([])
  expect(await listAttempts(db, { organizationId, taskId: 'new' }, 10)).toHaveLength(1)
  const asked = { ...period, organizationId, by: 'route' } as const
  const { period: told, total, reconciliation } = await costOfOutcomes(db, asked, later)
  expect(told).toEqual({ from: new Date(now.getTime() + HOUR_MS), to: period.to, isCut: true })
  expect(total.tasks).toBe(1)
  expect(reconciliation.differences).toEqual([])
  const gone = { ...asked, to: new Date(now.getTime() + HOUR_MS) }
  await expect(costOfOutcomes(db, gone, later)).rejects.toMatchObject({ code: 'request.invalid' })
})
