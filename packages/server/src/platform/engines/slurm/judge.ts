/**
 * What is known of an attempt, from what Slurm and the agents say. Pure. An end is believed when the agent saw the last
 * process go, or when Slurm says that the job is over, its nodes answer, and nobody's heart has beaten for a while.
 */
import { counted } from '#kernel/counted.ts'
import type { Observation, Preemption } from '#platform/engines/engine.ts'
import type { AttemptRecord, GoneObservation, JobEnd, StartRecord } from './job-folder.ts'
import type { SlurmJob, SlurmNode } from './slurm-answer.ts'
import type { Snapshot } from './snapshot.ts'

/** A node whose agent beats once a second, and has not for this long, has none. */
export const QUIET_MS = 4000

/**
 * So long an agent may take to begin. What it tells lies where the job's user can change it, so beyond that Slurm's
 * account of the job counts: GPUs that a job has are paid for, whatever is kept quiet.
 */
export const BEGIN_WITHIN_MS = 60_000

export interface Evidence {
  readonly bootId: string
  readonly record: AttemptRecord
  readonly started: StartRecord | null
  readonly snapshot: Snapshot
  /** The attempt's job; null where Slurm does not know it any more, or not yet. */
  readonly job: SlurmJob | null
  /** Whether an agent has run the command, or begun to. */
  readonly isClaimed: boolean
  /** How it ended, in the words of its agent; null while it runs, and for one that was killed. */
  readonly end: JobEnd | null
  /** Milliseconds after the start at which the last heart beat. */
  readonly lastBeatMs: number | null
  /** For how long no heart has beaten, as far as this process has watched. */
  readonly quietMs: number
  /** The last instant at which it was told to run. */
  readonly confirmedMs: number | null
  /** Whether Slurm was seen to take it back. */
  readonly wasPreempted: boolean
}

/** `forestall`: it is gone if the claim can be had, so that nothing can run any more. */
export type Judgement =
  | { readonly kind: 'told'; readonly observation: Observation }
  | { readonly kind: 'forestall'; readonly text: string; readonly how: GoneObservation['how'] }

const WAITING = ['PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED']
const PRESENT = [
  'RUNNING',
  'COMPLETING',
  'SUSPENDED',
  'STOPPED',
  'SIGNALING',
  'STAGE_OUT',
  'RESIZING',
]
const OVER = [
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
  'BOOT_FAIL',
  'DEADLINE',
  'OUT_OF_MEMORY',
]

export function judge(evidence: Evidence): Judgement {
  const { job } = evidence
  if (job === null) return judgeMissing(evidence)
  if (WAITING.includes(job.state)) return told(judgeWaiting(evidence, job))
  if (PRESENT.includes(job.state)) return told(judgePresent(evidence, job))
  if (OVER.includes(job.state)) return judgeOver(evidence, job)
  return unknown(`Slurm says ${job.state} of job ${job.id}, which means nothing here`)
}

function told(observation: Observation): Judgement {
  return { kind: 'told', observation }
}

function unknown(text: string): Judgement {
  return told({ state: 'unknown', text })
}

function judgeWaiting({ bootId, isClaimed }: Evidence, job: SlurmJob): Observation {
  if (job.restarts > 0 || isClaimed)
    return { state: 'unknown', text: `Slurm put job ${job.id} into its queue a second time` }
  return { state: 'starting', bootId }
}

function judgePresent(evidence: Evidence, job: SlurmJob): Observation {
  const { bootId, started, snapshot, record } = evidence
  const silent = silentNodeOf(evidence, job)
  if (silent !== null) return { state: 'unknown', text: silent }
  const wanted = record.admission.placements.length
  if (job.nodes !== wanted)
    return {
      state: 'unknown',
      text: `Slurm gave job ${job.id} ${counted(job.nodes, 'node')}, not ${wanted}`,
    }
  if (started === null) return { state: 'starting', bootId }
  const preemption = preemptionOf(snapshot, job, started)
  const confirmedMs = Math.max(snapshot.fromMs, started.startedMs, evidence.confirmedMs ?? 0)
  return {
    state: 'running',
    bootId,
    startedMs: started.startedMs,
    confirmedMs,
    placements: started.placements,
    ...(preemption === null ? {} : { preemption }),
  }
}

function preemptionOf(snapshot: Snapshot, job: SlurmJob, { startedMs }: StartRecord) {
  if (job.preemptSeconds === null) return null
  const decidedMs = snapshot.atSeconds(job.preemptSeconds)
  const preemption: Preemption = {
    decidedMs: Math.min(snapshot.untilMs, Math.max(startedMs, decidedMs)),
    // Slurm brings the end of the job forward to the end of the grace.
    stopMs: job.endSeconds === null ? null : snapshot.atSeconds(job.endSeconds),
    text: 'Slurm takes it back for work of a higher quality of service',
  }
  return preemption
}

function judgeOver(evidence: Evidence, job: SlurmJob): Judgement {
  const { end, isClaimed } = evidence
  // Of a node that failed, not even the agent's word counts before the node answers again.
  if (end !== null && job.state !== 'NODE_FAIL') return told(goneWith(evidence, end))
  if (!isClaimed) {
    const how = job.state === 'PREEMPTED' ? 'preempted' : 'start_failed'
    return { kind: 'forestall', how, text: `Slurm ended it before it started: ${wordsOf(job)}` }
  }
  const silent = silentNodeOf(evidence, job)
  if (silent !== null) return unknown(silent)
  if (evidence.quietMs < QUIET_MS)
    return unknown(
      `Slurm says ${job.state} of job ${job.id}; making sure that nothing of it is left`,
    )
  return told(goneWithout(evidence, job))
}

/** Slurm forgets jobs some minutes after their end, and a controller that crashes may lose one that it just took. */
function judgeMissing(evidence: Evidence): Judgement {
  const { end, isClaimed } = evidence
  if (end !== null) return told(goneWith(evidence, end))
  if (!isClaimed)
    return { kind: 'forestall', how: 'lost', text: 'Slurm lost the job before it started' }
  const silent = silentNodeOf(evidence, null)
  if (silent !== null) return unknown(silent)
  if (evidence.quietMs < QUIET_MS * 2)
    return unknown('Slurm does not know the job; making sure that nothing of it is left')
  return told(goneWithout(evidence, null))
}

/** A node that does not answer may still run the work, whatever the controller has decided about the job. */
function silentNodeOf({ snapshot, started, record }: Evidence, job: SlurmJob | null) {
  const given = job !== null && job.placements.length > 0 ? job.placements : null
  const placements = given ?? started?.placements ?? record.admission.placements
  for (const { node: name } of placements) {
    const node = snapshot.nodes.get(name)
    if (node === undefined) return `Slurm does not know the node ${name}`
    if (isSilent(node)) return `the node ${name} does not answer`
  }
  return null
}

export function isSilent({ state, flags }: SlurmNode): boolean {
  return (
    ['down', 'error', 'unknown', 'fail', 'powered_down', 'power_down'].includes(state) ||
    ['NOT_RESPONDING', 'POWERED_DOWN', 'POWERING_DOWN', 'INVALID_REG'].some((flag) =>
      flags.includes(flag),
    )
  )
}

function goneWith(evidence: Evidence, end: JobEnd): GoneObservation {
  const { bootId, snapshot, wasPreempted, job } = evidence
  const { exitCode, exitSignal } = end
  if (end.ranMs === null) {
    const text = end.text
    const how = isPreempted(job, wasPreempted) ? 'preempted' : 'start_failed'
    const held = spanOf(evidence, 0)
    const isHeld = held.startedMs < held.goneMs
    const span = isHeld ? held : { startedMs: null, goneMs: snapshot.untilMs }
    return { state: 'gone', bootId, ...span, exitCode, exitSignal, how, text }
  }
  const { startedMs, goneMs } = spanOf(evidence, end.ranMs)
  const isLost = job?.state === 'NODE_FAIL'
  const how = isPreempted(job, wasPreempted) ? 'preempted' : isLost ? 'lost' : (end.how ?? 'exited')
  const text = how === 'preempted' ? `taken back by Slurm: ${end.text}` : end.text
  return { state: 'gone', bootId, startedMs, goneMs, exitCode, exitSignal, how, text }
}

/** The agent died too: what Slurm knows of the exit has to do. */
function goneWithout(evidence: Evidence, job: SlurmJob | null): GoneObservation {
  const { bootId, lastBeatMs, wasPreempted } = evidence
  const { startedMs, goneMs } = spanOf(evidence, lastBeatMs ?? 0)
  const isLost = job === null || job.state === 'NODE_FAIL' || job.state === 'BOOT_FAIL'
  const exit = isLost ? { exitCode: null, exitSignal: null } : exitOf(job)
  const how = isPreempted(job, wasPreempted) ? 'preempted' : isLost ? 'lost' : 'exited'
  const words = job === null ? 'Slurm lost the job' : `Slurm ended it: ${wordsOf(job)}`
  return { state: 'gone', bootId, startedMs, goneMs, ...exit, how, text: words }
}

function isPreempted(job: SlurmJob | null, wasPreempted: boolean): boolean {
  return wasPreempted || job?.state === 'PREEMPTED' || (job?.preemptSeconds ?? null) !== null
}

/** From when to when it ran. One that nobody saw running is counted back from Slurm's end of it. */
function spanOf(evidence: Evidence, ranMs: number) {
  const { bootId, started, snapshot, job, record, confirmedMs } = evidence
  if (started !== null) {
    const latestMs = Math.max(started.startedMs, snapshot.untilMs)
    const earliestMs = Math.max(started.startedMs, confirmedMs ?? started.startedMs)
    const goneMs = Math.min(latestMs, Math.max(earliestMs, started.startedMs + ranMs))
    return { startedMs: started.startedMs, goneMs }
  }
  const endSeconds = job?.endSeconds ?? null
  const endMs = endSeconds === null ? snapshot.untilMs : snapshot.atSeconds(endSeconds)
  const goneMs = Math.min(endMs, snapshot.untilMs)
  // An instant of an earlier boot says nothing in this one.
  const admittedMs = record.bootId === bootId ? record.admittedMs : Number.NEGATIVE_INFINITY
  const toldMs = goneMs - ranMs
  const latestMs = Math.min(toldMs, heldFromMs(snapshot, job) ?? toldMs)
  const startedMs = Math.min(goneMs, Math.max(admittedMs, latestMs))
  return { startedMs, goneMs }
}

/** From when on a job that Slurm started once has its GPUs for its work, whoever says otherwise. */
function heldFromMs(snapshot: Snapshot, job: SlurmJob | null): number | null {
  if (job === null || job.restarts > 0 || job.startSeconds === null) return null
  return snapshot.atSeconds(job.startSeconds) + BEGIN_WITHIN_MS
}

/** Since when an attempt counts as running of which no agent tells; null where that may still come. */
export function untoldStartOf({
  snapshot,
  job,
  record,
}: Pick<Evidence, 'snapshot' | 'job' | 'record'>): number | null {
  if (job?.state !== 'RUNNING' || job.nodes !== record.admission.placements.length) return null
  const fromMs = heldFromMs(snapshot, job)
  return fromMs === null || fromMs > snapshot.fromMs ? null : fromMs
}

/** Slurm keeps the exit as `wait` gives it. A job that it ended itself was killed. */
function exitOf({ state, waitStatus }: SlurmJob): {
  exitCode: number | null
  exitSignal: string | null
} {
  const signal = waitStatus & 0x7f
  if (signal !== 0) return { exitCode: null, exitSignal: signal === 15 ? 'SIGTERM' : 'SIGKILL' }
  if (state === 'COMPLETED' || state === 'FAILED')
    return { exitCode: (waitStatus >> 8) & 0xff, exitSignal: null }
  return { exitCode: null, exitSignal: 'SIGKILL' }
}

function wordsOf({ state, reason }: SlurmJob): string {
  return reason === '' || reason === 'None' ? state : `${state}, ${reason}`
}
