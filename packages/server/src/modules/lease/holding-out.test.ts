import { sql } from 'kysely'
/** What one pool, one decision or one change at the wrong moment must not do to the others. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { setPrice } from '#modules/catalog/index.ts'
import { overrunTotal } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { createEngines, type Engine } from '#platform/engines/engine.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { ARTIFACTS_KEPT_MS } from '../../limits.ts'
import { runCycle } from './cycle.ts'
import { findServiceAddress } from './door-service.ts'
import { discardOldFiles } from './files-service.ts'
import { stopLease } from './service.ts'
import { stepLease } from './steps.ts'
import { makeStand, type Stand } from './testing/stand.ts'

let database: Awaited<ReturnType<typeof cloneDatabase>>
let stand: Stand

beforeEach(async () => {
  database = await cloneDatabase()
  stand = await makeStand(database.db, { creditUsd: '1' })
})

afterEach(() => stand.dispose())

test('a decision that cannot be committed holds up no other, and is told', async () => {
  const [first, second] = [await stand.ask('anchor', 1), await stand.ask('anchor', 1)]
  await sql`CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`.execute(database.db)
  await sql`CREATE TRIGGER refuse_one BEFORE UPDATE ON lease FOR EACH ROW
    WHEN (OLD.id = ${sql.lit(first.id)}) EXECUTE FUNCTION refuse_one()`.execute(database.db)
  const told: string[] = []
  await runCycle({ ...stand.deps, onTrouble: (id) => told.push(id) })
  expect((await stand.lease(first.id)).state).toBe('pending')
  expect((await stand.lease(second.id)).state).toBe('starting')
  expect(told).toEqual([first.id])
})

test('a price that rose above the maximum after the plan was made starts nothing', async () => {
  const { id } = await stand.ask('spot', 1)
  const price = { amount: money('1.8'), per: 3_600_000n, unit: 'gpu_ms' } as const
  const { ids } = stand.deps
  let looks = 0
  // The plan is made at the first instant, and committed at a later one.
  const now = () => {
    if (looks++ > 0) stand.clock.advance(1000)
    return stand.clock.now()
  }
  const risen = new Date(stand.clock.now().getTime() + 500)
  await inTransaction(database.db, (tx) =>
    setPrice(tx, { sku: 'gpu.p.spot', price, now: risen, ids }),
  )
  await runCycle({ ...stand.deps, now })
  expect((await stand.lease(id)).state).toBe('pending')
  await stand.look()
  expect((await stand.lease(id)).waitingFor).toBe('the price to fall to its maximum')
})

test('a notice that the engine made longer than what is held for it is cut, and nobody overdraws', async () => {
  const { id } = await stand.ask('spot', 4, ['sh', '-c', 'ignore-term; run'])
  await stand.look()
  // As an engine says whose own grace is a day.
  const generous: Engine = {
    ...stand.engine,
    observe: async (attempt) => {
      const seen = await stand.engine.observe(attempt)
      if (seen.state !== 'running') return seen
      const decidedMs = seen.startedMs
      const preemption = { decidedMs, stopMs: decidedMs + 86_400_000, text: 'its grace is a day' }
      return { ...seen, preemption }
    },
  }
  const deps = { ...stand.deps, engines: createEngines(new Map([['p', generous]])) }
  // A dollar is sixteen minutes of four GPUs at 0.90.
  for (let look = 0; look < 130; look++) {
    stand.clock.advance(10_000)
    await stepLease(deps, id)
  }
  expect(await stand.lease(id)).toMatchObject({ state: 'ended', endReason: 'reclaimed' })
  expect(await stand.facts(id)).toContain('lease.notice_shortened')
  const allTime = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') }
  expect(await overrunTotal(database.db, allTime)).toBe(0n)
})

test('a service whose engine does not answer is unreachable, and no defect', async () => {
  const { id, organizationId } = await stand.ask('spot', 1)
  await stand.look()
  const service = JSON.stringify({ port: 0, health: {} })
  await database.db.updateTable('lease').set({ mode: 'service', service }).execute()
  const hanging: Engine = { ...stand.engine, address: () => Promise.reject(new Error('hangs')) }
  const engines = createEngines(new Map([['p', hanging]]))
  const asked = { id, organizationId, now: stand.clock.now() }
  await expect(findServiceAddress({ db: database.db, engines }, asked)).rejects.toMatchObject({
    code: 'lease.service_unreachable',
  })
})

test('an engine that cannot remove files keeps them, and nobody else’s', async () => {
  const leases = [await stand.ask('anchor', 1), await stand.ask('anchor', 1)]
  await stand.look()
  for (const { id } of leases)
    await inTransaction(database.db, (tx) =>
      stopLease(tx, { id, organizationId: null, now: stand.clock.now() }),
    )
  for (let look = 0; look < 3; look++) await stand.look()
  await sql`INSERT INTO pool SELECT (jsonb_populate_record(p, '{"name": "dead"}')).* FROM pool p`.execute(
    database.db,
  )
  const [dead, other] = leases
  const { db } = database
  await db
    .updateTable('lease')
    .set({ pool_name: 'dead' })
    .where('id', '=', dead?.id ?? '')
    .execute()
  const failing: Engine = { ...stand.engine, discard: () => Promise.reject(new Error('away')) }
  const engines = createEngines(
    new Map([
      ['dead', failing],
      ['p', stand.engine],
    ]),
  )
  const later = new Date(stand.clock.now().getTime() + ARTIFACTS_KEPT_MS + 1000)
  expect(await discardOldFiles(db, engines, later)).toHaveLength(1)
  const discarded = await db
    .selectFrom('lease')
    .select('id')
    .where('files_discarded_at', 'is not', null)
    .execute()
  expect(discarded).toEqual([{ id: other?.id }])
})
