/**
 * What the gateway adds and how much it carries, governed: every request with its key, its hold and its record on disk.
 * The gateway has one core, everything else the other; the same requests go to the mock directly and through a bare
 * proxy in the same round.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadOrder, LoadResult } from './gateway/load-order.ts'
import { canPin } from './gateway/pinned.ts'
import { openStand, type Stand } from './gateway/stand.ts'
import type { BenchOptions, BenchResult, Figure } from './run/result.ts'
import { figureOf, median } from './run/result.ts'

type Way = 'direct' | 'bare' | 'governed'
const WAYS: readonly Way[] = ['direct', 'bare', 'governed']
/** A bare proxy has nothing of its own to show in a stream. */
const STREAM_WAYS: readonly Way[] = ['direct', 'governed']

interface Plan {
  readonly rounds: number
  /** How often a round is tried that others disturbed, over all rounds. */
  readonly retriesMax: number
  readonly durationMs: number
  readonly warmUpMs: number
}

const FULL: Plan = { rounds: 7, retriesMax: 40, durationMs: 2000, warmUpMs: 500 }
const QUICK: Plan = { rounds: 3, retriesMax: 0, durationMs: 800, warmUpMs: 200 }

/** A round beside a neighbour that took more of the machine than this, in cores, is measured again. */
const FOREIGN_CORES_MAX = 0.3
/** The neighbour may be done by then. */
const DISTURBED_PAUSE_MS = 3000
/** A round in which the mock itself moved by more than this says nothing about the gateway. */
const DRIFT_MAX = 0.1
const CHUNKS = 64

interface Load {
  readonly way: Way
  readonly model: 'instant' | 'paced'
  readonly concurrency: number
  readonly isStream?: boolean
  readonly plan: Plan
}

async function measure(
  stand: Stand,
  { way, model, concurrency, isStream = false, plan }: Load,
): Promise<LoadResult> {
  const delay = model === 'paced' ? 'd20' : 'd0'
  const origins = {
    direct: `http://127.0.0.1:${stand.mock.port}`,
    bare: `http://127.0.0.1:${stand.baseline.port}`,
    governed: stand.gateway.url,
  }
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(35) },
  ]
  const order: LoadOrder = {
    origin: origins[way],
    path: way === 'governed' ? '/v1/chat/completions' : `/${delay}/v1/chat/completions`,
    headers: way === 'governed' ? { authorization: `Bearer ${stand.customer.key}` } : {},
    body: JSON.stringify({
      model,
      messages,
      max_tokens: 256,
      ...(isStream ? { stream: true } : {}),
    }),
    mark: stand.mark,
    concurrency,
    warmUpMs: plan.warmUpMs,
    durationMs: plan.durationMs,
  }
  const result = await stand.load.ask<LoadResult>(order)
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${result.asked} requests failed (${way}, ${model})`)
  if (way === 'governed') governedAnswers += result.asked
  return result
}

type Round = Readonly<Record<Way, LoadResult>>

/** Requests that were answered through the gateway, warm-ups included: each must be found charged. */
let governedAnswers = 0

/** How busy the others were in the rounds that count, for the notes. */
const foreignCores: number[] = []

async function measureRound(stand: Stand, load: Omit<Load, 'way'>): Promise<Round> {
  const round = {} as Record<Way, LoadResult>
  for (const way of load.isStream ? STREAM_WAYS : WAYS)
    round[way] = await measure(stand, { ...load, way })
  return round
}

/** Rounds of the ways one after the other, without those that others disturbed or in which the mock drifted. */
async function measureRounds(stand: Stand, load: Omit<Load, 'way'>): Promise<readonly Round[]> {
  const rounds: Round[] = []
  let retries = 0
  while (rounds.length < load.plan.rounds) {
    stand.contention.takeForeignCores()
    const round = await measureRound(stand, load)
    const foreign = stand.contention.takeForeignCores()
    const isDisturbed = foreign > FOREIGN_CORES_MAX && retries < load.plan.retriesMax
    process.stderr.write(
      `${load.model} c=${load.concurrency}: round ${rounds.length + 1}/${load.plan.rounds}, others took ${foreign.toFixed(2)} cores${isDisturbed ? ': again' : ''}\n`,
    )
    if (isDisturbed) {
      retries += 1
      await pause(DISTURBED_PAUSE_MS)
      continue
    }
    foreignCores.push(foreign)
    rounds.push(round)
  }
  const usual = median(rounds.map(({ direct }) => direct.p50Ms))
  const steady = rounds.filter(({ direct }) => Math.abs(direct.p50Ms - usual) <= usual * DRIFT_MAX)
  return steady.length >= 3 ? steady : rounds
}

function latencyFigures(rounds: readonly Round[], what: string, hasTarget: boolean): Figure[] {
  const added = (way: Way, key: 'p50Ms' | 'p99Ms') =>
    rounds.map((round) => round[way][key] - round.direct[key])
  const target = (value: number) =>
    hasTarget ? { target: { kind: 'at_most' as const, value } } : {}
  return [
    figureOf(
      { name: `added latency p50, ${what}`, unit: 'ms', ...target(1.5) },
      added('governed', 'p50Ms'),
    ),
    figureOf(
      { name: `added latency p99, ${what}`, unit: 'ms', ...target(6) },
      added('governed', 'p99Ms'),
    ),
    figureOf({ name: `bare proxy: added p50, ${what}`, unit: 'ms' }, added('bare', 'p50Ms')),
    figureOf({ name: `bare proxy: added p99, ${what}`, unit: 'ms' }, added('bare', 'p99Ms')),
  ]
}

function throughputFigures(rounds: readonly Round[]): Figure[] {
  const target = { kind: 'at_least', value: 6000 } as const
  const unit = 'req/s'
  return [
    figureOf(
      { name: 'governed throughput, c=64', unit, target },
      rounds.map(({ governed }) => governed.perSecond),
    ),
    figureOf(
      { name: 'bare proxy throughput, c=64', unit },
      rounds.map(({ bare }) => bare.perSecond),
    ),
    figureOf(
      { name: 'mock alone, c=64', unit },
      rounds.map(({ direct }) => direct.perSecond),
    ),
    figureOf(
      { name: 'governed / bare proxy', unit: 'ratio' },
      rounds.map(({ governed, bare }) => governed.perSecond / bare.perSecond),
    ),
  ]
}

async function measureGrowth(stand: Stand, plan: Plan): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const concurrency of [1, 4, 16, 64]) {
    const results: LoadResult[] = []
    for (let round = 0; round < Math.min(3, plan.rounds); round++)
      results.push(await measure(stand, { way: 'governed', model: 'instant', concurrency, plan }))
    const name = `governed at c=${concurrency}`
    figures.push(
      figureOf(
        { name, unit: 'req/s' },
        results.map(({ perSecond }) => perSecond),
      ),
      figureOf(
        { name: `${name}: p99`, unit: 'ms' },
        results.map(({ p99Ms }) => p99Ms),
      ),
    )
  }
  return figures
}

async function measureStreams(stand: Stand, plan: Plan): Promise<Figure[]> {
  // Every caller's first stream counts, and lasts longer than a quick round.
  const streams = { ...plan, rounds: Math.min(3, plan.rounds), warmUpMs: 0 }
  const load = { model: 'paced', concurrency: 16, isStream: true, plan: streams } as const
  const rounds = await measureRounds(stand, load)
  const added = (key: 'firstP50Ms' | 'firstP99Ms') =>
    rounds.map(({ governed, direct }) => governed[key] - direct[key])
  const whole = rounds.map(({ governed }) =>
    Number(governed.eventsMin === CHUNKS + 1 && governed.eventsMax === CHUNKS + 1),
  )
  return [
    figureOf({ name: 'streams: added time to first chunk p50', unit: 'ms' }, added('firstP50Ms')),
    figureOf({ name: 'streams: added time to first chunk p99', unit: 'ms' }, added('firstP99Ms')),
    {
      name: 'streams: rounds with every chunk one to one',
      value: whole.reduce((sum: number, each: number) => sum + each, 0) / whole.length,
      unit: 'share',
      target: { kind: 'at_least', value: 1 },
    },
  ]
}

function memoryFigures(measured: Readonly<Record<string, number | null>>): Figure[] {
  return Object.entries(measured).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value, unit: 'MiB' }],
  )
}

/** The benchmark. */
export default async function gateway({ quick }: BenchOptions): Promise<BenchResult> {
  const plan = quick ? QUICK : FULL
  const stand = await openStand()
  try {
    const idleMib = stand.memoryMib()
    const instant = await measureRounds(stand, { model: 'instant', concurrency: 16, plan })
    const saturated = await measureRounds(stand, { model: 'instant', concurrency: 64, plan })
    const paced = await measureRounds(stand, { model: 'paced', concurrency: 16, plan })
    const streams = await measureStreams(stand, plan)
    const growth = await measureGrowth(stand, plan)
    const loadedMib = stand.memoryMib()
    const charged = await stand.countCharged()
    return {
      title: 'Gateway: governed (key, hold, durable record) on one core',
      figures: [
        ...latencyFigures(instant, 'c=16, instant mock', true),
        ...latencyFigures(paced, 'c=16, mock of 20 ms', false),
        ...throughputFigures(saturated),
        ...streams,
        ...growth,
        ...memoryFigures({
          'memory before any load': idleMib,
          'memory after all of it': loadedMib,
        }),
        {
          name: 'answers without a charge, charges without an answer',
          value: Math.abs(governedAnswers - charged),
          unit: `of ${governedAnswers}`,
          target: { kind: 'at_most', value: 0 },
        },
      ],
      notes: [
        'One kB asked, one kB answered, keep-alive, closed loop. The mock and the load share the other core.',
        'Added latency is the percentile through the gateway minus the percentile of the mock, in the same round.',
        `Other programs kept ${median(foreignCores).toFixed(2)} cores busy in the median round, ${Math.max(...foreignCores).toFixed(2)} in the worst; PostgreSQL's share is counted with them.`,
        canPin ? 'Processes were pinned with taskset.' : 'Processes could not be pinned.',
      ],
    }
  } finally {
    await stand.close()
  }
}
