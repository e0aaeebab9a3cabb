import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { chooseVictims, inOrderOfGivingWay } from '#modules/market/index.ts'
import type { Job } from '../job.ts'
import { World } from '../world.ts'
import { planGang } from './gang-reclaim.ts'
import { spillway, type SpillwayVariant } from './spillway.ts'

const RULES = { chooseVictims, inOrderOfGivingWay }
const HOUR_S = 3_600

function worldOf(jobs: readonly Partial<Job>[], sizes: readonly number[] = [8, 8]): World {
  const workload = {
    jobs: jobs.map((job, id) => ({
      ...{ kind: 'spot' as const, organization: 0, workers: 1, gpus: 1 },
      ...{ submitS: 0, durationS: 9 * HOUR_S, ...job, id },
    })),
    ...{ organizations: ['one'], windowS: 100 * HOUR_S, history: [[]], hourOfWeek: 0 },
  }
  return new World(workload, sizes, { rounds: null, notice: { noticeS: 30 } })
}

function workOf(world: World, at: number) {
  return present(world.works[at], 'a work')
}

/** What is kept grows with the part of the hours that it covers. */
function quotaOf(variant: SpillwayVariant = { reserve: (_, quantile) => 10 * quantile }) {
  return present(spillway(RULES, variant).quota, 'a quota')
}

test('what was evicted comes back only while more is left free', () => {
  const world = worldOf([{}, {}])
  const quota = quotaOf()
  const [fresh, evicted] = [workOf(world, 0), workOf(world, 1)]
  evicted.evictions = 1
  expect(quota.limit(world, evicted)).toBeLessThan(quota.limit(world, fresh))
})

test('whole nodes are kept from work that would break them up, and not from work that fills them', () => {
  const world = worldOf([{ gpus: 1 }, { gpus: 8 }])
  const quota = quotaOf()
  expect(quota.keptNodes?.(world, workOf(world, 0))).toBe(2)
  expect(quota.keptNodes?.(world, workOf(world, 1))).toBe(0)
})

test('more is kept while more than a tenth of the promises break, and no longer than that', () => {
  const world = worldOf([{}])
  const quota = quotaOf()
  const limit = () => quota.limit(world, workOf(world, 0))
  const pass = (isBroken: boolean) => {
    for (let run = 0; run < 200; run++)
      world.outcomes.push({ atS: world.nowS, isEvicted: isBroken, isBroken, nodes: [0] })
    world.nowS += HOUR_S
    quota.refresh(world)
  }
  const first = limit()
  pass(false)
  expect(limit()).toBe(first)
  pass(true)
  expect(limit()).toBeLessThan(first)
  for (let hour = 0; hour < 100; hour++) pass(false)
  expect(limit()).toBe(first)
})

test('a stop that frees what the owner will want soon is preferred, else one that frees no more than is needed', () => {
  const plan = (usefulGpus: number) => {
    const world = worldOf([{ gpus: 1 }, { gpus: 4 }, { gpus: 3 }, { kind: 'anchor' }], [8])
    for (const work of world.works.slice(0, 3)) {
      world.grid.take(0, work.gpus, 'spot')
      world.start(work, [0])
    }
    world.nowS = 2 * HOUR_S
    const taste = { rules: RULES, guaranteeS: HOUR_S, stopGpuS: 20_000, usefulGpus }
    return planGang(world, workOf(world, 3), taste).victims.map(({ gpus }) => gpus)
  }
  expect([plan(1), plan(-5), plan(4)]).toEqual([[1], [1], [4]])
})
