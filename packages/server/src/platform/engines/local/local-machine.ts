/** What the parts of the local engine share: where it keeps its attempts, and the machine it runs them on. */
import { assert } from '#kernel/assert.ts'
import type { ProcessTable } from '#platform/processes/process-table.ts'
import { attemptPaths } from './attempt-folder.ts'
import type { AttemptPaths, AttemptStatus, Claim, LiveStatus } from './attempt-folder.ts'
import type { CgroupsFound } from './cgroups/cgroups.ts'
import { readJson, readSign } from './durable-file.ts'
import type { Images } from './images/images.ts'
import type { IsolationFound } from './sandbox/isolation.ts'

/** What limits a customer's attempt gets. */
export interface MachineLimits {
  /** Null for its share of the machine's memory. */
  readonly memoryPerSlotBytes: number | null
  readonly processesMax: number
  /** How many slots share the machine. */
  readonly slotCount: () => Promise<number>
}

export interface LocalMachine {
  readonly directory: string
  readonly bootId: string
  readonly table: ProcessTable
  readonly allowedCpus: readonly number[]
  /** The environment of the server, of which the commands get a little. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The words that run the shim. */
  readonly shimWords: () => Promise<readonly string[]>
  /** How customers are kept apart here; found out once. */
  readonly isolation: () => Promise<IsolationFound>
  /** Where cgroups can be made; found out once. */
  readonly cgroups: () => Promise<CgroupsFound>
  readonly limits: MachineLimits
  /** Null where commands run without images. */
  readonly images: Images | null
}

/** The names that can be an attempt's folder: nothing that leaves the engine's folder or hides in it. */
const ATTEMPT_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/

export function isAttemptId(name: string): boolean {
  return ATTEMPT_ID.test(name)
}

export function pathsOf(machine: LocalMachine, attemptId: string): AttemptPaths {
  assert(isAttemptId(attemptId), `${attemptId} cannot name an attempt`)
  return attemptPaths(machine.directory, attemptId)
}

/** Null when nobody has claimed the attempt. */
export async function readStatus(paths: AttemptPaths): Promise<AttemptStatus | null> {
  return (await readJson<AttemptStatus>(paths.status)) ?? readSign<Claim>(paths.claim)
}

/** Since when the attempt has been under way, as far as its status tells. */
export function sinceMs(status: LiveStatus): number {
  return status.phase === 'starting' ? status.claimedMs : status.startedMs
}
