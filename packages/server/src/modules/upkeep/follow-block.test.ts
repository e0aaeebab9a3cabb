/** What a block has idle on a node whose engine gives slots by itself. */
import { afterAll, expect, test } from 'vitest'
import { listBlockClaims, openBlockClaims } from '#modules/book/index.ts'
import { listNodes } from '#modules/fleet/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeStand } from './testing/stand.ts'

const { db } = await cloneDatabase()
const stand = await makeStand(db)
afterAll(stand.dispose)

test('a block keeps as much of a node as it had, on other slots where the owner’s work was given its own', async () => {
  const nodes = await listNodes(db)
  const placements = nodes.map(({ id }) => ({ nodeId: id, slots: [0, 1] }))
  const block = { blockId: 'blk_test', organizationId: stand.research.id, leaseId: null }
  const { ids } = stand.deps
  await inTransaction(db, (tx) =>
    openBlockClaims(tx, placements, { ...block, now: stand.deps.now(), ids }),
  )
  // when the engine gives slots 0 and 1 to work that it was asked for directly
  await stand.controls.submitForeign({ nodes: 1, gpusPerNode: 2 })
  await stand.follow()
  // then
  const anchors = (await stand.book()).filter((line) => line.endsWith('anchor'))
  expect(anchors).toHaveLength(2)
  const claims = await listBlockClaims(db, 'blk_test')
  expect(claims.flatMap(({ slots }) => slots)).toHaveLength(2 * nodes.length)
  expect(await stand.book()).toHaveLength(2 * nodes.length + 2)
})
