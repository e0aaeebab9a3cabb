/** A start while an engine is silent: its pool keeps what it had, and nothing is made up. */
import { afterAll, expect, test } from 'vitest'
import { applyFleet, findPool, listNodes, surveyFleet } from '#modules/fleet/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeStand, POOL } from './testing/stand.ts'

const { db } = await cloneDatabase()
const stand = await makeStand(db)
afterAll(stand.dispose)

test('a pool whose engine does not answer at a start keeps its nodes, its hardware and its claims', async () => {
  const lease = await stand.lease({ gpus: 4 })
  const before = [await listNodes(db), await findPool(db, POOL), await stand.book()]
  const { fleet } = stand
  const found = new Map()
  const survey = surveyFleet({ fleet, found, lineOf: () => null })
  expect(survey).toEqual({ kind: 'settled', pools: [], nodes: [] })
  if (survey.kind === 'refused') return
  const context = { now: stand.deps.now(), ids: stand.deps.ids }
  const change = { fleet, survey, found, claimedNodeIds: new Set<string>(), ...context }
  expect(await inTransaction(db, (tx) => applyFleet(tx, change))).toEqual([])
  expect([await listNodes(db), await findPool(db, POOL), await stand.book()]).toEqual(before)
  expect((await stand.find(lease.id)).state).toBe('running')
})
