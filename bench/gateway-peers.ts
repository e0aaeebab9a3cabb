/**
 * The gateway beside others: Portkey, LiteLLM, a plain proxy in Go and nginx as the floor, each in front of the same mock,
 * one at a time, in rounds that take turns. `npm run bench -- gateway --peers` is the same. Others are asked to pass
 * requests through; ours does that bare, and governed: with its key, its hold and its record on disk.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Contention } from './gateway/contention.ts'
import type { LoadOrder, LoadResult } from './gateway/load-order.ts'
import { install, type PeerName, RECIPES } from './gateway/peers/install.ts'
import { type Delay, type Peer, startPeer, type Way } from './gateway/peers/start.ts'
import { canPin } from './gateway/pinned.ts'
import { openStand, type Stand } from './gateway/stand.ts'
import type { BenchOptions, BenchResult, Comparison, Figure } from './run/result.ts'
import { figureOf, median } from './run/result.ts'

interface Shape {
  readonly name: 'single' | 'full' | 'streams'
  readonly concurrency: number
  readonly delay: Delay
  readonly isStream: boolean
  readonly durationMs: number
  readonly warmUpMs: number
}

const SHAPES: readonly Shape[] = [
  { name: 'single', concurrency: 1, delay: 'd0', isStream: false, durationMs: 1500, warmUpMs: 300 },
  { name: 'full', concurrency: 64, delay: 'd0', isStream: false, durationMs: 2000, warmUpMs: 500 },
  // Each caller's first stream counts.
  { name: 'streams', concurrency: 16, delay: 'd20', isStream: true, durationMs: 2000, warmUpMs: 0 },
]
const ROUNDS = 5
const ROUNDS_TRIED_MAX = 7
const QUICK = 0.25
/** A round in which the mock itself moved by more than this says nothing. */
const DRIFT_MAX = 0.1
const CHUNKS = 64
const CORE = 0
const OURS = 'Spillway, governed'
const BARE = 'Spillway\u2019s bare proxy'
const DIRECT = 'mock alone'

/** One that is measured. */
interface Entrant {
  readonly name: string
  readonly way: Way
  readonly pid: number
  readonly peer: Peer | null
}

type Round = Readonly<Record<string, Readonly<Record<Shape['name'], LoadResult>>>>

const CHAT = '/v1/chat/completions'

function ownEntrants(stand: Stand): readonly Entrant[] {
  const plain = {
    path: (delay: Delay) => `/${delay}${CHAT}`,
    model: (delay: Delay) => delay,
    headers: () => ({}),
  }
  const governed: Way = {
    origin: stand.gateway.url,
    path: () => CHAT,
    model: (delay) => (delay === 'd0' ? 'instant' : 'paced'),
    headers: () => ({ authorization: `Bearer ${stand.customer.key}` }),
  }
  const at = (port: number) => ({ ...plain, origin: `http://127.0.0.1:${port}` })
  const { mock, baseline, gateway } = stand
  return [
    { name: DIRECT, way: at(mock.port), pid: mock.child.pid ?? 0, peer: null },
    { name: BARE, way: at(baseline.port), pid: baseline.child.pid ?? 0, peer: null },
    { name: OURS, way: governed, pid: gateway.child.pid ?? 0, peer: null },
  ]
}

/** Installs and starts what can be had; says why not for the rest. */
async function openPeers(stand: Stand, scratch: string) {
  const entrants: Entrant[] = []
  const notes: string[] = []
  for (const key of Object.keys(RECIPES) as PeerName[]) {
    const { name } = RECIPES[key]
    process.stderr.write(`${name}: `)
    const installed = await install(key)
    if (installed.kind === 'missing') {
      process.stderr.write(`not run: ${installed.reason}\n`)
      notes.push(`${name} ${installed.version} was not run: ${installed.reason}`)
      continue
    }
    const place = { folder: installed.folder, scratch: join(scratch, key), core: CORE }
    try {
      const peer = await startPeer(key, { ...place, mockPort: stand.mock.port }, stand.mark)
      peer.rest()
      entrants.push({ name, way: peer, pid: peer.pid, peer })
      notes.push(`${name} is ${installed.version}.`)
      process.stderr.write('ready\n')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      process.stderr.write(`not run: ${reason}\n`)
      notes.push(`${name} ${installed.version} was not run: ${reason}`)
    }
  }
  return { entrants, notes }
}

function orderOf({ way }: Entrant, shape: Shape, { stand, share }: Measuring): LoadOrder {
  const { delay, isStream, concurrency } = shape
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(35) },
  ]
  const stream = isStream ? { stream: true } : {}
  return {
    origin: way.origin,
    path: way.path(delay),
    headers: way.headers(delay),
    body: JSON.stringify({ model: way.model(delay), messages, max_tokens: 256, ...stream }),
    mark: stand.mark,
    concurrency,
    warmUpMs: shape.warmUpMs * share,
    durationMs: shape.durationMs * share,
  }
}

interface Measuring {
  readonly stand: Stand
  readonly entrants: readonly Entrant[]
  readonly share: number
}

async function measureRound(measuring: Measuring): Promise<Round> {
  const { stand, entrants } = measuring
  const round: Record<string, Record<string, LoadResult>> = {}
  for (const shape of SHAPES)
    for (const entrant of entrants) {
      entrant.peer?.wake()
      const order = orderOf(entrant, shape, measuring)
      const result = await stand.load.ask<LoadResult>(order)
      entrant.peer?.rest()
      round[entrant.name] = { ...round[entrant.name], [shape.name]: result }
      if (entrant.name === OURS) governedAnswers += result.asked - result.failures
    }
  return round as Round
}

let governedAnswers = 0

function familyOf(pid: number): readonly number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`).trim()
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))]
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or it has ended.
    return ''
  }
}

function memoryMib(pid: number): number {
  const kib = familyOf(pid).map((each) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readText(`/proc/${each}/status`))?.[1] ?? 0),
  )
  return kib.reduce((sum, each) => sum + each, 0) / 1024
}

/** Rounds in which the mock held still, of those that were measured. */
async function measureRounds(measuring: Measuring, rounds: number): Promise<readonly Round[]> {
  const { stand, entrants } = measuring
  const contention = new Contention([
    process.pid,
    stand.load.child.pid ?? 0,
    ...entrants.flatMap(({ pid }) => familyOf(pid)),
  ])
  const measured: Round[] = []
  const steady = () => {
    const usual = median(measured.map((round) => p50Of(round)))
    return measured.filter((round) => Math.abs(p50Of(round) - usual) <= usual * DRIFT_MAX)
  }
  const triedMax = rounds === 1 ? 1 : ROUNDS_TRIED_MAX
  while (measured.length < triedMax && steady().length < rounds) {
    contention.takeForeignCores()
    measured.push(await measureRound(measuring))
    const foreign = contention.takeForeignCores()
    foreignCores.push(foreign)
    process.stderr.write(`round ${measured.length}: others took ${foreign.toFixed(2)} cores\n`)
  }
  const found = steady()
  droppedRounds = measured.length - found.length
  return found
}

const p50Of = (round: Round): number => round[DIRECT]?.single.p50Ms ?? 0
const foreignCores: number[] = []
let droppedRounds = 0

type Of = (round: Round, entrant: string) => number

const perSecond: Of = (round, name) => round[name]?.full.perSecond ?? Number.NaN
const added =
  (shape: Shape['name'], key: 'p50Ms' | 'p99Ms' | 'firstP50Ms' | 'firstP99Ms'): Of =>
  (round, name) =>
    (round[name]?.[shape][key] ?? Number.NaN) - (round[DIRECT]?.[shape][key] ?? Number.NaN)
const isWhole: Of = (round, name) => {
  const streams = round[name]?.streams
  return Number(streams?.eventsMin === CHUNKS + 1 && streams.eventsMax === CHUNKS + 1)
}
const failures: Of = (round, name) =>
  SHAPES.reduce((sum, shape) => sum + (round[name]?.[shape.name].failures ?? 0), 0)

const MEASURES: Readonly<Record<string, Of>> = {
  'req/s, c=64': perSecond,
  'added p50 ms, c=1': added('single', 'p50Ms'),
  'added p99 ms, c=1': added('single', 'p99Ms'),
  'added first chunk p50 ms, 16 streams': added('streams', 'firstP50Ms'),
  'added first chunk p99 ms, 16 streams': added('streams', 'firstP99Ms'),
  'chunks one to one': isWhole,
  failed: failures,
}

function compare(
  rounds: readonly Round[],
  entrants: readonly Entrant[],
  memory: Comparison,
): Comparison {
  return Object.fromEntries(
    entrants.map(({ name }) => [
      name,
      {
        ...Object.fromEntries(
          Object.entries(MEASURES).map(([measure, of]) => [
            measure,
            median(rounds.map((round) => of(round, name))),
          ]),
        ),
        ...memory[name],
      },
    ]),
  )
}

function figures(rounds: readonly Round[], entrants: readonly Entrant[]): Figure[] {
  const each = (of: Of, name = OURS) => rounds.map((round) => of(round, name))
  const ratio = (name: string, value: number): Figure[] => {
    if (entrants.every((entrant) => entrant.name !== name)) return []
    const figure = { name: `governed throughput / ${name}`, unit: 'ratio' }
    const target = value > 0 ? { target: { kind: 'at_least' as const, value } } : {}
    const ratios = rounds.map((round) => perSecond(round, OURS) / perSecond(round, name))
    return [figureOf({ ...figure, ...target }, ratios)]
  }
  const most = (name: string, value: number, of: Of) =>
    figureOf({ name, unit: 'ms', target: { kind: 'at_most', value } }, each(of))
  const fastest = (round: Round) =>
    Math.max(
      ...entrants.filter(({ name }) => name !== DIRECT).map(({ name }) => perSecond(round, name)),
    )
  return [
    ...ratio(RECIPES.litellm.name, 10),
    ...ratio(RECIPES.portkey.name, 5),
    ...ratio(RECIPES.bifrost.name, 1.5),
    ...ratio(BARE, 0.8),
    ...ratio(RECIPES.caddy.name, 0),
    ...ratio(RECIPES.nginx.name, 0),
    most('governed: added p50, c=1', 0.5, added('single', 'p50Ms')),
    most('governed: added p99, c=1', 2, added('single', 'p99Ms')),
    most('governed: added time to first chunk p99, 16 streams', 1, added('streams', 'firstP99Ms')),
    figureOf(
      {
        name: 'mock alone / the fastest of all',
        unit: 'ratio',
        target: { kind: 'at_least', value: 5 },
      },
      rounds.map((round) => perSecond(round, DIRECT) / fastest(round)),
    ),
  ]
}

/** What an entrant could not do is told beside what it could. */
function failureNotes(rounds: readonly Round[], entrants: readonly Entrant[]): readonly string[] {
  return entrants.flatMap(({ name }) =>
    SHAPES.flatMap(({ name: shape }) => {
      const results = rounds.map((round) => round[name]?.[shape])
      const failed = results.reduce((sum, each) => sum + (each?.failures ?? 0), 0)
      const asked = results.reduce((sum, each) => sum + (each?.asked ?? 0), 0)
      return failed === 0 ? [] : [`${name}, ${shape}: ${failed} of ${asked} requests failed.`]
    }),
  )
}

/** The benchmark. */
export default async function peers({ quick }: BenchOptions): Promise<BenchResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'spillway-peers-'))
  const loadBefore = loadavg()[0] ?? 0
  const stand = await openStand()
  const { entrants: others, notes } = await openPeers(stand, scratch)
  try {
    const entrants = [...ownEntrants(stand), ...others]
    const idle = entrants.map(({ pid }) => memoryMib(pid))
    const measuring = { stand, entrants, share: quick ? QUICK : 1 }
    const rounds = await measureRounds(measuring, quick ? 1 : ROUNDS)
    const memory = Object.fromEntries(
      entrants.map(({ name, pid }, index) => [
        name,
        { 'MiB idle': idle[index] ?? null, 'MiB after': memoryMib(pid) },
      ]),
    )
    const charged = await stand.countCharged()
    return {
      title: 'Gateways side by side: each on one core, mock and load on the other',
      figures: [
        ...figures(rounds, entrants),
        {
          name: 'governed answers without a charge, or charges without an answer',
          value: Math.abs(governedAnswers - charged),
          unit: `of ${governedAnswers}`,
          target: { kind: 'at_most', value: 0 },
        },
      ],
      comparisons: { gateways: compare(rounds, entrants, memory) },
      notes: [
        ...notes,
        ...failureNotes(rounds, entrants),
        `Rounds that count: ${rounds.length}; dropped because the mock moved by more than 10 %: ${droppedRounds}. Medians.`,
        'The others pass requests through: none of them keeps a balance or a record. LiteLLM checks its master key; its budgets need a database client whose engine is not in a registry, so it was not run governed.',
        'Those that are not measured are held still (SIGSTOP). Every answer had to bear the mark of the mock.',
        'A mock that is not five times faster than the fastest proxy bounds what the fastest could show, and favours nobody else.',
        `Other programs took ${median(foreignCores).toFixed(2)} cores in the median round, ${Math.max(...foreignCores).toFixed(2)} in the worst, PostgreSQL included. Load average before: ${loadBefore.toFixed(2)}.`,
        canPin ? 'Processes were pinned with taskset.' : 'Processes could not be pinned.',
      ],
    }
  } finally {
    for (const { peer } of others) peer?.end()
    await stand.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}
