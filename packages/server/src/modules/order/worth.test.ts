/** What an hour is worth, what can be bought by the hour, and what the owner's kept capacity costs. */
import { afterEach, describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { benchmarkOf, type Worth } from '#modules/market/index.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'
import { answerBenchmark, answerCalendar, answerTransfer } from './worth-service.ts'

function worth(kind: Worth['kind'], gpus: number, usd: string): Worth {
  return { kind, name: null, gpus, worth: money(usd) }
}

describe('the benchmark price', () => {
  const reserve = money('0.5')

  test('is the worth of whoever has the last GPU, whether he pays by the hour or earns by the token', () => {
    const worths = [worth('spot', 4, '1'), worth('serving', 2, '3'), worth('order', 4, '0.8')]
    const found = benchmarkOf(worths, { gpus: 8, reserve })
    expect(found).toMatchObject({ price: money('0.8'), basis: 'demand' })
    expect(found.stack.map(({ kind }) => kind)).toEqual(['serving', 'spot', 'order'])
    const tight = benchmarkOf(worths, { gpus: 6, reserve })
    expect(tight.price).toBe(money('1'))
    expect(tight.stack.map(({ isServed }) => isServed)).toEqual([true, true, false])
  })

  test('is the reserve while more is free than is wanted, and never below it', () => {
    const few = benchmarkOf([worth('spot', 4, '1')], { gpus: 8, reserve })
    expect(few).toMatchObject({ price: reserve, basis: 'reserve' })
    const low = benchmarkOf([worth('flex', 8, '0.1')], { gpus: 8, reserve })
    expect(low.price).toBe(reserve)
    expect(benchmarkOf([], { gpus: 0, reserve }).price).toBe(reserve)
  })

  test('those who are alike are told together', () => {
    const alike = [worth('spot', 4, '1'), worth('spot', 2, '1')]
    expect(benchmarkOf(alike, { gpus: 8, reserve }).stack).toMatchObject([{ gpus: 6 }])
  })
})

let stand: OrderStand | null = null

async function begin(): Promise<OrderStand> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand?.dispose())

const noModels = () => Promise.resolve([])

test('orders that stand and leases that run make the price of a pool; to buyers orders are sealed', async () => {
  const { buyer, order, clear, cycle, lease, database, clock } = await begin()
  const a = await buyer('a')
  await lease(a, { kind: 'on_demand', gpus: 4 })
  await cycle()
  await order(a, { gpus: 16, nodes: 4, limit: '0.9' })
  await clear()
  const context = { now: clock.now(), bidsOfReplicas: noModels, isOperator: true }
  const answer = await answerBenchmark(database, POOL, context)
  expect(answer).toMatchObject({ gpusForSale: 16, basis: 'demand', usdPerGpuHour: '0.9' })
  expect(answer.stack).toMatchObject([
    { kind: 'on_demand', gpus: 4, usdPerGpuHour: '2', isServed: true },
    { kind: 'order', gpus: 16, usdPerGpuHour: '0.9', isServed: true },
  ])
  // what is wanted for less than anything is sold for is not told that there is no room
  const bids = [
    { kind: 'serving', name: 'toy', gpus: 1, worth: money('0.01') },
    { kind: 'serving', name: 'other', gpus: 1, worth: money('0.8') },
  ] as const
  const bidsOfReplicas = () => Promise.resolve(bids)
  const told = await answerBenchmark(database, POOL, { ...context, bidsOfReplicas })
  expect(told.stack.map(({ whyNot }) => whyNot)).toEqual([null, null, 'no_room', 'below_reserve'])
  const seen = await answerBenchmark(database, POOL, { ...context, isOperator: false })
  expect(seen).toMatchObject({ basis: 'reserve', stack: [] })
  expect(seen.usdPerGpuHour).not.toBe('0.9')
  const nowhere = answerBenchmark(database, 'nowhere', context)
  await expect(nowhere).rejects.toMatchObject({ code: 'pool.not_found' })
})

test('the calendar knows what gives way, and refuses what is past', async () => {
  const { buyer, order, clear, find, stepLease, database, clock } = await begin()
  const a = await buyer('a')
  const { id } = await order(a, { gpus: 4 })
  await clear()
  await stepLease((await find(id)).leaseId ?? '')
  const ask = (from: Date | null) =>
    answerCalendar(database, POOL, { from, hours: 3, now: clock.now() })
  const { hours } = await ask(null)
  expect(hours).toHaveLength(3)
  expect(hours[2]).toMatchObject({ gpusTotal: 16, gpusFree: 12 })
  await expect(ask(new Date(0))).rejects.toMatchObject({ code: 'request.invalid' })
})

test('what is kept for the owner and stands idle has a price', async () => {
  const { database, clock } = await begin()
  clock.advance(7_200_000)
  const to = clock.now()
  const ask = (from: Date | null) => answerTransfer(database, POOL, { from, to, isPosted: false })
  expect(await ask(new Date(to.getTime() - 3_600_000))).toMatchObject({
    ...{ slotsKept: 0, keptGpuMs: 0, chargeUsd: '0', usdPerGpuHour: '1' },
  })
  const { reclaim } = await database.selectFrom('pool').select('reclaim').executeTakeFirstOrThrow()
  const kept = JSON.stringify({ ...(reclaim as object), anchorHeadroom: 2 })
  await database.updateTable('pool').set({ reclaim: kept }).execute()
  expect(await ask(new Date(to.getTime() - 3_600_000))).toMatchObject({
    ...{ slotsKept: 2, keptGpuMs: 7_200_000, idleGpuMs: 7_200_000, chargeUsd: '2' },
  })
  await expect(ask(to)).rejects.toMatchObject({ code: 'request.invalid' })
})
