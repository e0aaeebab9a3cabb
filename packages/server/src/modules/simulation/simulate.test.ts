import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Job, Workload } from './job.ts'
import { ABLATIONS, POLICIES } from './policies-service.ts'
import { bestFit } from './policies/choice.ts'
import { firstNode, workerByWorker } from './policies/reclaim.ts'
import type { Policy, PolicyMaker } from './policy.ts'
import { simulate } from './simulate.ts'
import { summarise } from './summary.ts'

const HOUR_S = 3_600
const ALL: Readonly<Record<string, PolicyMaker>> = { ...POLICIES, ...ABLATIONS }

function workloadOf(jobs: readonly Partial<Job>[], windowS = 10 * HOUR_S): Workload {
  return {
    jobs: jobs
      .map((job) => ({
        ...{ kind: 'spot' as const, organization: 0, workers: 1, gpus: 1 },
        ...{ submitS: 0, durationS: 100, id: 0 },
        ...job,
      }))
      .toSorted((a, b) => a.submitS - b.submitS)
      .map((job, id) => ({ ...job, id })),
    organizations: ['one', 'two'],
    ...{ windowS, history: [[], []], hourOfWeek: 0 },
  }
}

/** Preempts the newest, sells everything. */
const preempting: Policy = {
  ...{ quota: null, choose: bestFit, rounds: null, notice: null },
  reclaim: workerByWorker(bestFit, { first: 'newest', cost: firstNode }),
}

function run(jobs: readonly Partial<Job>[], policy: Policy, sizes: readonly number[] = [8]) {
  const world = simulate({ workload: workloadOf(jobs), sizes, policy: () => policy })
  return { world, summary: summarise(world) }
}

describe('a preemption', () => {
  const jobs = [
    { gpus: 8, durationS: 4_000 },
    { kind: 'anchor' as const, gpus: 8, submitS: 3_700, durationS: 1_000 },
  ]

  test('costs the work since the last hourly checkpoint, and a restart on both sides', () => {
    const { world, summary } = run(jobs, preempting)
    const [sold, anchor] = world.works
    // then: the anchor starts at once and restarts for 40 s; the sold work lost 100 s and has 400 s left
    expect(anchor?.finishedS).toBe(3_700 + 40 + 1_000)
    expect(sold?.finishedS).toBe(4_740 + 40 + 400)
    expect(summary.spot.lostGpuHours * HOUR_S).toBe(100 * 8)
    expect(summary.spot).toMatchObject({ runs: 2, evictions: 1, guaranteeFailureRate: 0 })
    expect(sold?.queuedS).toBe(1_040)
  })

  test('loses nothing where there is a notice, for which the anchor work waits', () => {
    const { world, summary } = run(jobs, { ...preempting, notice: { noticeS: 30 } })
    const [sold, anchor] = world.works
    expect(anchor?.queuedS).toBe(30)
    expect(anchor?.finishedS).toBe(3_700 + 30 + 40 + 1_000)
    expect(sold?.finishedS).toBe(4_770 + 40 + 300)
    expect(summary.spot.lostGpuHours).toBe(0)
  })

  test('within the first hour of a run breaks its guarantee', () => {
    const early = jobs.map((job) => ({ ...job, submitS: job.submitS === undefined ? 0 : 600 }))
    const { summary } = run(early, preempting)
    expect(summary.spot.guaranteeFailureRate).toBe(0.5)
    expect(summary.spot.brokenGpus).toBe(8)
  })

  test('does not happen for a gang that would not fit afterwards either', () => {
    const gang = { kind: 'anchor' as const, workers: 3, gpus: 4, submitS: 10, durationS: 10 }
    const { summary } = run([{ gpus: 4, durationS: 50 }, gang], preempting)
    expect(summary.spot.evictions).toBe(0)
    expect(summary.anchor.unfinished).toBe(1)
  })
})

test('without preemption anchor work waits, and nothing is sold past it', () => {
  const { world } = run(
    [
      { gpus: 8, durationS: 500 },
      { kind: 'anchor', gpus: 8, submitS: 10, durationS: 100 },
      { gpus: 1, submitS: 20, durationS: 100 },
    ],
    { ...preempting, reclaim: null },
  )
  expect(world.works.map(({ finishedS }) => finishedS)).toEqual([500, 600, 700])
})

test('a gang that does not fit is passed by another shape, and not by its like', () => {
  const { world } = run(
    [
      { gpus: 6, durationS: 100 },
      { gpus: 4, submitS: 1, durationS: 50 },
      { gpus: 4, submitS: 2, durationS: 5 },
      { gpus: 2, submitS: 3, durationS: 20 },
    ],
    preempting,
  )
  expect(world.works.map(({ finishedS }) => finishedS)).toEqual([100, 150, 105, 23])
})

test('what ran already when the window begins holds its room and is not measured', () => {
  const { summary, world } = run(
    [
      { kind: 'anchor', gpus: 8, submitS: -50, durationS: 30 },
      { gpus: 8, submitS: 0, durationS: 10 },
    ],
    preempting,
  )
  expect(world.works[1]?.finishedS).toBe(40)
  expect(summary.anchor.jobs).toBe(0)
})

test('leases cost their overhead at each boundary that work crosses', () => {
  const chronus = POLICIES['P6 chronus']
  const world = simulate({
    workload: workloadOf([{ gpus: 1, durationS: 2_000 }]),
    ...{ sizes: [8], policy: chronus ?? (() => preempting) },
  })
  // then: 1,200 s of the first lease; 800 s after the 120 s of the second
  expect(world.works[0]?.finishedS).toBe(1_200 + 120 + 800)
})

test('nodes that are kept whole are not broken into by sold work, which fills holes meanwhile', () => {
  const quota = { refresh: () => undefined, limit: () => 16, keptNodes: () => 1 }
  const { world } = run(
    [
      { kind: 'anchor', gpus: 6, durationS: 100 },
      { gpus: 4, submitS: 1, durationS: 10 },
      { gpus: 2, submitS: 2, durationS: 10 },
      { kind: 'anchor', gpus: 8, submitS: 3, durationS: 10 },
    ],
    { ...preempting, quota },
    [8, 8],
  )
  // then: four GPUs of sold work wait for the hole of the first anchor job to be large enough; two find theirs
  expect(world.works.map(({ finishedS }) => finishedS)).toEqual([100, 110, 12, 13])
})

const job = fc.record({
  kind: fc.constantFrom('anchor' as const, 'spot' as const),
  organization: fc.nat(1),
  workers: fc.integer({ min: 1, max: 4 }),
  gpus: fc.constantFrom(1, 2, 4, 8),
  submitS: fc.integer({ min: -100, max: 9 * HOUR_S }),
  durationS: fc.integer({ min: 1, max: 3 * HOUR_S }),
})

describe.each(Object.entries(ALL))('by the policy %s', (_name, policy) => {
  const sizes = [8, 8, 4, 8]

  test('every job that the fleet can hold ends, anchor work is not evicted, and accounts agree', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 40 }), (jobs) => {
        const fitting = jobs.filter(({ gpus, workers }) => workers <= (gpus === 8 ? 3 : 7))
        const workload = workloadOf(fitting)
        const world = simulate({ workload, sizes, policy })
        const { anchor, allocationRate, usefulRate } = summarise(world)
        expect(anchor.evictions).toBe(0)
        expect(anchor.unfinished).toBe(0)
        expect(world.grid).toMatchObject({ anchorTotal: 0 })
        expect(usefulRate).toBeLessThanOrEqual(allocationRate + 1e-9)
        expect(allocationRate).toBeLessThanOrEqual(1)
        for (const { job, run, finishedS } of world.works) {
          if (finishedS !== null)
            expect(finishedS - Math.max(0, job.submitS)).toBeGreaterThanOrEqual(job.durationS)
          expect(run === null || finishedS === null).toBe(true)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('the same workload gives the same run', () => {
    const jobs = fc.sample(job, { numRuns: 60, seed: 7 }).filter(({ workers }) => workers <= 3)
    const once = () => summarise(simulate({ workload: workloadOf(jobs), sizes, policy }))
    expect(once()).toEqual(once())
    expect(once().hash).toMatch(/^[0-9a-f]{16}$/)
  })
})
