import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { getBalance, releaseHold } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { attemptId } from './lease.ts'
import { stepLease } from './steps.ts'
import { makeStand, type Stand } from './testing/stand.ts'

const KINDS = ['spot', 'on_demand', 'flex', 'spot'] as const

interface Run {
  readonly isTogether: boolean
  readonly creditUsd: string
  /** Done once all of them run. */
  readonly meanwhile?: (stand: Stand, ids: readonly string[]) => Promise<unknown>
}

/** All in one round; what that leaves out is seen to by its own step. */
async function meterAtOnce({ deps, engine, lease }: Stand, ids: readonly string[]): Promise<void> {
  const sightings = await Promise.all(
    ids.map(async (id) => {
      const observed = await lease(id)
      const seen = await engine.observe(attemptId(observed))
      const confirmedMs = seen.state === 'running' ? seen.confirmedMs : 0
      return { observed, until: present(deps.instantOf('boot', confirmedMs), 'an instant') }
    }),
  )
  const metered = await Promise.all(sightings.map((each) => deps.rounds.meter(deps, each)))
  for (const [index, id] of ids.entries()) if (metered[index] === null) await stepLease(deps, id)
}

/** Four leases that run, seen to once after half a minute, all at once or one by one. */
async function run({ isTogether, creditUsd, meanwhile }: Run) {
  const { db } = await cloneDatabase()
  const stand = await makeStand(db, { creditUsd })
  const { clock, deps, ask, look, lease } = stand
  try {
    const ids: string[] = []
    for (const [index, kind] of KINDS.entries()) ids.push((await ask(kind, index + 1)).id)
    await look()
    await look()
    await meanwhile?.(stand, ids)
    clock.advance(30_000)
    if (isTogether) await meterAtOnce(stand, ids)
    else for (const id of ids) await stepLease(deps, id)
    const leases = await Promise.all(ids.map(lease))
    const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM ledger_transaction
      WHERE kind = 'usage'`.execute(db)
    return {
      stand,
      balance: await getBalance(db, leases[0]?.organizationId ?? ''),
      states: leases.map(({ state }) => state),
      meteredMs: leases.map(({ startedAt, meteredUntil }) =>
        startedAt && meteredUntil ? meteredUntil.getTime() - startedAt.getTime() : null,
      ),
      transactions: rows[0]?.n ?? 0,
    }
  } finally {
    stand.dispose()
  }
}

test('leases that are metered together are billed and held for as if each were metered alone', async () => {
  const alone = await run({ isTogether: false, creditUsd: '1000' })
  const together = await run({ isTogether: true, creditUsd: '1000' })
  expect(together.balance).toEqual(alone.balance)
  expect(together.meteredMs).toEqual(alone.meteredMs)
  expect(Math.min(...together.meteredMs.map(Number))).toBeGreaterThanOrEqual(30_000)
  // One transaction for all that one organization used, where there were four.
  expect(together.transactions).toBe(alone.transactions - KINDS.length + 1)
})

test('where the hold of one cannot be filled, the others are metered all the same', async () => {
  const meanwhile = async ({ deps, lease }: Stand, ids: readonly string[]) => {
    const { holdId } = await lease(ids[1] ?? '')
    await inTransaction(deps.database, (tx) => releaseHold(tx, holdId ?? ''))
  }
  const alone = await run({ isTogether: false, creditUsd: '1000', meanwhile })
  const together = await run({ isTogether: true, creditUsd: '1000', meanwhile })
  expect(together.states).toEqual(['running', 'reclaiming', 'running', 'running'])
  expect(together).toMatchObject({ states: alone.states, meteredMs: alone.meteredMs })
  expect(together.balance).toEqual(alone.balance)
  expect(together.transactions).toBe(alone.transactions)
})

test('a lease that has a time limit is metered by its own step', async () => {
  const meanwhile = ({ deps }: Stand, ids: readonly string[]) =>
    sql`UPDATE lease SET time_limit_ms = 3600000 WHERE id = ${ids[2]}`.execute(deps.database)
  const alone = await run({ isTogether: false, creditUsd: '1000', meanwhile })
  const together = await run({ isTogether: true, creditUsd: '1000', meanwhile })
  expect(together.balance).toEqual(alone.balance)
  expect(together.meteredMs).toEqual(alone.meteredMs)
  expect(together.transactions).toBe(alone.transactions - 2)
})
