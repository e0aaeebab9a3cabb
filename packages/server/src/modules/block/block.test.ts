/** Blocks from the purchase to the last cent: what is booked, who gives way, what is paid, and what is given back. */
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { createBlock } from './service.ts'
import { stepBlock } from './steps.ts'
import { listFacts } from './store.ts'
import { type BlockStand, HOUR_MS, makeBlockStand } from './testing/stand.ts'

let stand: BlockStand

async function begin(): Promise<BlockStand> {
  stand = await makeBlockStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand.dispose())

async function refusal(work: Promise<unknown>) {
  const error: unknown = await work.catch((cause: unknown) => cause)
  if (!(error instanceof Fault)) throw new Error('it was not refused', { cause: error })
  return { code: error.code, fields: error.fields?.map(({ field }) => field) ?? [] }
}

test('a block is held when it is bought, kept through its hours, paid whole, and its leases cost nothing more', async () => {
  const { buyer, buy, goTo, block, lease, findLease, balance, slots, wrong, database } =
    await begin()
  const a = await buyer('a', '100')
  const { id } = await buy(a, { gpus: 8, nodes: 2, from: 2, to: 5 })
  expect(renderMoney((await balance(a)).held)).toBe('43.2')
  await goTo(1.5)
  expect(await slots()).toEqual({})
  await goTo(2)
  expect(await slots()).toEqual({ reserved: 8 })
  expect((await block(id)).state).toBe('active')
  // when a lease uses half of it
  const inside = await lease(a, { gpus: 4, block: id })
  await goTo(2.02)
  expect(await findLease(inside.id)).toMatchObject({ state: 'running', priceUsd: 0n })
  expect(await slots()).toEqual({ reserved: 8 })
  await goTo(5.01)
  // then
  expect(await findLease(inside.id)).toMatchObject({ state: 'ended', endReason: 'time_limit' })
  const over = await block(id)
  expect(over).toMatchObject({ state: 'ended', missingGpuMs: 0, creditUsd: 0n })
  expect(over.usedGpuMs).toBeGreaterThan(4 * 2.9 * HOUR_MS)
  expect(await slots()).toEqual({})
  const { posted, held } = await balance(a)
  expect([renderMoney(posted), renderMoney(held)]).toEqual(['56.8', '0'])
  const usage = await usageOf(database, [id, inside.id])
  expect(usage.get(id)?.charged).toBe(money('43.2'))
  expect(usage.get(inside.id)?.charged).toBe(0n)
  expect(usage.get(inside.id)?.quantity).toBeGreaterThan(0n)
  expect(await wrong()).toEqual([])
})

test('of purchases at once no more are sold than the pool can place', async () => {
  const { buyer, request, context, database } = await begin()
  const buyers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((each) => buyer(`b${each}`)))
  const outcomes = await Promise.allSettled(
    buyers.map((each) =>
      inTransaction(database, (tx) =>
        createBlock(tx, request(each, { gpus: 4, from: 3, to: 9 }), context()),
      ),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  const codes = outcomes.flatMap((each) =>
    each.status === 'rejected' && each.reason instanceof Fault ? [each.reason.code] : [],
  )
  expect(codes).toEqual(Array(4).fill('block.no_capacity'))
})

test('the database itself books no more than there is, whatever is believed of the room', async () => {
  const { buyer, buy, database, at } = await begin()
  const a = await buyer('a')
  await buy(a, { gpus: 16, nodes: 4, from: 2, to: 4 })
  const row = (from: number, to: number) => ({
    ...{
      id: `blk_${from}`,
      organization_id: a.organizationId,
      pool_name: 'sim',
      gpus: 1,
      nodes: 1,
    },
    ...{ fabric: 'any', lead_ms: 0, starts_at: at(from), ends_at: at(to) },
  })
  const book = (from: number, to: number) =>
    database.insertInto('booking').values(row(from, to)).execute()
  await expect(book(1, 3)).rejects.toMatchObject({ constraint: 'booking_no_oversale' })
  await expect(book(3, 9)).rejects.toMatchObject({ constraint: 'booking_no_oversale' })
  await book(4, 9)
})

test('work on demand without a time limit keeps its room from blocks, and booked room is kept from it', async () => {
  const { buyer, buy, lease, goTo, findLease, look } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const first = await lease(a, { gpus: 4 })
  await look()
  expect(await findLease(first.id)).toMatchObject({ state: 'running' })
  expect(await refusal(buy(b, { gpus: 16, nodes: 4, from: 5, to: 6 }))).toMatchObject({
    code: 'block.no_capacity',
  })
  await buy(b, { gpus: 12, nodes: 3, from: 5, to: 6 })
  // when more is asked for now: with an end before the block it fits, without one it waits
  const endless = await lease(a, { gpus: 4 })
  const short = await lease(a, { gpus: 4, timeLimitMs: 2 * HOUR_MS })
  await look()
  expect((await findLease(endless.id)).state).toBe('pending')
  expect((await findLease(endless.id)).waitingFor).toContain('booked as blocks')
  expect((await findLease(short.id)).state).toBe('running')
  await goTo(6.1)
  expect(['starting', 'running']).toContain((await findLease(endless.id)).state)
})

test('a purchase and the start of work that stays never both rely on the same slots, however they meet', async () => {
  const { buyer, lease, request, context, database, look, findLease } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const waiting = await lease(b, { gpus: 4 })
  const asked = request(a, { gpus: 16, nodes: 4, from: 3, to: 9 })
  const purchase = inTransaction(database, (tx) => createBlock(tx, asked, context()))
  const [bought] = await Promise.allSettled([purchase, look()])
  await look()
  const { state } = await findLease(waiting.id)
  const isStarted = state === 'starting' || state === 'running'
  expect(isStarted).toBe(bought.status === 'rejected')
})

test('spot gives way with the whole of its notice, and the block begins in time with all of its room', async () => {
  const { buyer, buy, lease, goTo, findLease, leaseFacts, block, at, look, slots } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const spots = await Promise.all([1, 2, 3, 4].map(() => lease(b, { kind: 'spot', gpus: 4 })))
  await look()
  await look()
  const { id } = await buy(a, { gpus: 8, nodes: 2, from: 3, to: 4 })
  await goTo(2.8)
  expect(await slots()).toEqual({ spot: 16 })
  await goTo(3, 30_000)
  const gone = (await Promise.all(spots.map(({ id: spot }) => findLease(spot)))).filter(
    ({ state }) => state === 'ended',
  )
  expect(gone).toHaveLength(2)
  for (const { noticeAt, stoppedAt, id: leaseId } of gone) {
    expect((stoppedAt?.getTime() ?? 0) - (noticeAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(300_000)
    expect(stoppedAt?.getTime()).toBeLessThanOrEqual(at(3).getTime())
    const types = (await leaseFacts(leaseId)).map(({ type }) => type)
    expect(types).not.toContain('lease.reclaim_cause_gone')
  }
  const { readyAt, state } = await block(id)
  expect(state).toBe('active')
  expect(readyAt?.getTime()).toBeLessThanOrEqual(at(3).getTime())
  expect(await slots()).toEqual({ reserved: 8, spot: 8 })
})

test('a lease asked for beforehand starts when its block begins; what a lease leaves is the block’s again', async () => {
  const { buyer, buy, lease, goTo, findLease, slots, look } = await begin()
  const a = await buyer('a')
  const { id } = await buy(a, { gpus: 4, from: 2, to: 4 })
  const early = await lease(a, { gpus: 4, block: id, command: ['exit', '0'] })
  await look()
  expect((await findLease(early.id)).waitingFor).toContain('block to begin')
  await goTo(2.1)
  expect(await findLease(early.id)).toMatchObject({ state: 'ended', endReason: 'exited' })
  expect(await slots()).toEqual({ reserved: 4 })
  // then another has the same slots
  const next = await lease(a, { gpus: 3, block: id })
  await look()
  await look()
  expect((await findLease(next.id)).state).toBe('running')
  expect(await slots()).toEqual({ reserved: 4 })
  expect(await refusal(lease(a, { gpus: 5, block: id }))).toMatchObject({
    code: 'lease.over_capacity',
  })
  const b = await buyer('b')
  expect(await refusal(lease(b, { gpus: 1, block: id }))).toMatchObject({ code: 'block.not_found' })
  await goTo(4.01)
  expect(await refusal(lease(a, { gpus: 1, block: id }))).toMatchObject({ code: 'block.over' })
})

test('nobody takes back what runs within a block, not even the owner’s work', async () => {
  const { buyer, buy, lease, goTo, findLease, look } = await begin()
  const a = await buyer('a')
  const { id } = await buy(a, { gpus: 16, nodes: 4, from: 2, to: 4 })
  await goTo(2)
  const inside = await lease(a, { gpus: 4, block: id })
  await look()
  const anchor = await lease(a, { kind: 'anchor', gpus: 4 })
  await goTo(2.5)
  expect((await findLease(inside.id)).state).toBe('running')
  expect((await findLease(anchor.id)).state).toBe('pending')
  await goTo(4.05)
  expect(['starting', 'running']).toContain((await findLease(anchor.id)).state)
})

test('at the end of a block its leases have had their notice, or go on as on demand where they asked for it', async () => {
  const { buyer, buy, lease, goTo, findLease, leaseFacts, slots, at, wrong, database } =
    await begin()
  const a = await buyer('a')
  const { id } = await buy(a, { gpus: 4, from: 2, to: 4 })
  await goTo(2)
  const ending = await lease(a, { gpus: 2, block: id })
  const going = await lease(a, { gpus: 2, block: id, after: 'on_demand' })
  await goTo(3.9, 120_000)
  expect(await findLease(ending.id)).toMatchObject({ state: 'reclaiming', stopAt: at(4) })
  const { noticeAt } = await findLease(ending.id)
  expect(at(4).getTime() - (noticeAt?.getTime() ?? 0)).toBeGreaterThan(480_000)
  await goTo(5)
  expect(await findLease(ending.id)).toMatchObject({ state: 'ended', endReason: 'time_limit' })
  const gone = await findLease(going.id)
  expect(gone).toMatchObject({ state: 'running', blockId: null, priceUsd: money('2') })
  expect((await leaseFacts(going.id)).map(({ type }) => type)).toContain('lease.block_left')
  expect(await slots()).toEqual({ on_demand: 2 })
  // then it is charged from the end of the block on, and not before
  const rows = await database
    .selectFrom('usage_hour')
    .select(['sku', 'amount'])
    .where('resource', '=', going.id)
    .execute()
  const paid = rows.filter(({ amount }) => money(amount) > 0n)
  expect(paid.map(({ sku }) => sku)).toEqual(['gpu.sim.on_demand'])
  const cost = money(paid[0]?.amount ?? '0')
  expect(cost).toBeGreaterThan(money('3.5'))
  expect(cost).toBeLessThanOrEqual(money('4'))
  expect(await wrong()).toEqual([])
})

test('a node that failed is replaced; what was missing meanwhile is given back, and half of it on top', async () => {
  const { buyer, buy, goTo, block, database, loseNode, lease, balance, wrong, slots } =
    await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const { id } = await buy(a, { gpus: 4, from: 2, to: 6 })
  await goTo(2)
  const full = await Promise.all([1, 2, 3].map(() => lease(b, { gpus: 4, timeLimitMs: HOUR_MS })))
  expect(full).toHaveLength(3)
  await goTo(2.5)
  const claim = (await listOpenClaims(database)).find(({ kind }) => kind === 'reserved')
  await loseNode(claim?.nodeId ?? '')
  await goTo(2.6)
  expect(await slots()).toEqual({ on_demand: 12 })
  // when the others are over, its room is there again
  await goTo(6.05)
  const over = await block(id)
  const types = (await listFacts(database, id)).map(({ type }) => type)
  expect(types).toEqual([
    ...['block.created', 'block.ready', 'block.started', 'block.node_lost', 'block.ended'],
  ])
  expect(over.missingGpuMs).toBeGreaterThan(4 * 0.4 * HOUR_MS)
  expect(over.missingGpuMs).toBeLessThan(4 * 0.7 * HOUR_MS)
  const expected = (money('1.8') * BigInt(over.missingGpuMs ?? 0) * 3n) / (BigInt(HOUR_MS) * 2n)
  expect((over.creditUsd ?? 0n) - expected).toBeLessThanOrEqual(1n)
  expect((await balance(a)).posted).toBe(money('10000') - money('28.8') + (over.creditUsd ?? 0n))
  expect(await wrong()).toEqual([])
})

test('a block of which nothing was ever there is unavailable, and more than its price is given back', async () => {
  const { buyer, buy, goTo, block, database, loseNode, balance, wrong } = await begin()
  const a = await buyer('a')
  const { id } = await buy(a, { gpus: 4, from: 2, to: 3 })
  const nodes = await database.selectFrom('node').select('id').execute()
  for (const node of nodes) await loseNode(node.id)
  await goTo(3.01)
  expect(await block(id)).toMatchObject({ state: 'unavailable', creditUsd: money('10.8') })
  expect(renderMoney((await balance(a)).posted)).toBe('10003.6')
  expect(await wrong()).toEqual([])
})

test('what is sold back goes to spot, comes back after the whole notice, and half of what was paid is credited by lease', async () => {
  const { buyer, buy, lease, goTo, slots, sell, want, block, balance, wrong, database, findLease } =
    await begin()
  const [a, b] = [await buyer('a', '100'), await buyer('b')]
  const { id } = await buy(a, { gpus: 16, nodes: 4, from: 2, to: 5 })
  expect((await refusal(sell(a, id, 1))).code).toBe('block.not_idle')
  await goTo(2)
  expect((await refusal(sell(b, id, 1))).code).toBe('block.not_found')
  expect((await refusal(sell(a, id, 5))).code).toBe('block.not_idle')
  await sell(a, id, 1)
  const spot = await lease(b, { kind: 'spot', gpus: 4 })
  const endless = await lease(b, { gpus: 4 })
  await goTo(3)
  expect(await slots()).toEqual({ reserved: 12, spot: 4 })
  expect((await findLease(endless.id)).state).toBe('pending')
  // when it is wanted back
  await want(a, id)
  await goTo(3.25, 60_000)
  expect(await slots()).toEqual({ reserved: 16 })
  const { noticeAt, stoppedAt } = await findLease(spot.id)
  expect((stoppedAt?.getTime() ?? 0) - (noticeAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(300_000)
  await goTo(5.3)
  // then nothing was missing, and what the lease paid is shared
  expect(await block(id)).toMatchObject({ state: 'ended', missingGpuMs: 0, creditUsd: 0n })
  const paid = (await usageOf(database, [spot.id])).get(spot.id)?.charged ?? 0n
  expect(paid).toBeGreaterThan(money('3'))
  const lines = await database.selectFrom('sell_back_line').selectAll().execute()
  expect(lines).toMatchObject([{ lease_id: spot.id, paid_usd: renderMoney(paid as Money) }])
  const credit = money(lines[0]?.credit_usd ?? '0')
  expect(credit).toBe((paid as bigint) / 2n)
  expect((await balance(a)).posted).toBe(money('100') - money('86.4') + credit)
  expect(await wrong()).toEqual([])
})

test('a purchase that dies before it commits leaves nothing; one that did is found by whoever looks next', async () => {
  const { buyer, request, context, database, balance, goTo, block, wrong } = await begin()
  const a = await buyer('a', '100')
  const asked = request(a, { gpus: 4, from: 2, to: 3 })
  const dying = inTransaction(database, async (tx) => {
    await createBlock(tx, asked, context())
    throw new Error('the process dies')
  })
  await expect(dying).rejects.toThrow('dies')
  expect((await balance(a)).held).toBe(0n)
  for (const table of ['booking', 'block', 'block_fact'] as const)
    expect(await database.selectFrom(table).selectAll().execute()).toEqual([])
  // when it commits, its strand stands in the database with it
  const { id } = await inTransaction(database, (tx) => createBlock(tx, asked, context()))
  const strand = database.selectFrom('strand').selectAll().where('subject', '=', id)
  expect(await strand.execute()).toHaveLength(1)
  await goTo(3.01)
  expect((await block(id)).state).toBe('ended')
  expect(renderMoney((await balance(a)).posted)).toBe('92.8')
  expect(await wrong()).toEqual([])
})

test('a step that ran twice, or not for hours, charges each hour once', async () => {
  const { buyer, buy, goTo, clock, deps, at, block, balance, wrong } = await begin()
  const a = await buyer('a', '100')
  const { id } = await buy(a, { gpus: 4, from: 2, to: 6 })
  await goTo(3)
  await Promise.all([stepBlock(deps, id), stepBlock(deps, id)])
  expect((await block(id)).chargedUntil).toEqual(at(3))
  expect(renderMoney((await balance(a)).posted)).toBe('92.8')
  clock.advance(10 * HOUR_MS)
  await Promise.all([stepBlock(deps, id), stepBlock(deps, id)])
  await stepBlock(deps, id)
  const { posted, held } = await balance(a)
  expect([renderMoney(posted), renderMoney(held)]).toEqual(['71.2', '0'])
  expect(await wrong()).toEqual([])
})

test('what cannot be bought is named by its field, and nothing is kept of it', async () => {
  const { buyer, buy, balance, database } = await begin()
  const [a, poor] = [await buyer('a'), await buyer('poor', '1')]
  const fields = async (from: number, to: number) =>
    (await refusal(buy(a, { gpus: 4, from, to }))).fields
  expect(await fields(2.5, 4)).toEqual(['body.startsAt'])
  expect(await fields(2, 4.25)).toEqual(['body.endsAt'])
  expect(await fields(-5, 4)).toEqual(['body.startsAt'])
  expect(await fields(0, 4)).toEqual(['body.startsAt'])
  expect(await fields(24 * 60, 24 * 61)).toEqual(['body.startsAt'])
  expect(await fields(4, 4)).toEqual(['body.endsAt'])
  expect(await fields(4, 4 + 24 * 29)).toEqual(['body.endsAt'])
  expect((await refusal(buy(a, { gpus: 17, from: 2, to: 4 }))).code).toBe('lease.over_capacity')
  expect((await refusal(buy(a, { gpus: 4, from: 2, to: 4, maxPrice: '1' }))).code).toBe(
    'lease.price_below_market',
  )
  expect((await refusal(buy(poor, { gpus: 4, from: 2, to: 4 }))).code).toBe('balance.insufficient')
  expect((await balance(a)).held).toBe(0n)
  expect(await database.selectFrom('booking').selectAll().execute()).toEqual([])
})
