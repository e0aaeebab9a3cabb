import { sql } from 'kysely'
/** Changes of nodes at the worst moment, and an engine that refuses one of them. */
import { afterAll, expect, test } from 'vitest'
import { listOpenClaims } from '#modules/book/index.ts'
import { drainNode, listNodes, listUnreachable } from '#modules/fleet/index.ts'
import { Beat, stepLease } from '#modules/lease/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { createEngines, type Engine } from '#platform/engines/engine.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { nodeRoutes } from './node-routes.ts'
import { createReconciliation } from './steps.ts'
import { listCases } from './store.ts'
import { makeStand, POOL } from './testing/stand.ts'

const refused = new Set<string>()
const told: string[] = []

function picky(engine: Engine): Engine {
  return {
    ...engine,
    drain: async (node, reason) => {
      if (refused.has(node)) throw new Error(`Invalid node name specified: ${node}`)
      told.push(node)
      await engine.drain(node, reason)
    },
  }
}

const { db } = await cloneDatabase()
const stand = await makeStand(db, { disguise: picky })
afterAll(stand.dispose)

test('a node that its engine refuses to drain says nothing of the others, nor of its pool', async () => {
  await stand.reconcile()
  const [first, second] = await listNodes(db)
  const drain = { reason: 'a fan', actor: 'key', now: stand.deps.now() }
  for (const node of [first, second])
    await inTransaction(db, (tx) => drainNode(tx, { id: node?.id ?? '', ...drain }))
  refused.add(first?.name ?? '')
  await stand.reconcile()
  expect([...(await listUnreachable(db)).keys()]).toEqual([])
  expect(told).toEqual([second?.name])
  expect(String(stand.troubles[0])).toMatch(/Invalid node name/)
  refused.clear()
  await stand.reconcile()
  expect(told).toEqual([second?.name, first?.name])
})

test('leases of a pool that the fleet file does not have any more keep their slots, and people are told', async () => {
  for (const { id } of await listNodes(db))
    await db
      .updateTable('node')
      .set({ drain_reason: null, state: 'ready' })
      .where('id', '=', id)
      .execute()
  await stand.reconcile()
  const lease = await stand.lease()
  const before = await stand.book()
  const deps = { ...stand.deps, engines: createEngines(new Map()) }
  const reconcile = createReconciliation(deps)
  expect((await reconcile(POOL)).kind).toBe('wait')
  const options = { beat: new Beat(), pepper: 'pepper', onTrouble: deps.onTrouble }
  expect((await stepLease({ ...deps, ...options }, lease.id)).kind).toBe('wait')
  const [told] = await listCases(db, { pool: POOL, open: true, limit: 10 })
  expect(told?.text).toMatch(/does not have sim any more, and one lease has slots there/)
  expect(await stand.book()).toEqual(before)
  await stand.stop(lease.id)
  expect((await reconcile(POOL)).kind).toBe('done')
  expect(await listCases(db, { pool: POOL, open: true, limit: 10 })).toEqual([])
  await stand.reconcile()
})

test('nothing is placed on a node that is retired while the market looks', async () => {
  const nodes = await listNodes(db)
  const gang = await stand.ask({ gpus: 16, nodes: 4 })
  const retired = nodes[0]?.id ?? ''
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const routes = nodeRoutes({ ids: stand.deps.ids })
  const retiring = inTransaction(db, async (tx) => {
    const call = {
      db: tx,
      params: { id: retired },
      body: { reason: 'sold' },
      now: stand.deps.now(),
    }
    await routes.retireNode({ ...call, principal: { apiKeyId: 'key' } } as never)
    begin()
    await opened
  })
  await begun
  const cycle = stand.cycle()
  await untilTrue(async () => {
    const { rows } = await sql`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db)
    return rows.length > 0
  })
  open()
  await Promise.all([retiring, cycle])
  expect((await stand.find(gang.id)).state).toBe('pending')
  expect(await listOpenClaims(db)).toEqual([])
})
