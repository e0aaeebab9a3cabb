import { expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { deleteOldDemand, latestDemand, listDemand, saveDemand } from './demand-store.ts'

const { db } = await cloneDatabase()

const at = (hour: number) => new Date(Date.UTC(2026, 2, 4, hour))
const ALL = { from: at(0), to: at(24), limit: 100 }

test('old samples go, but for the one that still holds, of each pool by itself', async () => {
  for (const [pool, hour] of [
    ['busy', 1],
    ['busy', 2],
    ['busy', 9],
    ['level', 1],
  ] as const)
    await saveDemand(db, pool, {
      ...{ at: at(hour), runningGpus: hour, pendingGpus: 0, runningJobs: 1, pendingJobs: 0 },
    })
  for (let time = 0; time < 2; time++) await deleteOldDemand(db, at(5))
  expect((await listDemand(db, 'busy', ALL)).map((each) => each.runningGpus)).toEqual([2, 9])
  expect((await latestDemand(db, 'level'))?.runningGpus).toBe(1)
})
