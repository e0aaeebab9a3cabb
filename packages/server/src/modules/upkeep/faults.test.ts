/** Faults of GPUs and nodes, from the engine's inventory to the book, the lease and the bill. */
import { afterAll, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { findReading, listFaults } from '#modules/fleet/index.ts'
import { listFacts, listOpenLeases } from '#modules/lease/index.ts'
import { getBalance } from '#modules/ledger/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { makeStand, POOL } from './testing/stand.ts'

const { db } = await cloneDatabase()
const stand = await makeStand(db)
afterAll(stand.dispose)
const { controls } = stand
const XID = 'Xid 79: the GPU has fallen off the bus'

async function factTypes(id: string): Promise<string[]> {
  return (await listFacts(db, id)).map(({ type }) => type)
}

test('a slot that breaks while it is free is held as faulty, and given back when it is mended', async () => {
  await stand.reconcile()
  await controls.failSlot({ node: 'sim-001', slot: 3 }, { reason: 'row remap pending' })
  await stand.reconcile()
  expect(await stand.book()).toEqual(['sim-001/3 faulty'])
  expect(await listFaults(db)).toMatchObject([
    { slot: 3, reason: 'row remap pending', isLost: false },
  ])
  await controls.mendSlot({ node: 'sim-001', slot: 3 })
  await stand.reconcile()
  expect(await stand.book()).toEqual([])
})

test('a lease on a GPU that is not well is told, and goes on; the slot is not sold again', async () => {
  const lease = await stand.lease({ gpus: 1 })
  const slot = lease.placements[0]?.slots[0] ?? 0
  await controls.failSlot({ node: 'sim-001', slot }, { reason: 'ECC: 2', work: 'goes_on' })
  await stand.reconcile()
  expect(await factTypes(lease.id)).toContain('lease.gpu_degraded')
  expect((await stand.find(lease.id)).state).toBe('running')
  const next = await stand.lease({ gpus: 4 })
  expect(next.placements.map(({ nodeId }) => nodeId)).not.toContain(lease.placements[0]?.nodeId)
  for (const each of [lease, next]) await stand.engine.stop(`${each.id}-1`, 0)
  for (const each of [lease, next])
    await untilTrue(async () => {
      await stand.step(each.id)
      return (await stand.find(each.id)).state === 'ended' ? true : null
    })
  await stand.reconcile()
  expect(await stand.book()).toEqual([`sim-001/${slot} faulty`])
  await controls.mendSlot({ node: 'sim-001', slot })
  await stand.reconcile()
})

test('a lease whose GPU fell off the bus ends, pays until the last good reading, and is started elsewhere if it asked', async () => {
  const lease = await stand.lease({ gpus: 2, requeue: 'on_reclaim' })
  await stand.reconcile()
  const before = stand.deps.now()
  await untilTrue(async () => (stand.deps.now().getTime() - before.getTime() > 30 ? true : null))
  await controls.failSlot({ node: 'sim-001', slot: 0 }, { reason: XID, work: 'goes_on' })
  await stand.reconcile()
  const lost = await stand.find(lease.id)
  expect(lost).toMatchObject({ state: 'reclaiming', reclaimReason: 'faulty' })
  const lastGood = lost.billableUntil ?? new Date(0)
  expect(lastGood <= before).toBe(true)
  await stand.step(lease.id)
  await untilTrue(async () => {
    await stand.step(lease.id)
    return (await stand.find(lease.id)).state === 'pending' ? true : null
  })
  const started = lease.startedAt?.getTime() ?? 0
  const billedMs = Math.max(0, lastGood.getTime() - started) * 2
  const usage = (await usageOf(db, [lease.id])).get(lease.id)
  expect(Number(usage?.quantity ?? 0n)).toBe(billedMs)
  await stand.cycle()
  await stand.step(lease.id)
  const again = await stand.find(lease.id)
  expect(again).toMatchObject({ state: 'running', attempt: 2, billableUntil: null })
  expect(again.placements).not.toEqual(lease.placements)
  await controls.mendSlot({ node: 'sim-001', slot: 0 })
  await stand.reconcile()
})

test('what was charged after the last good reading is given back, to the pico, once', async () => {
  for (const { id } of await listOpenLeases(db)) await stand.stop(id)
  await stand.reconcile()
  const paidBefore = (await getBalance(db, stand.buyer.id)).posted
  const lease = await stand.lease({ gpus: 1 })
  await stand.reconcile()
  const reading = await untilTrue(async () => {
    await stand.step(lease.id)
    const { meteredUntil } = await stand.find(lease.id)
    return meteredUntil
  })
  const { node, slot } = await stand.placeOf(lease)
  await controls.failSlot({ node, slot }, { reason: XID, work: 'goes_on' })
  await stand.reconcile()
  const { billableUntil } = await stand.find(lease.id)
  expect(billableUntil && billableUntil < reading).toBe(true)
  await untilTrue(async () => {
    await stand.step(lease.id)
    return (await stand.find(lease.id)).state === 'ended' ? true : null
  })
  expect(await stand.find(lease.id)).toMatchObject({ endReason: 'faulty' })
  expect(await factTypes(lease.id)).toContain('lease.fault_credited')
  const owedMs = (billableUntil?.getTime() ?? 0) - (lease.startedAt?.getTime() ?? 0)
  const paid = paidBefore - (await getBalance(db, stand.buyer.id)).posted
  expect(paid).toBe(money('0.001') * BigInt(Math.max(0, owedMs)))
  await controls.mendSlot({ node, slot })
  await stand.reconcile()
})

test('a process that its dying GPU took along pays until the last good reading too, and is no plain exit', async () => {
  await stand.reconcile()
  const lease = await stand.lease({ gpus: 1 })
  await stand.reconcile()
  const reading = await findReading(db, POOL)
  await untilTrue(async () => {
    await stand.step(lease.id)
    const { meteredUntil } = await stand.find(lease.id)
    return meteredUntil !== null && reading !== null && meteredUntil > reading ? true : null
  })
  const { node, slot } = await stand.placeOf(lease)
  await controls.failSlot({ node, slot }, { reason: XID, work: 'dies' })
  // when its end is seen before anybody looked at the GPUs
  await stand.step(lease.id)
  // then
  const ended = await stand.find(lease.id)
  expect(ended).toMatchObject({ state: 'ended', endReason: 'faulty', billableUntil: reading })
  expect(await factTypes(lease.id)).toEqual(
    expect.arrayContaining(['lease.gpu_lost', 'lease.fault_credited']),
  )
  await stand.reconcile()
  expect(await stand.book()).toContain(`${node}/${slot} faulty`)
  await controls.mendSlot({ node, slot })
  await stand.reconcile()
})

test('akash#15 a node that is lost takes no new work, what ran there stays claimed, and nothing else is touched', async () => {
  const other = await stand.lease({ gpus: 4 })
  const { node: name } = await stand.placeOf(other)
  const before = await stand.book()
  await controls.loseNode(name, { work: 'goes_on' })
  await stand.reconcile()
  expect(await stand.book()).toEqual(before)
  await stand.step(other.id)
  expect((await stand.find(other.id)).state).toBe('running')
  await controls.bringNodeBack(name)
  await stand.reconcile()
  expect(await stand.book()).toEqual(before)
})
