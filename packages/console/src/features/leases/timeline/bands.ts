/** The life of a lease as bands of states and marks of facts, read from its facts. Pure. */
import type { Lease, LeaseFact } from '@spillway/contract'

export type BandState = 'waiting' | 'starting' | 'running' | 'reclaiming' | 'stopping'

export interface Band {
  readonly state: BandState
  readonly fromMs: number
  /** Null: it still is. */
  readonly toMs: number | null
  readonly attempt: number
}

export interface Mark {
  readonly atMs: number
  readonly word: string
  readonly text: string
  readonly tone: 'plain' | 'good' | 'warn' | 'bad'
}

export interface Life {
  readonly bands: readonly Band[]
  readonly marks: readonly Mark[]
  readonly fromMs: number
  /** Null while the lease lives. */
  readonly toMs: number | null
  /** When the processes will be stopped, while a notice runs. */
  readonly stopMs: number | null
}

/** What a fact makes of the state; facts that are not here change nothing. */
const STATES: Readonly<Record<string, BandState | 'over'>> = {
  'lease.created': 'waiting',
  'lease.placed': 'starting',
  'lease.started': 'running',
  'lease.notice_given': 'reclaiming',
  'lease.stopping': 'stopping',
  'lease.requeued': 'waiting',
  'lease.ended': 'over',
}

const MARKS: Readonly<Record<string, Pick<Mark, 'word' | 'tone'>>> = {
  'lease.risk_elevated': { word: 'risk', tone: 'warn' },
  'lease.notice_given': { word: 'notice', tone: 'warn' },
  'lease.notice_delivered': { word: 'delivered', tone: 'warn' },
  'lease.stop_asked': { word: 'stop asked', tone: 'plain' },
  'lease.reclaim_cause_gone': { word: 'reason gone', tone: 'plain' },
  'lease.confirmed_gone': { word: 'gone', tone: 'plain' },
  'lease.reclaim_credited': { word: 'credit', tone: 'good' },
  'lease.record_missing': { word: 'record missing', tone: 'bad' },
  'lease.requeued': { word: 'waits again', tone: 'plain' },
  'lease.checkpoint': { word: 'checkpoint', tone: 'good' },
}

const BAD_ENDS: readonly string[] = ['start_failed', 'lost', 'balance_exhausted']

function endMark(lease: Lease, text: string): Omit<Mark, 'atMs'> {
  const { endReason, exitCode } = lease
  const isBad = (endReason !== null && BAD_ENDS.includes(endReason)) || (exitCode ?? 0) !== 0
  const word = endReason === 'exited' && exitCode !== null ? `exit ${exitCode}` : 'ended'
  return { word, text, tone: isBad ? 'bad' : endReason === 'exited' ? 'good' : 'plain' }
}

function markOf(fact: LeaseFact, lease: Lease): Mark | null {
  const atMs = Date.parse(fact.at)
  if (fact.type === 'lease.ended') return { atMs, ...endMark(lease, fact.text) }
  const known = MARKS[fact.type]
  return known === undefined ? null : { atMs, ...known, text: fact.text }
}

function attemptOf(fact: LeaseFact): number {
  const attempt = fact.data['attempt']
  return typeof attempt === 'number' ? attempt : 1
}

export function lifeOf(lease: Lease, facts: readonly LeaseFact[]): Life {
  const bands: { state: BandState; fromMs: number; toMs: number | null; attempt: number }[] = []
  for (const fact of facts) {
    const state = STATES[fact.type]
    if (state === undefined) continue
    const atMs = Date.parse(fact.at)
    const last = bands.at(-1)
    // A stop that somebody asked for is a notice without a time: the states follow one another at once.
    if (last && last.toMs === null) last.toMs = Math.max(atMs, last.fromMs)
    if (state !== 'over') bands.push({ state, fromMs: atMs, toMs: null, attempt: attemptOf(fact) })
  }
  const isOver = lease.state === 'ended'
  const endMs = lease.endedAt === null ? null : Date.parse(lease.endedAt)
  const lastMs = Math.max(endMs ?? 0, ...facts.map(({ at }) => Date.parse(at)))
  return {
    bands: bands.filter(({ fromMs, toMs }) => toMs === null || toMs > fromMs),
    marks: facts.flatMap((fact) => markOf(fact, lease) ?? []),
    fromMs: Date.parse(lease.createdAt),
    toMs: isOver ? lastMs : null,
    stopMs: lease.state === 'reclaiming' && lease.stopAt !== null ? Date.parse(lease.stopAt) : null,
  }
}

const STEPS_MS = [
  ...[1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14_400].map(
    (minutes) => minutes * 60_000,
  ),
]

/** Round instants on the axis, at most `max` of them. */
export function ticksOf(fromMs: number, toMs: number, max: number): readonly number[] {
  const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= max) ?? STEPS_MS.at(-1) ?? 1
  const first = Math.ceil(fromMs / step) * step
  const count = Math.max(0, Math.floor((toMs - first) / step) + 1)
  return Array.from({ length: count }, (_, index) => first + index * step)
}

/** Lays labels in rows so that none covers another; those that find no row have none. */
export function placeLabels(
  lefts: readonly number[],
  widths: readonly number[],
  rowsMax: number,
): readonly (number | null)[] {
  const ends = Array.from({ length: rowsMax }, () => Number.NEGATIVE_INFINITY)
  return lefts.map((left, index) => {
    const row = ends.findIndex((end) => end <= left)
    if (row === -1) return null
    ends[row] = left + (widths[index] ?? 0)
    return row
  })
}
