/**
 * How soon the anchor's first process runs when capacity is taken back, with real processes: from victims that obey at
 * the notice, at the stop, or never. Beside it, in the same round, what the system alone needs to start that process.
 */
import { loadavg } from 'node:os'
import {
  GRACE_MS,
  type Manner,
  type Reclaim,
  reclaimOnce,
  spawnBare,
} from './reclaim/reclaim-once.ts'
import { NOTICE_MS, openStand, type Stand } from './reclaim/stand.ts'
import { type BenchOptions, type BenchResult, type Figure, figureOf } from './run/result.ts'

/** From which instant the anchor's start is counted, and how late it may be. */
interface Case {
  readonly manner: Manner
  readonly since: string
  readonly sinceMs: (reclaim: Reclaim) => number
  readonly targetMs: number
}

const CASES: readonly Case[] = [
  {
    manner: 'obeys at the notice',
    since: 'the notice',
    sinceMs: ({ noticeAtMs }) => noticeAtMs,
    targetMs: 1000,
  },
  {
    manner: 'obeys at the stop',
    since: 'the end of the notice time',
    sinceMs: ({ stopAtMs }) => stopAtMs,
    targetMs: 1000,
  },
  {
    manner: 'ignores everything',
    since: 'notice time and grace',
    sinceMs: ({ stopAtMs }) => stopAtMs + GRACE_MS,
    targetMs: 2000,
  },
]

interface Round {
  readonly reclaim: Reclaim
  readonly bareMs: number
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

async function measure(stand: Stand, { manner }: Case, rounds: number): Promise<readonly Round[]> {
  const measured: Round[] = []
  for (let index = 0; index < rounds; index++) {
    const reclaim = await reclaimOnce(stand, manner)
    measured.push({ reclaim, bareMs: await spawnBare() })
    process.stderr.write(`${manner}: ${index + 1}/${rounds}\n`)
  }
  return measured
}

function figuresOf({ manner, since, sinceMs, targetMs }: Case, rounds: readonly Round[]): Figure[] {
  const lateMs = rounds.map(({ reclaim }) => reclaim.firstInstantMs - sinceMs(reclaim))
  const target = { kind: 'at_most', value: targetMs } as const
  const afterGoneMs = rounds.map(({ reclaim }) => reclaim.firstInstantMs - reclaim.goneAtMs)
  const name = `${manner}: anchor's process runs after ${since}`
  return [
    figureOf({ name: `${name}, p50`, unit: 'ms' }, lateMs),
    { name: `${name}, p99`, unit: 'ms', value: percentile(lateMs, 0.99) },
    { name: `${name}, max`, unit: 'ms', value: Math.max(...lateMs), target },
    figureOf(
      { name: `${manner}: after the victim was confirmed gone, p50`, unit: 'ms' },
      afterGoneMs,
    ),
  ]
}

/** What must never be: a reclaim in which the newcomer ran before the victim was gone. */
function overlapsOf(rounds: readonly Round[]): Figure {
  const overlaps = rounds.filter(({ reclaim }) => reclaim.startedAtMs < reclaim.goneAtMs)
  const target = { kind: 'at_most', value: 0 } as const
  return {
    name: 'reclaims with both on the slots at once',
    unit: '',
    value: overlaps.length,
    target,
  }
}

/** The benchmark. */
export default async function reclaim({ quick }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 4 : 40
  const load = loadavg()[0] ?? 0
  const stand = await openStand()
  try {
    // The first one of all also copies the shim and warms the caches of a fresh installation.
    await reclaimOnce(stand, 'obeys at the notice')
    const all: Round[] = []
    const figures: Figure[] = []
    for (const each of CASES) {
      const measured = await measure(stand, each, rounds)
      all.push(...measured)
      figures.push(...figuresOf(each, measured))
    }
    const bareMs = all.map((round) => round.bareMs)
    const ratios = all.map(
      ({ reclaim, bareMs }) => (reclaim.firstInstantMs - reclaim.goneAtMs) / bareMs,
    )
    figures.push(
      overlapsOf(all),
      figureOf({ name: 'bare spawn of the same process', unit: 'ms' }, bareMs),
      figureOf({ name: 'start after confirmed gone / bare spawn', unit: 'ratio' }, ratios),
    )
    return {
      title: 'Reclaim: the owner takes capacity back',
      figures,
      notes: [
        `${rounds} reclaims of each kind, ${stand.slots} slots each; notice time ${NOTICE_MS} ms, grace ${GRACE_MS} ms.`,
        'Counted from the lease\u2019s facts to the instant that the anchor\u2019s process reads from the clock itself.',
        `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
      ],
    }
  } finally {
    await stand.close()
  }
}
