/** Tests of when work is expected to start: what is known, what is not, and how often it is right over a run. */
import { describe, expect, test } from 'vitest'
import { seeded } from '../forecast/forest.ts'
import { estimateStarts, UNKNOWN } from './estimate.ts'
import type { LineInput, LineRun, LineWork } from './line.ts'

const HOUR_MS = 3_600_000

function work(id: string, parts: Partial<LineWork> = {}): LineWork {
  return { id, kind: 'spot', gpus: 4, nodes: 1, limitMs: null, takesRoom: false, ...parts }
}

function run(parts: Partial<LineRun> = {}): LineRun {
  return {
    ...{ kind: 'spot', slots: [['a', 4]], ageMs: 0, endsMs: null, endsByMs: null, yields: null },
    ...parts,
  }
}

function input(parts: Partial<LineInput> = {}): LineInput {
  return {
    nodes: [{ nodeId: 'a', free: 0 }],
    ...{ running: [run()], waiting: [work('w')], lifetimes: new Map() },
    ...{ lately: { work: [], withinMs: HOUR_MS }, rises: null },
    spotLeft: Number.POSITIVE_INFINITY,
    ...parts,
  }
}

function startOf(parts: Partial<LineInput>, id = 'w') {
  return estimateStarts(input(parts), [id]).get(id)
}

describe('the expected start', () => {
  test('is unknown while nothing is known of the ends of what runs', () => {
    expect(startOf({})).toEqual(UNKNOWN)
  })

  test('is the end that is sure, and at most the limit of what has one', () => {
    expect(startOf({ running: [run({ endsMs: 1000 })] })).toEqual({ p50Ms: 1000, p90Ms: 1000 })
    const limited = startOf({ running: [run({ endsByMs: 5000 })] })
    expect(limited).toEqual({ p50Ms: 5000, p90Ms: 5000 })
  })

  test('is after those that are ahead in the line, as long as such work runs', () => {
    const lifetimes = new Map([['spot', [100, 200, 300, 400, 500]] as const])
    const waiting = [work('first'), work('w')]
    const running = [run({ endsMs: 1000 })]
    const start = startOf({ running, waiting, lifetimes })
    expect(start?.p50Ms).toBeGreaterThanOrEqual(1100)
    expect(start?.p90Ms).toBeLessThanOrEqual(1500)
    expect(startOf({ running, waiting, lifetimes }, 'first')?.p90Ms).toBe(1000)
  })

  test('passes who does not fit yet, and counts nobody twice', () => {
    const nodes = [{ nodeId: 'a', free: 2 }]
    const waiting = [work('large'), work('w', { gpus: 2 })]
    const running = [run({ slots: [['a', 2]], endsMs: 9000 })]
    expect(startOf({ nodes, waiting, running })?.p50Ms).toBe(0)
    expect(startOf({ nodes, waiting, running }, 'large')).toEqual(UNKNOWN)
  })

  test('on demand is after the notice of what gives way to it, and not before its minimum run', () => {
    const waiting = [work('w', { kind: 'on_demand', takesRoom: true })]
    const yields = { fromMs: 0, noticeMs: 30_000 }
    expect(startOf({ waiting, running: [run({ yields })] })?.p50Ms).toBe(30_000)
    expect(startOf({ waiting, running: [run({ yields: { ...yields, fromMs: 1e9 } })] })).toEqual(
      UNKNOWN,
    )
  })

  test('of spot waits for what may be sold, and for what the owner is foreseen to want', () => {
    const nodes = [{ nodeId: 'a', free: 4 }]
    const running = [run({ slots: [['b', 4]], endsMs: 7000 })]
    expect(startOf({ nodes, running, spotLeft: 2 })?.p50Ms).toBe(7000)
    const rises = { gpus: [4], withinMs: 1000 }
    const taken = { nodes: [{ nodeId: 'a', free: 0 }], running: [run({ endsMs: 7000 })], rises }
    expect(startOf(taken)).toEqual(UNKNOWN)
  })

  test('is the same whenever it is asked on the same ground', () => {
    const lifetimes = new Map([['spot', [100, 200, 300, 400, 500]] as const])
    expect(startOf({ lifetimes })).toEqual(startOf({ lifetimes }))
  })
})

interface Job {
  readonly arrivesMs: number
  readonly gpus: number
  readonly ranMs: number
  startsMs: number
  nodeId: string
}

const NODES = ['a', 'b', 'c', 'd']
const SLOTS = 8

/** A pool under load, event by event and without the code that is tested; each that has to wait is estimated as it comes. */
function measure(seed: number) {
  const random = seeded(seed)
  const exponential = (mean: number) => -Math.log(1 - random()) * mean
  const jobs: Job[] = []
  const judged = { waited: 0, below50: 0, below90: 0, unknown: 0 }
  let [nowMs, waiting, running]: [number, Job[], Job[]] = [0, [], []]
  const claims: { job: Job; p50Ms: number | null; p90Ms: number | null }[] = []
  const freeOn = (nodeId: string) =>
    SLOTS - running.reduce((sum, job) => sum + (job.nodeId === nodeId ? job.gpus : 0), 0)
  const place = () => {
    waiting = waiting.filter((job) => {
      const [tightest] = NODES.filter((nodeId) => freeOn(nodeId) >= job.gpus).toSorted(
        (a, b) => freeOn(a) - freeOn(b),
      )
      if (tightest === undefined) return true
      Object.assign(job, { startsMs: nowMs, nodeId: tightest })
      running.push(job)
      return false
    })
  }
  const ask = (job: Job) => {
    const ended = jobs.filter((each) => each.startsMs >= 0 && each.startsMs + each.ranMs <= nowMs)
    const recent = jobs.filter((each) => each.arrivesMs > nowMs - 24 * HOUR_MS)
    const asWork = (each: Job, id: string) => work(id, { gpus: each.gpus })
    const [estimate] = estimateStarts(
      {
        nodes: NODES.map((nodeId) => ({ nodeId, free: freeOn(nodeId) })),
        running: running.map((each) =>
          run({ slots: [[each.nodeId, each.gpus]], ageMs: nowMs - each.startsMs }),
        ),
        waiting: waiting.map((each, index) => asWork(each, each === job ? 'w' : `${index}`)),
        lifetimes: new Map([['spot', ended.map(({ ranMs }) => ranMs).toSorted((a, b) => a - b)]]),
        lately: { work: recent.map((each) => asWork(each, '')), withinMs: 24 * HOUR_MS },
        rises: null,
        spotLeft: Number.POSITIVE_INFINITY,
      },
      ['w'],
    ).values()
    if (estimate) claims.push({ job, ...estimate })
  }
  for (let count = 0; count < 500; count++) {
    const arrivesMs = nowMs + exponential(0.31 * HOUR_MS)
    for (;;) {
      const next = running.toSorted((a, b) => a.startsMs + a.ranMs - b.startsMs - b.ranMs)[0]
      if (!next || next.startsMs + next.ranMs > arrivesMs) break
      nowMs = next.startsMs + next.ranMs
      running = running.filter((job) => job !== next)
      place()
    }
    nowMs = arrivesMs
    const gpus = [1, 2, 4, 8][Math.floor(random() * 4)] ?? 1
    const ranMs = exponential(1.2 * HOUR_MS) + 0.3 * HOUR_MS * random()
    const job: Job = { arrivesMs, gpus, ranMs, startsMs: -1, nodeId: '' }
    jobs.push(job)
    waiting.push(job)
    place()
    if (job.startsMs < 0 && count > 150) ask(job)
  }
  for (const { job, p50Ms, p90Ms } of claims) {
    if (job.startsMs < 0) continue
    if (p90Ms === null) {
      judged.unknown++
      continue
    }
    judged.waited++
    const waitedMs = job.startsMs - job.arrivesMs
    if (waitedMs <= (p50Ms ?? 0)) judged.below50++
    if (waitedMs <= p90Ms) judged.below90++
  }
  return judged
}

test('over a run, about nine in ten start before the ninth decile that they were told, and half before the middle', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8].map(measure)
  const sum = (name: keyof ReturnType<typeof measure>) =>
    all.reduce((total, each) => total + each[name], 0)
  const share = (name: 'below50' | 'below90') => sum(name) / sum('waited')
  expect(share('below50')).toBeGreaterThan(0.38)
  expect(share('below50')).toBeLessThan(0.62)
  expect(share('below90')).toBeGreaterThan(0.84)
  expect(share('below90')).toBeLessThan(0.96)
  expect(sum('waited')).toBeGreaterThan(300)
})
