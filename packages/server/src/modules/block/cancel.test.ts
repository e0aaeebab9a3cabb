/** Blocks that are cancelled before they begin: what that costs, what comes back, and who may have the room. */
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { money, renderMoney, ZERO } from '#kernel/money.ts'
import { usageOf } from '#modules/metering/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { cancelBlock, publishTerms } from './cancel-service.ts'
import { cancelFee, renderTerms } from './cancel.ts'
import { listFacts } from './store.ts'
import { type BlockStand, type Buyer, makeBlockStand } from './testing/stand.ts'

let stand: BlockStand

async function begin(): Promise<BlockStand> {
  stand = await makeBlockStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand?.dispose())

function cancel({ organizationId }: Buyer, id: string, feeMax = '1000'): Promise<void> {
  const asked = { id, organizationId, feeMax: money(feeMax) }
  return inTransaction(stand.database, (tx) => cancelBlock(tx, asked, stand.context()))
}

function publish(freeHours: number, feePercent: number): Promise<void> {
  const now = stand.clock.now()
  return inTransaction(stand.database, (tx) => publishTerms(tx, { freeHours, feePercent }, now))
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((cause: unknown) => cause)
  if (!(error instanceof Fault)) throw new Error('it was not refused', { cause: error })
  return error.code
}

test('the fee is nothing while it is early, a part of the price later, and there is none once it has begun', () => {
  const startsAt = new Date('2026-02-01T00:00:00.000Z')
  const terms = { freeHours: 48, feePercent: 33 }
  const at = (hoursBefore: number) => new Date(startsAt.getTime() - hoursBefore * 3_600_000)
  const fee = (hoursBefore: number) =>
    cancelFee(terms, { startsAt, whole: money('0.000000000005'), at: at(hoursBefore) })
  expect([fee(49), fee(48)]).toEqual([ZERO, ZERO])
  expect(fee(47.99)).toBe(money('0.000000000001'))
  expect([fee(0), fee(-1)]).toEqual([null, null])
  expect(renderTerms(terms)).toContain('48 hours before its start or sooner, a block costs nothing')
  expect(renderTerms({ freeHours: 0, feePercent: 10 })).not.toContain('10 %')
  expect(renderTerms({ freeHours: 5, feePercent: 0 })).toContain('costs nothing')
})

test('a block cancelled early costs nothing, and its hours can be bought again', async () => {
  const { buyer, buy, balance, block, goTo, wrong, database } = await begin()
  const [a, b] = [await buyer('a', '1000'), await buyer('b')]
  const all = { gpus: 16, nodes: 4, from: 170, to: 172 }
  const { id } = await buy(a, all)
  expect(await refusal(buy(b, all))).toBe('block.no_capacity')
  await cancel(a, id)
  expect(await block(id)).toMatchObject({ state: 'cancelled', feeUsd: ZERO, creditUsd: ZERO })
  expect(await balance(a)).toMatchObject({ posted: money('1000'), held: ZERO })
  expect((await usageOf(database, [id])).get(id)).toBeUndefined()
  await buy(b, all)
  await goTo(1)
  expect((await block(id)).state).toBe('cancelled')
  expect((await listFacts(database, id)).map(({ type }) => type)).toEqual([
    ...['block.created', 'block.cancelled'],
  ])
  expect(await wrong()).toEqual([])
})

test('cancelled late, its fee is paid from its hold, what was gathered is free again, and its leases end', async () => {
  const { buyer, buy, lease, balance, block, goTo, slots, findLease, wrong } = await begin()
  const a = await buyer('a', '100')
  const { id } = await buy(a, { gpus: 8, nodes: 2, from: 2, to: 5 })
  const early = await lease(a, { gpus: 4, block: id })
  await goTo(1.97, 60_000)
  expect(await slots()).toEqual({ reserved: 8 })
  await cancel(a, id)
  // then a quarter of its price of 43.2 is charged
  expect(await block(id)).toMatchObject({ state: 'cancelled', feeUsd: money('10.8') })
  const { posted, held } = await balance(a)
  expect([renderMoney(posted), renderMoney(held)]).toEqual(['89.2', '0'])
  expect(await slots()).toEqual({})
  expect(await findLease(early.id)).toMatchObject({ state: 'ended' })
  await goTo(5.1, 600_000)
  expect(await slots()).toEqual({})
  expect((await balance(a)).posted).toBe(money('89.2'))
  expect(await wrong()).toEqual([])
})

test('a block keeps the rule that it was bought under, and what is published holds for the next', async () => {
  const { buyer, buy, block } = await begin()
  const a = await buyer('a')
  const before = await buy(a, { gpus: 4, from: 5, to: 6 })
  await publish(1344, 100)
  const after = await buy(a, { gpus: 4, from: 5, to: 6 })
  await cancel(a, before.id)
  await cancel(a, after.id)
  expect((await block(before.id)).feeUsd).toBe(money('1.8'))
  expect((await block(after.id)).feeUsd).toBe(money('7.2'))
})

test('nobody cancels what has begun, is over, belongs to another, or costs more than was agreed to', async () => {
  const { buyer, buy, goTo, balance, database } = await begin()
  const [a, b] = [await buyer('a', '100'), await buyer('b')]
  const { id } = await buy(a, { gpus: 4, from: 2, to: 3 })
  expect(await refusal(cancel(b, id))).toBe('block.not_found')
  expect(await refusal(cancel(a, id, '1.79'))).toBe('block.not_cancellable')
  await goTo(2)
  expect(await refusal(cancel(a, id))).toBe('block.not_cancellable')
  await goTo(3.01)
  expect(await refusal(cancel(a, id))).toBe('block.over')
  expect((await balance(a)).posted).toBe(money('92.8'))
  // when it was bought before there was a rule
  const old = await buy(a, { gpus: 4, from: 6, to: 7 })
  await database
    .updateTable('block')
    .set({ free_hours: null, fee_percent: null })
    .where('id', '=', old.id)
    .execute()
  expect(await refusal(cancel(a, old.id))).toBe('block.not_cancellable')
})

test('of two that cancel at once one does; it is charged once', async () => {
  const { buyer, buy, balance, wrong } = await begin()
  const a = await buyer('a', '100')
  const { id } = await buy(a, { gpus: 4, from: 2, to: 3 })
  const outcomes = await Promise.allSettled([cancel(a, id), cancel(a, id)])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect((await balance(a)).posted).toBe(money('98.2'))
  expect(await wrong()).toEqual([])
})
