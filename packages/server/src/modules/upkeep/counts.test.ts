/** How many cases there are and were: what a scrape of the figures asks for, again and again. */
import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import type { FoundCase } from './cases.ts'
import { closeCasesUnseen, countCases, openCases } from './store.ts'

const { db } = await cloneDatabase()
const ids = idSource(() => 1_800_000_000_000)

function lost(subject: string): FoundCase {
  return { kind: 'attempt_lost', subject, text: `${subject} is lost.`, data: {} }
}

function at(second: number) {
  return { pool: 'p', now: new Date(1_800_000_000_000 + second * 1000), ids }
}

test('cases are counted once each, open and ever, without a look at those that are closed', async () => {
  await openCases(db, [lost('a'), lost('b')], at(0))
  // Found again, and no new case.
  await openCases(db, [lost('a'), lost('b')], at(1))
  const stray: FoundCase = { ...lost('x-1'), kind: 'stray_attempt' }
  await openCases(db, [lost('b'), lost('c'), stray], at(2))
  await closeCasesUnseen(db, ['attempt_lost', 'stray_attempt'], at(2))
  const counts = [
    { pool: 'p', kind: 'attempt_lost', open: 2, total: 3 },
    { pool: 'p', kind: 'stray_attempt', open: 1, total: 1 },
  ]
  expect(await countCases(db)).toEqual(counts)
  await db.deleteFrom('reconciliation_case').where('closed_at', 'is not', null).execute()
  expect(await countCases(db)).toEqual(counts)
  await closeCasesUnseen(db, ['attempt_lost', 'stray_attempt'], at(3))
  expect((await countCases(db)).map(({ open, total }) => [open, total])).toEqual([
    [0, 3],
    [0, 1],
  ])
  // The same difference anew is another case.
  await openCases(db, [lost('a')], at(4))
  expect(await countCases(db)).toMatchObject([{ open: 1, total: 4 }, { total: 1 }])
})
