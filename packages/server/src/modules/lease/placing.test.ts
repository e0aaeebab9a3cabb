import { afterEach, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { money, picos } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { getBalance, releaseHold, setHolds } from '#modules/ledger/index.ts'
import { inTransaction, violatedConstraint } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { runCycle } from './cycle.ts'
import { placeLeases } from './placing-service.ts'
import { makeStand, type Stand } from './testing/stand.ts'

let stand: Stand

async function begin(): Promise<Stand> {
  stand = await makeStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand.dispose())

test('leases that are placed at once have each their claims, their facts and their hold', async () => {
  const { deps, ask, facts, lease } = await begin()
  const asked = [await ask('spot', 4), await ask('flex', 2), await ask('on_demand', 1)]
  await runCycle(deps)
  const claims = await listOpenClaims(deps.database)
  for (const { id, gpus, organizationId, holdId } of asked) {
    const placed = await lease(id)
    expect(placed).toMatchObject({ state: 'starting', attempt: 1, waitingFor: null, holdId })
    const own = claims.filter(({ leaseId }) => leaseId === id)
    expect(own.map(({ nodeId, slots }) => ({ nodeId, slots }))).toEqual(placed.placements)
    expect(own.flatMap(({ slots }) => slots).length).toBe(gpus)
    expect(own[0]).toMatchObject({ kind: placed.kind, organizationId, startsAt: placed.placedAt })
    expect(await facts(id)).toEqual(['lease.created', 'lease.placed'])
  }
})

test('of many that are placed at once, the one that cannot be paid ends and the others start', async () => {
  const { deps, ask, lease } = await begin()
  const asked = [await ask('spot', 1), await ask('spot', 1), await ask('spot', 1)]
  const holdId = present(asked[1]?.holdId, 'a hold')
  await inTransaction(deps.database, (tx) => releaseHold(tx, holdId))
  await runCycle(deps)
  const states = await Promise.all(asked.map(async ({ id }) => (await lease(id)).state))
  expect(states).toEqual(['starting', 'ended', 'starting'])
  expect((await lease(asked[1]?.id ?? '')).endReason).toBe('balance_exhausted')
})

test('where one slot is taken, nothing of those that are placed at once is kept', async () => {
  const { deps, ask, facts, lease } = await begin()
  const first = await ask('spot', 1)
  await runCycle(deps)
  const taken = (await lease(first.id)).placements
  const nodeId = taken[0]?.nodeId ?? ''
  const others = [await ask('spot', 1), await ask('spot', 1)]
  const decisions = others.map(({ id: leaseId }, index) => ({
    ...{ kind: 'place' as const, leaseId },
    placements: index === 0 ? [{ nodeId, slots: [3] }] : taken,
  }))
  const context = { now: deps.now(), ids: deps.ids }
  const placing = inTransaction(deps.database, (tx) => placeLeases(tx, decisions, context))
  const error: unknown = await placing.catch((cause: unknown) => cause)
  expect(violatedConstraint(error)).toBe('claim_no_double_sale')
  for (const { id } of others) {
    expect((await lease(id)).state).toBe('pending')
    expect(await facts(id)).toEqual(['lease.created'])
  }
})

test('holds that are set together are all filled, or none is', async () => {
  const { deps, ask } = await begin()
  const asked = [await ask('spot', 1), await ask('spot', 1)]
  const { organizationId = '' } = asked[0] ?? {}
  const holdIds = asked.map(({ holdId }) => present(holdId, 'a hold'))
  const before = await getBalance(deps.database, organizationId)
  const set = (amounts: readonly string[]) =>
    inTransaction(deps.database, (tx) =>
      setHolds(
        tx,
        holdIds.map((holdId, index) => ({ holdId, amount: money(amounts[index] ?? '0') })),
      ),
    )
  expect(await set(['900', '900'])).toBe(false)
  expect(await getBalance(deps.database, organizationId)).toEqual(before)
  expect(await set(['900', '100'])).toBe(true)
  const after = await getBalance(deps.database, organizationId)
  expect(picos(after.posted - after.held)).toBe(0n)
})
