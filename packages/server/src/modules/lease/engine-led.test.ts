import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { postCompensation } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { listReclaimsOf } from './reclaim-store.ts'
import { verifyCredits } from './reclaim-verification-service.ts'
import { reclaimsIn } from './terms.ts'
import { makeStand, type Stand, terms } from './testing/stand.ts'

let database: Awaited<ReturnType<typeof cloneDatabase>>
let stand: Stand

beforeEach(async () => {
  database = await cloneDatabase()
  stand = await makeStand(database.db)
})

afterEach(() => stand.dispose())

/** The owner's people take the whole cluster, past Spillway. */
function takeAll(): Promise<string> {
  return stand.engine.controls.submitForeign({ nodes: 4, gpusPerNode: 4 })
}

async function running(kind: 'spot' | 'flex' = 'spot') {
  const { id } = await stand.ask(kind, 4, ['sh', '-c', 'ignore-term; run'])
  await stand.look()
  await stand.look()
  return stand.lease(id)
}

describe('a reclaim that the engine leads', () => {
  test('is entered with the engine’s times, warned of by every way, and closed at the confirmed end', async () => {
    const lease = await running()
    await takeAll()
    await stand.look(50)
    const [seen] = await listReclaimsOf(database.db, lease.id)
    expect(await stand.lease(lease.id)).toMatchObject({ state: 'reclaiming', reclaimFor: null })
    expect(seen).toMatchObject({ cause: 'engine', byKind: null, noticeSignal: true })
    // The simulated cluster gives a tenth of a second, whatever the lease was promised.
    expect((seen?.stopAt?.getTime() ?? 0) - (seen?.decidedAt.getTime() ?? 0)).toBe(100)
    await stand.look()
    const ended = await stand.lease(lease.id)
    expect(ended).toMatchObject({ state: 'ended', endReason: 'reclaimed' })
    const [closed] = await listReclaimsOf(database.db, lease.id)
    expect(closed?.goneAt).toEqual(ended.endedAt)
    expect(ended.meteredUntil).toEqual(ended.endedAt)
    expect(closed?.compensationUsd).toBe(600_000_000_000n)
    expect(await stand.facts(lease.id)).toContain('lease.reclaim_credited')
    expect((await verifyCredits(database.db)).every(({ isHeld }) => isHeld)).toBe(true)
  })

  test('that nobody saw begin says honestly that no notice was possible, and is credited all the same', async () => {
    const lease = await running()
    await takeAll()
    await stand.look(5000)
    const [reclaim] = await listReclaimsOf(database.db, lease.id)
    expect(reclaim).toMatchObject({ cause: 'engine', stopAt: null, noticeDeliveredAt: null })
    expect(reclaim?.reason).toMatch(/no notice was possible/)
    expect(reclaim?.decidedAt).toEqual(reclaim?.goneAt)
    expect(reclaim?.compensationUsd).toBe(600_000_000_000n)
    const ended = await stand.lease(lease.id)
    expect(ended).toMatchObject({ state: 'ended', endReason: 'reclaimed' })
    expect(reclaimsIn(ended, stand.clock.now())).toBe(1)
  })
})

test('a credit that is not what the terms promise is found, and so is one without a reclaim', async () => {
  const lease = await running()
  await takeAll()
  await stand.look(5000)
  await database.db
    .updateTable('reclaim')
    .set({ terms: JSON.stringify(terms({ compensation: { kind: 'minutes', minutes: 11 } })) })
    .where('lease_id', '=', lease.id)
    .execute()
  const [reclaim] = await listReclaimsOf(database.db, lease.id)
  const { ids } = stand.deps
  const { organizationId } = lease
  for (const cause of ['fault', 'reclaim'] as const) {
    const credit = { organizationId, amount: money('1'), source: `${cause}:lse/1`, cause }
    await inTransaction(database.db, (tx) =>
      postCompensation(tx, { ...credit, now: new Date(), ids }),
    )
  }
  const [reclaims, faults] = await verifyCredits(database.db)
  expect([reclaims?.isHeld, faults?.isHeld]).toEqual([false, false])
  expect(reclaims?.text).toContain(`${reclaim?.id}, reclaim:lse/1.`)
  expect(faults?.text).toContain('fault:lse/1.')
})
