/** Quotas where they bind: leases, orders, quotes, clearings and offers; exactly, also when many come at once. */
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import {
  decideRequest,
  deleteQuota,
  listInForce,
  listSet,
  requestQuota,
  setQuota,
} from '#modules/quota/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { answerOffers, type OfferQuery } from './offer-service.ts'
import { createQuote } from './quote-service.ts'
import { cancelOrder } from './service.ts'
import { type Buyer, makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

let stand: OrderStand

async function begin() {
  stand = await makeOrderStand((await cloneDatabase()).db)
  const buyer = await stand.buyer('a')
  const limit = (gpus: number, scope: Partial<Parameters<typeof setQuota>[1]> = {}) =>
    inTransaction(stand.database, (tx) =>
      setQuota(tx, { organizationId: buyer.organizationId, gpus, ...scope }, stand.context()),
    )
  return { ...stand, buyer, newBuyer: stand.buyer, limit }
}

afterEach(() => stand.dispose())

async function refusal(work: Promise<unknown>) {
  const error: unknown = await work.catch((cause: unknown) => cause)
  if (!(error instanceof Fault)) throw new Error('it was not refused', { cause: error })
  const { code, message, details } = error
  return { code, message, details }
}

function quoteOf(of: Buyer, gpus: number) {
  return inTransaction(stand.database, (tx) =>
    createQuote(tx, { ...of, gpus, pool: POOL }, stand.context()),
  )
}

async function useOf({ organizationId }: Buyer) {
  const [quota] = await listInForce(stand.database, organizationId, stand.clock.now())
  return quota?.use
}

test('leases, open orders and quotes count together, and what is over counts no more', async () => {
  const { buyer, limit, order, lease, clear, clock } = await begin()
  await limit(8)
  await lease(buyer, { gpus: 2, kind: 'on_demand' })
  const open = await order(buyer, { gpus: 3 })
  await quoteOf(buyer, 2)
  expect(await useOf(buyer)).toEqual({
    ...{ held: 0, waiting: 2, ordered: 3, quoted: 2, gpus: 7, gpusLeft: 1 },
  })
  // then
  const said = await refusal(order(buyer, { gpus: 2 }))
  expect(said).toMatchObject({
    code: 'quota.exceeded',
    details: { quotaGpus: 8, usedGpus: 7, leftGpus: 1, isNever: false },
  })
  expect(await refusal(lease(buyer, { gpus: 2 }))).toMatchObject({ code: 'quota.exceeded' })
  expect(await refusal(quoteOf(buyer, 2))).toMatchObject({ code: 'quota.exceeded' })
  // when
  await inTransaction(stand.database, (tx) =>
    cancelOrder(tx, { id: open.id, organizationId: null, now: clock.now() }),
  )
  clock.advance(11 * 60_000)
  // then
  expect(await useOf(buyer)).toMatchObject({ waiting: 2, ordered: 0, quoted: 0, gpus: 2 })
  await order(buyer, { gpus: 6 })
  await clear()
  expect(await useOf(buyer)).toMatchObject({ held: 6, waiting: 2, gpus: 8, gpusLeft: 0 })
})

test('a gang larger than its quota is told at once that it can never fit', async () => {
  const { buyer, limit, order } = await begin()
  await limit(4, { pool: POOL, tier: 'spot' })
  const { message, details } = await refusal(order(buyer, { gpus: 8, nodes: 2 }))
  expect(message).toBe(`8 GPUs can never fit: the quota is 4 GPUs on ${POOL} as spot at once.`)
  expect(details).toMatchObject({ isNever: true })
  await order(buyer, { gpus: 8, nodes: 2, kind: 'on_demand', limit: null, start: 'when_it_fits' })
})

test('an order takes over what its quote counted, and is not refused by its own quote', async () => {
  const { buyer, limit, order } = await begin()
  await limit(4)
  const quote = await quoteOf(buyer, 4)
  await order(buyer, { gpus: 4, kind: 'on_demand', limit: null, quote: quote.id })
  expect(await useOf(buyer)).toMatchObject({ waiting: 4, quoted: 0, gpus: 4 })
})

test('however many come at once, no more than the quota gets through', async () => {
  const { buyer, limit, order, lease } = await begin()
  await limit(7)
  // when
  const outcomes = await Promise.allSettled(
    Array.from({ length: 24 }, (_, index) => {
      if (index % 3 === 0) return lease(buyer, { gpus: 1, kind: 'on_demand' })
      return index % 3 === 1 ? order(buyer, { gpus: 1 }) : quoteOf(buyer, 1)
    }),
  )
  // then
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
  const codes = outcomes.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as Fault).code] : [],
  )
  expect(new Set(codes)).toEqual(new Set(['quota.exceeded']))
  expect(await useOf(buyer)).toMatchObject({ gpus: 7, gpusLeft: 0 })
})

test('a quota that is lowered takes nothing back; open orders and waiting leases wait until it allows them', async () => {
  const { buyer, limit, order, lease, clear, cycle, find, findLease } = await begin()
  await order(buyer, { gpus: 4 })
  await clear()
  const waiting = await lease(buyer, { gpus: 2, kind: 'on_demand' })
  const open = await order(buyer, { gpus: 2 })
  // when
  await limit(5)
  await clear()
  await cycle()
  // then
  expect(await find(open.id)).toMatchObject({ state: 'standing' })
  expect((await find(open.id)).text).toContain('the quota is 5 GPUs at once')
  const held = await findLease(waiting.id)
  expect(held).toMatchObject({ state: 'pending' })
  expect(held.waitingFor).toContain('the quota is 5 GPUs at once')
  expect(await useOf(buyer)).toMatchObject({ held: 4, gpus: 8, gpusLeft: 0 })
  // when
  await limit(8)
  await cycle()
  await clear()
  // then
  expect(await findLease(waiting.id)).toMatchObject({ state: 'starting' })
  expect(await find(open.id)).toMatchObject({ state: 'filled' })
})

test('a default holds for each customer by itself, until it has a quota of its own', async () => {
  const { buyer, limit, order, newBuyer } = await begin()
  const other = await newBuyer('b')
  const byDefault = await limit(2, { organizationId: undefined })
  await order(buyer, { gpus: 2 })
  await order(other, { gpus: 2 })
  expect(await refusal(order(other, { gpus: 1 }))).toMatchObject({ code: 'quota.exceeded' })
  await limit(3)
  await order(buyer, { gpus: 1 })
  const set = await listSet(stand.database, stand.clock.now())
  expect(set.map(({ organization, gpus, use }) => [organization, gpus, use?.gpus])).toEqual([
    [null, 2, undefined],
    ['a', 3, 3],
  ])
  // when
  const { database, clock } = stand
  await inTransaction(database, (tx) => deleteQuota(tx, byDefault.id, clock.now()))
  // then
  await order(other, { gpus: 4 })
  const again = inTransaction(database, (tx) => deleteQuota(tx, byDefault.id, clock.now()))
  expect(await refusal(again)).toMatchObject({ code: 'quota.not_found' })
})

test('what a buyer asks for is its quota once the operator grants it, and is decided once', async () => {
  const { buyer, limit, order, database, context } = await begin()
  await limit(2, { pool: POOL })
  const { organizationId } = buyer
  const ask = (gpus: number) =>
    inTransaction(database, (tx) =>
      requestQuota(tx, { organizationId, pool: POOL, gpus, reason: 'a deadline' }, context()),
    )
  const decide = (id: string, decision: 'grant' | 'decline', gpus?: number) =>
    inTransaction(database, (tx) => decideRequest(tx, { id, decision, gpus }, context()))
  const [first, second] = [await ask(16), await ask(4)]
  // when
  expect(await decide(first.id, 'grant', 8)).toMatchObject({ state: 'granted', grantedGpus: 8 })
  expect(await decide(second.id, 'decline')).toMatchObject({ state: 'declined', grantedGpus: null })
  // then
  expect(await refusal(decide(first.id, 'decline'))).toMatchObject({
    code: 'quota_request.decided',
  })
  const none = decide('qrq_none', 'grant')
  expect(await refusal(none)).toMatchObject({ code: 'quota_request.not_found' })
  await order(buyer, { gpus: 8, nodes: 2 })
})

test('what is asked for one project is its quota alone, and nobody asks for a project of another', async () => {
  const { buyer, newBuyer, database, context } = await begin()
  const other = await newBuyer('other')
  const { organizationId, projectId } = buyer
  const ask = (project: string) => {
    const asked = { organizationId, projectId: project, accelerator: 'CPU', gpus: 4, reason: 'x' }
    return inTransaction(database, (tx) => requestQuota(tx, asked, context()))
  }
  expect(await refusal(ask(other.projectId))).toMatchObject({ code: 'request.invalid' })
  const { id } = await ask(projectId)
  const decision = { id, decision: 'grant' } as const
  await inTransaction(database, (tx) => decideRequest(tx, decision, context()))
  const rows = await database.selectFrom('quota').selectAll().execute()
  expect(rows).toMatchObject([{ project_id: projectId, accelerator: 'CPU', gpus: 4 }])
})

test('offers say that the quota is in the way, and what it allows', async () => {
  const { buyer, limit, database, clock } = await begin()
  await limit(3, { tier: 'spot' })
  const query: OfferQuery = {
    ...{ ...buyer, gpus: 4, nodes: undefined, pool: POOL, accelerator: undefined, site: undefined },
    ...{ region: undefined, jurisdiction: undefined, tier: 'spot', limit: null, from: null },
    ...{ durationMs: undefined, most: 10 },
  }
  const { items, refusal: why, text } = await answerOffers(database, query, clock.now())
  expect(why).toBe('no_quota')
  expect(text).toContain('the quota does not allow so many')
  expect(items.map(({ tier, gpus, isWithinQuota }) => [tier, gpus, isWithinQuota])).toEqual([
    ['spot', 4, false],
    ['flex', 4, true],
    ['on_demand', 4, true],
    ['spot', 3, true],
  ])
})
