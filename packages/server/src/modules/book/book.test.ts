import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { isConstraintViolation } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { listHeld } from './held-store.ts'
import { accountNode, accountPool } from './service.ts'
import { closeClaims, countTaken, drainClaims, listOpenClaims, openClaims } from './store.ts'

const { db } = await cloneDatabase()
const START_MS = Date.UTC(2026, 0, 1)
const ids = idSource(() => START_MS)
const at = (ms: number) => new Date(START_MS + ms)

/** A pool with one node of four slots, apart from every other test's. */
async function pool(name: string): Promise<string> {
  const site = {
    name,
    region: 'r',
    jurisdiction: 'j',
    ownership: 'owned',
    pue: 1,
    power_usd_per_kwh: '0',
  }
  await db.insertInto('site').values(site).execute()
  await db
    .insertInto('pool')
    .values({
      ...{
        name,
        site_name: name,
        accelerator: 'a',
        accelerator_kind: 'cpu',
        engine: 'local',
        finding: 'f',
      },
      ...{ capex_usd_per_gpu: '0', residual_fraction: 0, life_years: 1, power_kw_per_gpu: 0 },
      ...{ idle_power_fraction: 0, opex_usd_per_gpu_hour: '0' },
      reclaim: '{}',
    })
    .execute()
  const node = {
    id: `node-${name}`,
    pool_name: name,
    name: 'n',
    slot_count: 4,
    state: 'ready',
    hardware: 'h',
  }
  await db
    .insertInto('node')
    .values({ ...node, active_from: at(0) })
    .execute()
  return node.id
}

function claim(nodeId: string, leaseId: string, slots: readonly number[], ms: number) {
  const terms = { kind: 'spot', leaseId, organizationId: null, now: at(ms), ids } as const
  return openClaims(db, [{ nodeId, slots }], terms)
}

test('the database refuses a second claim on a slot, however many ask at once, and keeps exactly one', async () => {
  const nodeId = await pool('contended')
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => claim(nodeId, `lease-${index}`, [1, 2], 0)),
  )
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled').length).toBe(1)
  const refused = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  )
  expect(refused.every((error) => isConstraintViolation(error, 'claim_no_double_sale'))).toBe(true)
  expect((await listOpenClaims(db)).filter((each) => each.nodeId === nodeId)).toHaveLength(1)
})

test('a slot can be claimed again from the very instant its last claim ended', async () => {
  const nodeId = await pool('handed-over')
  await claim(nodeId, 'first', [0], 0)
  await closeClaims(db, 'first', at(500))
  await claim(nodeId, 'second', [0], 500)
  const [account] = await accountPool(db, 'handed-over', { from: at(0), to: at(1000), count: 1 })
  expect(account).toMatchObject({ byKindMs: { spot: 1000 }, freeMs: 3000, totalMs: 4000 })
})

test('a claim that ends before it was to drain never drained', async () => {
  const nodeId = await pool('gone-before')
  await claim(nodeId, 'gone', [0], 0)
  await drainClaims(db, 'gone', at(800))
  await closeClaims(db, 'gone', at(300))
  const [account] = await accountPool(db, 'gone-before', { from: at(0), to: at(1000), count: 1 })
  expect(account).toMatchObject({ byKindMs: { spot: 300 }, freeMs: 3700 })
})

test('whatever is claimed, drained and closed, the book adds up to the wall time', async () => {
  let run = 0
  const step = fc.record({
    slot: fc.nat(3),
    lengthMs: fc.integer({ min: 1, max: 400 }),
    drainMs: fc.option(fc.nat(400)),
    gapMs: fc.nat(100),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, count) => {
        const name = `random-${run++}`
        const nodeId = await pool(name)
        const freeAtMs = [0, 0, 0, 0]
        for (const [index, { slot, lengthMs, drainMs, gapMs }] of steps.entries()) {
          const leaseId = `${name}-${index}`
          const startMs = (freeAtMs[slot] ?? 0) + gapMs
          await claim(nodeId, leaseId, [slot], startMs)
          if (drainMs !== null) await drainClaims(db, leaseId, at(startMs + drainMs))
          await closeClaims(db, leaseId, at(startMs + lengthMs))
          freeAtMs[slot] = startMs + lengthMs
        }
        const buckets = await accountPool(db, name, { from: at(0), to: at(5000), count })
        for (const bucket of buckets) {
          const claimed = Object.values(bucket.byKindMs).reduce((sum, ms) => sum + ms, 0)
          expect(claimed + bucket.freeMs).toBe(4 * (bucket.toMs - bucket.fromMs))
        }
      },
    ),
    { numRuns: 25 },
  )
})

test('the use of a node counts its own claims alone', async () => {
  const one = await pool('of one node')
  const other = await pool('of another node')
  await claim(one, 'lease-use', [0, 1], 0)
  await claim(other, 'lease-use-elsewhere', [0, 1, 2, 3], 0)
  const window = { from: at(0), to: at(1000), count: 1 }
  const [bucket] = await accountNode(db, { id: one, pool: 'of one node' }, window)
  expect(bucket).toMatchObject({ byKindMs: { spot: 2000 }, freeMs: 2000, totalMs: 4000 })
})

test('the count of slots taken is that of the claims that are open', async () => {
  const nodeId = await pool('counted')
  await claim(nodeId, 'counted-a', [0, 2, 3], 0)
  await claim(nodeId, 'counted-b', [1], 0)
  await closeClaims(db, 'counted-b', at(5))
  expect((await countTaken(db)).get(nodeId)).toBe(3)
  await closeClaims(db, 'counted-a', at(5))
  expect((await countTaken(db)).has(nodeId)).toBe(false)
})

test('what is held now is every open claim, with since when the owner has his', async () => {
  const nodeId = await pool('held')
  await claim(nodeId, 'held-a', [0, 2], 0)
  await claim(nodeId, 'held-b', [1], 0)
  await claim(nodeId, 'held-c', [3], 0)
  await closeClaims(db, 'held-b', at(5))
  await drainClaims(db, 'held-c', at(9))
  const anchor = { kind: 'anchor', leaseId: null, organizationId: null, now: at(7), ids } as const
  await openClaims(db, [{ nodeId, slots: [1] }], anchor)
  const held = (await listHeld(db)).filter((each) => each.nodeId === nodeId)
  const spot = { nodeId, kind: 'spot', isDraining: false, anchorSinceMs: null, blockId: null }
  expect(held.toSorted((a, b) => (a.slots[0] ?? 0) - (b.slots[0] ?? 0))).toEqual([
    { ...spot, slots: [0, 2], leaseId: 'held-a' },
    { ...spot, slots: [1], leaseId: null, kind: 'anchor', anchorSinceMs: START_MS + 7 },
    { ...spot, slots: [3], leaseId: 'held-c', isDraining: true },
  ])
})
