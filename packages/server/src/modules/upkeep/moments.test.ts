import { sql } from 'kysely'
/** Changes of nodes at the worst moment, and an engine that refuses one of them. */
import { afterAll, expect, test } from 'vitest'
import { closeClaimsById, listOpenClaims, openClaims } from '#modules/book/index.ts'
import { drainNode, listNodes, listUnreachable } from '#modules/fleet/index.ts'
import { Beat, MeterRounds, stepLease } from '#modules/lease/index.ts'
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

/** Until somebody waits for a lock. */
async function untilBlocked(): Promise<void> {
  await untilTrue(async () => {
    const { rows } = await sql`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db)
    return rows.length > 0
  })
}

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
  const options = {
    beat: new Beat(),
    rounds: new MeterRounds(),
    pepper: 'pepper',
    onTrouble: deps.onTrouble,
  }
  expect((await stepLease({ ...deps, ...options }, lease.id)).kind).toBe('wait')
  const [told] = await listCases(db, { pool: POOL, open: true, limit: 10 })
  expect(told?.text).toMatch(/does not have sim any more, and one lease has slots there/)
  expect(await stand.book()).toEqual(before)
  await stand.stop(lease.id)
  expect((await reconcile(POOL)).kind).toBe('done')
  expect(await listCases(db, { pool: POOL, open: true, limit: 10 })).toEqual([])
  await stand.reconcile()
})

test('a node is drained though the market places something on it at the same moment', async () => {
  const [node] = await listNodes(db)
  const nodeId = node?.id ?? ''
  const { ids } = stand.deps
  const now = stand.deps.now()
  const lease = await stand.ask({})
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const placing = inTransaction(db, async (tx) => {
    const whose = { leaseId: lease.id, organizationId: lease.organizationId }
    await openClaims(tx, [{ nodeId, slots: [0] }], { kind: 'spot', ...whose, now, ids })
    begin()
    await opened
  })
  await begun
  const routes = nodeRoutes({ ids })
  const draining = inTransaction(db, async (tx) => {
    const call = { db: tx, params: { id: nodeId }, body: { reason: 'a fan', evacuate: false }, now }
    await routes.drainNode({ ...call, principal: { apiKeyId: 'key' } } as never)
  })
  await untilBlocked()
  open()
  await Promise.all([placing, draining])
  expect(await stand.book()).toEqual([
    `${node?.name}/0 spot`,
    ...[1, 2, 3].map((slot) => `${node?.name}/${slot} maintenance`),
  ])
  const claims = (await listOpenClaims(db)).map(({ id }) => id)
  await closeClaimsById(db, claims, stand.deps.now())
  await db.updateTable('lease').set({ state: 'ended', ended_at: now }).execute()
  await db.updateTable('node').set({ drain_reason: null, state: 'ready' }).execute()
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
  await untilBlocked()
  open()
  await Promise.all([retiring, cycle])
  expect((await stand.find(gang.id)).state).toBe('pending')
  expect(await listOpenClaims(db)).toEqual([])
})
