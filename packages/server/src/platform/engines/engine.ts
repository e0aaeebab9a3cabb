/**
 * The engine contract: how Spillway starts, warns and stops work on nodes, and learns what is really there. An
 * engine is a projection of the capacity book and never decides. *Gone* and *unknown* are different answers.
 */

/** What an engine found on a node. */
export interface NodeInventory {
  readonly node: string
  readonly acceleratorKind: 'gpu' | 'cpu'
  /** How many slots can exist here at most. */
  readonly slotCountMax: number
  /** Such as `NVIDIA H200` or `2 logical CPUs, AMD EPYC`. */
  readonly hardware: string
  /** How it was found, as a sentence for people. */
  readonly finding: string
}

/** What to run: one attempt of a lease on named slots of one node. */
export interface Admission {
  /** Identity of the attempt; `admit` with the same one is idempotent. */
  readonly attemptId: string
  readonly leaseId: string
  readonly node: string
  readonly slots: readonly number[]
  readonly acceleratorKind: 'gpu' | 'cpu'
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
}

/**
 * What is known of an attempt. Instants are milliseconds of this boot's monotonic counter (`process.hrtime`), which
 * nobody can set, with the boot that they count from.
 */
export type Observation =
  | { readonly state: 'starting'; readonly bootId: string }
  | {
      readonly state: 'running'
      readonly bootId: string
      readonly startedMs: number
      readonly confirmedMs: number
    }
  | {
      readonly state: 'gone'
      readonly bootId: string
      /** Null when it never ran. */
      readonly startedMs: number | null
      /** When the last process was confirmed gone, or the last instant at which it was confirmed alive. */
      readonly goneMs: number
      readonly exitCode: number | null
      readonly exitSignal: string | null
      /** `exited`: the exit was witnessed. `lost`: the witness died too. `start_failed`: it never ran. */
      readonly how: 'exited' | 'lost' | 'start_failed'
      /** For people, such as `python3: command not found`. */
      readonly text: string
    }
  /** The engine cannot tell now. The claim stays. */
  | { readonly state: 'unknown'; readonly text: string }
  /** The engine has never heard of the attempt. */
  | { readonly state: 'absent' }

export interface Notice {
  /** As in the AWS spot metadata document. */
  readonly action: 'terminate' | 'stop'
  /** When the processes will be stopped, RFC 3339 UTC. */
  readonly time: string
  readonly signal: string | null
}

export interface Engine {
  readonly name: string
  inventory(): Promise<readonly NodeInventory[]>
  /** Starts an attempt, or does nothing when it was started before. Resolves when the start is durable. */
  admit(admission: Admission): Promise<void>
  /** Delivers a notice: metadata document first, then the signal to the process group. Idempotent per attempt. */
  notify(attemptId: string, notice: Notice): Promise<void>
  /** Asks the processes to end (SIGTERM), and kills what is left after the grace. Returns at once. Idempotent. */
  stop(attemptId: string, graceMs: number): Promise<void>
  /** What is known now. */
  observe(attemptId: string): Promise<Observation>
  /** Every attempt the engine knows of that was not forgotten, for reconciliation. */
  list(): Promise<readonly string[]>
  /** Calls `changed` soon after an attempt's observation changes. Returns a function that ends the watch. */
  watch(changed: (attemptId: string) => void): () => void
  /** Drops the engine's record of an attempt that is gone; keeps its logs. */
  forget(attemptId: string): Promise<void>
  /** Where the attempt's combined stdout and stderr is, and how long it is. Null when there is none yet. */
  log(attemptId: string): Promise<{ readonly path: string } | null>
}
