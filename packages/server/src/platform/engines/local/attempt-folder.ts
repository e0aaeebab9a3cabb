/**
 * What lies in the folder of an attempt, and who writes it. The engine writes the admission, the stop request and the
 * notice; the shim writes the status and the heartbeat, and the engine in its place once the shim is dead.
 */
import { join } from 'node:path'
import type { Admission, Observation } from '#platform/engines/engine.ts'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import type { GroupPlan } from './cgroups/attempt-groups.ts'

/**
 * Marks each process of an attempt in its environment, with a random value: the same attempt id may exist in another
 * installation on this machine, and its processes are none of ours.
 */
export const MARK_NAME = 'SPILLWAY_ATTEMPT_MARK'

/** The name of the artifacts folder in the working folder. */
export const ARTIFACTS = 'artifacts'

export interface AttemptPaths {
  readonly attemptId: string
  readonly folder: string
  /** Its existence makes the attempt known. Created once. */
  readonly admission: string
  /** Secret variables of the command; removed as soon as it has started. */
  readonly secrets: string
  /** A sign that says who claimed the attempt: who puts it up is the only one to run the command. */
  readonly claim: string
  /** What became of it; until it is there, the claim tells. */
  readonly status: string
  /** The last instant at which the processes were seen alive. */
  readonly heartbeat: string
  readonly stopRequest: string
  /** The notice as given to the command, in the AWS shape. */
  readonly instanceAction: string
  /** The warning that a reclaim is likely, in the AWS shape. */
  readonly rebalance: string
  /** Its existence says that the notice's signal was sent. */
  readonly noticeSent: string
  /** The socket of a service in a sandbox. No command can put another in its place. */
  readonly door: string
  readonly log: string
  readonly work: string
  /** Inside `work`, so that whoever sees the one sees the other. */
  readonly artifacts: string
  /** Why a shim failed, should one ever. */
  readonly shimFailure: string
  /** Its existence says that the engine has dropped the attempt; the log stays. */
  readonly forgotten: string
  /** Written to on every change; lies in one folder with those of the other attempts, for one watch over all. */
  readonly bell: string
}

export function attemptPaths(directory: string, attemptId: string): AttemptPaths {
  const folder = join(directory, attemptId)
  return {
    attemptId,
    folder,
    admission: join(folder, 'admission.json'),
    secrets: join(folder, 'secrets.json'),
    claim: join(folder, 'claim'),
    status: join(folder, 'status.json'),
    heartbeat: join(folder, 'heartbeat'),
    stopRequest: join(folder, 'stop.json'),
    instanceAction: join(folder, 'metadata', 'instance-action.json'),
    rebalance: join(folder, 'metadata', 'rebalance.json'),
    noticeSent: join(folder, 'metadata', 'sent.json'),
    door: join(folder, 'door'),
    log: join(folder, 'log'),
    work: join(folder, 'work'),
    artifacts: join(folder, 'work', ARTIFACTS),
    shimFailure: join(folder, 'shim-failure'),
    forgotten: join(folder, 'forgotten.json'),
    bell: join(bellFolder(directory), attemptId),
  }
}

/** The folder of all bells of an engine. */
export function bellFolder(directory: string): string {
  return join(directory, '.changes')
}

/** In what the command runs. `refused`: not at all, because it must be kept apart and cannot be. */
export type SandboxPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly text: string }
  | {
      readonly kind: 'bubblewrap'
      /** The whole command line. */
      readonly words: readonly string[]
      /** The user that it becomes; null for the one that makes the sandbox. */
      readonly uid: number | null
      readonly hasOwnNetwork: boolean
      /** Words that run the relay of a service inside, before its port; absent in older records. */
      readonly relay?: readonly string[]
      /** Words that give its network a way out; null, or absent in older records, where nothing leads out. */
      readonly uplink?: readonly string[] | null
    }

/** `admission.json`: what the shim needs to start the command. */
export interface AdmissionRecord {
  readonly admission: Admission
  /** Complete, but for the address of the metadata server. */
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  /** Words before the command that pin it to CPUs, or none. */
  readonly pin: readonly string[]
  /** The value of the mark. */
  readonly mark: string
  readonly sandbox: SandboxPlan
  /** Its cgroups; null, or absent in older records, where there are none. */
  readonly groups?: GroupPlan | null
  /** Secret part of the metadata address. */
  readonly token: string
  /** Where its service listens; null for what is none. */
  readonly servicePort: number | null
}

export interface Exit {
  readonly exitCode: number | null
  readonly exitSignal: string | null
}

export type GoneObservation = Extract<Observation, { state: 'gone' }>

/** The sign at `claim`. */
export interface Claim {
  readonly phase: 'starting'
  readonly bootId: string
  readonly shim: ProcessIdentity
  readonly mark: string
  /** The paths of its cgroups. */
  readonly groups?: readonly string[]
  readonly claimedMs: number
}

/** `status.json`, or the claim before there is one. */
export type AttemptStatus =
  | Claim
  | {
      readonly phase: 'running'
      readonly bootId: string
      readonly shim: ProcessIdentity
      readonly mark: string
      readonly groups?: readonly string[]
      /** The command's first process, which leads the group. Null when the shim died before it could say. */
      readonly leader: ProcessIdentity | null
      /** The pid of what holds its sandbox from outside, which must not be asked to end; null without one. */
      readonly holder: number | null
      readonly startedMs: number
      /** How the command ended, while processes that it left behind are being ended. */
      readonly exit: Exit | null
    }
  | { readonly phase: 'gone'; readonly observation: GoneObservation }

export type LiveStatus = Exclude<AttemptStatus, { phase: 'gone' }>

/** `stop.json`. The processes are killed from the deadline on. */
export interface StopRequest {
  readonly bootId: string
  readonly deadlineMs: number
}
