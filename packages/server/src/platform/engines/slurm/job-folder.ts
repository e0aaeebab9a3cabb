/**
 * What lies in the folder of an attempt on the shared file system, and who writes it. The record is the engine's; the
 * orders are written by the engine and read by the agents; reports are written by the agents and read by the engine.
 * Orders and reports exist from the beginning, empty, because a file that appears is seen late over a network.
 */
import { join } from 'node:path'
import type { Admission, Observation, Placement } from '#platform/engines/engine.ts'
import { ARTIFACTS } from '#platform/engines/local/attempt-folder.ts'

export interface JobPaths {
  readonly attemptId: string
  readonly folder: string
  /** Its existence makes the attempt known. The engine's alone. */
  readonly record: string
  /** Held by whoever submits. */
  readonly lock: string
  /** The job that Slurm made of it. */
  readonly submission: string
  readonly started: string
  readonly gone: string
  /** Its existence says that the attempt was dropped; the log stays. */
  readonly forgotten: string
  /** The engine's, which others may pass through; the files right in it are read, or written, by the job's user. */
  readonly job: string
  /** What to run, readable by nobody else: the environment may hold secrets. */
  readonly task: string
  /** Variables that are kept out of everything that outlives the start; removed then. */
  readonly secrets: string
  /** What the agents write: the folder is the user's, who may replace everything in it. */
  readonly own: string
  /** A sign put up by the one agent that may run the command, or by the engine so that none does. */
  readonly claim: string
  readonly noticeOrder: string
  readonly warningOrder: string
  readonly stopOrder: string
  /** Written by the first node of a gang when its inputs are there. */
  readonly inputsReady: string
  /** How the whole attempt ended, written when none of its processes is left. */
  readonly end: string
  readonly log: string
  readonly work: string
  /** In the working folder. */
  readonly artifacts: string
  readonly node: (rank: number) => NodePaths
}

/** What the agent of one node writes. */
export interface NodePaths {
  readonly report: string
  /** Milliseconds since the command started, by the node's own counter. */
  readonly beat: string
  readonly end: string
  readonly instanceAction: string
  readonly rebalance: string
}

export function jobPaths(directory: string, attemptId: string): JobPaths {
  const folder = join(directory, 'attempts', attemptId)
  const job = join(folder, 'job')
  return {
    attemptId,
    folder,
    record: join(folder, 'record.json'),
    lock: join(folder, 'lock'),
    submission: join(folder, 'submission.json'),
    started: join(folder, 'started.json'),
    gone: join(folder, 'gone.json'),
    forgotten: join(folder, 'forgotten.json'),
    ...insideJob(job),
  }
}

/** The part of the paths that an agent knows. */
export function insideJob(job: string) {
  const own = join(job, 'own')
  return {
    job,
    own,
    task: join(job, 'task.json'),
    secrets: join(job, 'secrets.json'),
    claim: join(own, 'claim'),
    noticeOrder: join(job, 'notice.json'),
    warningOrder: join(job, 'warning.json'),
    stopOrder: join(job, 'stop.json'),
    inputsReady: join(own, 'inputs-ready.json'),
    end: join(own, 'end.json'),
    log: join(job, 'log'),
    work: join(job, 'work'),
    artifacts: join(job, 'work', ARTIFACTS),
    node: (rank: number): NodePaths => ({
      report: join(own, `report-${rank}.json`),
      beat: join(own, `beat-${rank}`),
      end: join(own, `end-${rank}.json`),
      instanceAction: join(own, `instance-action-${rank}.json`),
      rebalance: join(own, `rebalance-${rank}.json`),
    }),
  }
}

/** `task.json`. */
export interface Task {
  readonly admission: Admission
  /** The value of the mark that all its processes carry. */
  readonly mark: string
  /** Secret part of the metadata address, and what whoever attaches to a terminal shows it. */
  readonly token: string
  /** Set for what answers at a port. */
  readonly door?: DoorOrder
  /** Between SIGTERM and SIGKILL when Slurm itself ends the job. */
  readonly killWaitMs: number
}

/** The door that the agent of the first node opens to the attempt's port. */
export interface DoorOrder {
  /** In hexadecimal: who does not know it is not let in. */
  readonly key: string
  /** Where this machine reaches the nodes, by their names. */
  readonly addresses: Readonly<Record<string, string>>
}

/** `notice.json`. */
export interface NoticeOrder {
  readonly action: string
  readonly time: string
  readonly signal: string | null
}

/** `stop.json`: from when it is read, the processes have this long. */
export interface StopOrder {
  readonly graceMs: number
  /** By the counter of the engine's machine. */
  readonly deadlineMs: number
  readonly bootId: string
}

/** `report-<rank>.json`. */
export interface NodeReport {
  readonly phase: 'running'
  /** Whether the notice is readable and whether its signal was sent; null before there is one. */
  readonly noticed: { readonly signal: boolean; readonly time: string } | null
  /** Where the attempt's door is; null on a node that has none. */
  readonly door: { readonly node: string; readonly port: number } | null
}

/** `end.json`, and `end-<rank>.json`. */
export interface JobEnd {
  /** Null when it never ran. */
  readonly ranMs: number | null
  readonly exitCode: number | null
  readonly exitSignal: string | null
  /** Set where it ended before its command began, though it ran: an input could not be fetched. */
  readonly how?: 'start_failed'
  readonly text: string
}

export type GoneObservation = Extract<Observation, { state: 'gone' }>

/** `record.json`, written once. Instants count from `bootId`. */
export interface AttemptRecord {
  readonly admission: Admission
  readonly bootId: string
  readonly admittedMs: number
  /** As ordered; what agents say of their door is measured by it. */
  readonly door?: DoorOrder
}

/** `started.json`, written once by whoever first sees it run. */
export interface StartRecord {
  readonly bootId: string
  readonly startedMs: number
  /** By Slurm's clock, for a later boot of this machine. */
  readonly startEpochSeconds: number
  readonly placements: readonly Placement[]
  /** Set where only Slurm says so. */
  readonly isUntold?: true
}
