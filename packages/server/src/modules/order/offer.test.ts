/** Offers: never only "no"; quotes: a price that is kept, and used once. */
import { afterEach, describe, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { money } from '#kernel/money.ts'
import { setPrice } from '#modules/catalog/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { answerOffers, type OfferQuery } from './offer-service.ts'
import { findOffers, type OfferWish, type PoolView } from './offer.ts'
import { createQuote } from './quote-service.ts'
import { findQuote } from './quote-store.ts'
import { type Buyer, makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const PRICES = { on_demand: money('2'), spot: money('1'), flex: money('0.5') }

function view(parts: Partial<PoolView> & Pick<PoolView, 'pool'>): PoolView {
  const nodes = [{ nodeId: 'a', free: 8 }]
  return { isAsked: true, nodes, coming: [], yielding: [], prices: PRICES, ...parts }
}

function find(wish: Partial<OfferWish>, views: readonly PoolView[]) {
  const whole = { gpus: 8, nodes: undefined, tier: 'spot' as const, limit: null, fromMs: 100 }
  return findOffers({ ...whole, ...wish }, views, ({ gpus }, free) =>
    Math.max(0, ...free) >= gpus ? 1 : null,
  )
}

describe('near matches', () => {
  test('what was asked comes first, then another tier', () => {
    const offers = find({}, [view({ pool: 'p' })])
    expect(offers.map(({ tier, differs }) => [tier, differs])).toEqual([
      ['spot', []],
      ['flex', ['tier']],
      ['on_demand', ['tier']],
    ])
  })

  test('fewer GPUs, a later start and another pool are offered where there is no room now', () => {
    const nodes = [{ nodeId: 'a', free: 3 }]
    const coming = [{ nodeId: 'a', slots: 5, atMs: 900 }]
    const offers = find({}, [
      view({ pool: 'p', nodes, coming }),
      view({ pool: 'elsewhere', isAsked: false }),
    ])
    const spot = offers.filter(({ tier }) => tier === 'spot')
    expect(
      spot.map(({ pool, gpus, startsMs, differs }) => [pool, gpus, startsMs, differs]),
    ).toEqual([
      ['elsewhere', 8, 100, ['pool']],
      ['p', 8, 900, ['start']],
      ['p', 3, 100, ['gpus']],
    ])
  })

  test('on demand can have what gives way to it, after its notice', () => {
    const nodes = [{ nodeId: 'a', free: 0 }]
    const yielding = [{ nodeId: 'a', slots: 8, atMs: 400 }]
    const offers = find({ tier: 'on_demand' }, [view({ pool: 'p', nodes, yielding })])
    expect(offers).toMatchObject([{ tier: 'on_demand', startsMs: 400, differs: ['start'] }])
  })

  test('a price above the limit is a difference', () => {
    const [first] = find({ limit: money('0.9') }, [view({ pool: 'p' })])
    expect(first?.differs).toHaveLength(1)
  })

  test('without a pool there is nothing to offer', () => {
    expect(find({}, [])).toEqual([])
    expect(find({}, [view({ pool: 'p', nodes: [] })])).toEqual([])
  })
})

let stand: OrderStand | null = null

async function begin(): Promise<OrderStand> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand?.dispose())

const NOWHERE = {
  ...{ pool: undefined, accelerator: undefined, site: undefined, region: undefined },
  ...{ jurisdiction: undefined, nodes: undefined, tier: undefined, durationMs: undefined },
}

function query(of: Buyer, parts: Partial<OfferQuery>): OfferQuery {
  return { ...of, gpus: 1, limit: null, from: null, most: 20, ...NOWHERE, ...parts }
}

test('the answer says no capacity or no money, and what an offer costs in all', async () => {
  const { buyer, database, clock } = await begin()
  const [rich, poor] = [await buyer('rich'), await buyer('poor', '0')]
  const ask = (of: Buyer, parts: Partial<OfferQuery>) =>
    answerOffers(database, query(of, parts), clock.now())
  const exact = await ask(rich, { gpus: 4, durationMs: 7_200_000, tier: 'on_demand' })
  expect(exact.refusal).toBeNull()
  expect(exact.items[0]).toMatchObject({ differs: [], totalUsd: '16', isAffordable: true })
  expect((await ask(poor, { gpus: 4 })).refusal).toBe('no_money')
  const large = await ask(rich, { gpus: 64 })
  expect(large.refusal).toBe('no_capacity')
  expect(large.items[0]).toMatchObject({ gpus: 16, nodes: 4, differs: ['gpus'] })
  const other = await ask(rich, { accelerator: 'B300' })
  expect(other).toMatchObject({ refusal: 'no_capacity', items: [{ differs: ['pool'] }, {}, {}] })
  const isolation = JSON.stringify({ kind: 'owner_only', text: 'nothing keeps work apart' })
  await database.updateTable('pool').set({ isolation }).execute()
  expect(await ask(rich, {})).toMatchObject({ refusal: 'no_capacity', items: [] })
  const past = ask(rich, { from: new Date(clock.now().getTime() - 1) })
  await expect(past).rejects.toMatchObject({ code: 'request.invalid' })
})

test('a quote keeps its price though the list changes, is used once, and is over in its time', async () => {
  const { buyer, database, clock, context, order, findLease } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const quote = () => inTransaction(database, (tx) => createQuote(tx, { ...a, gpus: 4 }, context()))
  const [first, second] = [await quote(), await quote()]
  expect(first).toMatchObject({ pool: POOL, nodes: 1, priceUsd: money('2') })
  clock.advance(1000)
  const price = { amount: money('3'), per: 3_600_000n, unit: 'gpu_ms' } as const
  await inTransaction(database, (tx) =>
    setPrice(tx, { sku: `gpu.${POOL}.on_demand`, price, ...context() }),
  )
  const buy = (of: Buyer, asked: Partial<Parameters<OrderStand['order']>[1]>) =>
    order(of, { kind: 'on_demand', gpus: 4, limit: null, ...asked })
  const code = async (work: Promise<unknown>) => {
    const error: unknown = await work.catch((cause: unknown) => cause)
    return error instanceof Fault ? [error.code, error.fields?.[0]?.field] : error
  }
  expect(await code(buy(b, { quote: first.id }))).toEqual(['quote.not_found', undefined])
  const wrong = ['request.invalid', 'body.gpus']
  expect(await code(buy(a, { quote: first.id, gpus: 2 }))).toEqual(wrong)
  expect(await code(buy(a, { quote: first.id, nodes: 2 }))).toEqual([wrong[0], 'body.nodes'])
  const spot = buy(a, { quote: first.id, kind: 'spot' })
  expect(await code(spot)).toEqual(['request.invalid', 'body.quote'])
  const made = await buy(a, { quote: first.id })
  expect(made.priceUsd).toBe(money('2'))
  expect((await findLease(made.leaseId)).agreedPrice?.amount).toBe(money('2'))
  expect((await findQuote(database, first.id))?.orderId).toBe(made.id)
  expect(await code(buy(a, { quote: first.id }))).toEqual(['quote.over', undefined])
  clock.advance(600_000)
  expect(await code(buy(a, { quote: second.id }))).toEqual(['quote.over', undefined])
  expect((await buy(a, {})).priceUsd).toBe(money('3'))
})
