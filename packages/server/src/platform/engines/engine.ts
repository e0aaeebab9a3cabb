/**
 * The engine contract: how Spillway starts, warns and stops work on nodes, and learns what is really there. An
 * engine is a projection of the capacity book and never decides. *Gone* and *unknown* are different answers, and
 * an engine that cannot tell says unknown or throws; it never answers that nothing is there.
 *
 * Instants are milliseconds of this boot's monotonic counter (`process.hrtime`), which nobody can set, with the boot
 * that they count from. An engine whose evidence comes from another machine's clock converts ages, not dates, so that
 * clock skew between machines cannot move a bill; an instant before this boot is negative.
 */
import type { LeaseKind } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import type { SealedAddress } from './sealed-line.ts'

/** Some slots of one node. A gang has one of these for each of its nodes. */
export interface Placement {
  readonly node: string
  readonly slots: readonly number[]
}

/** Whether a node can be trusted with work, as its engine tells. */
export type NodeHealth =
  | { readonly state: 'up' }
  /** Somebody beside Spillway keeps new work off it. What runs goes on. */
  | { readonly state: 'draining'; readonly reason: string }
  /** It does not answer: what runs there is unknown, and its slots stay claimed until it registers clean. */
  | { readonly state: 'down'; readonly reason: string }

/** What may tell of a fault: the engine's own listing, the kernel's log of the node, NVIDIA's DCGM. */
export type Reading = 'engine' | 'kernel_log' | 'dcgm'

/** An instant in the life of a node, by its kernel. */
export interface NodeInstant {
  readonly bootId: string
  /** Since that boot; null where it does not say. */
  readonly seconds: number | null
}

export interface SlotFault {
  readonly slot: number
  /** For people, such as `Xid 79: the GPU has fallen off the bus`. */
  readonly reason: string
  /** It does not answer at all, so what ran on it cannot go on. Otherwise it works, and must not be sold. */
  readonly isLost?: boolean
  /** What told of it; the engine's own listing when absent. */
  readonly reading?: Reading
  /** Set where the witness may forget: the fault outlives its silence, and ends when the node registers clean. */
  readonly seenAt?: NodeInstant
}

/** How an engine keeps the work of customers apart from everything else on a node. */
export interface Isolation {
  /**
   * `sandbox`: own root, own network, so a command sees no path of the node. `accounts`: the engine's own users.
   * `none`: not at all, as the operator asked. `owner_only`: it cannot, so customers must not run there.
   */
  readonly kind: 'sandbox' | 'accounts' | 'none' | 'owner_only'
  /** By what, with which limits, as a sentence for people. */
  readonly text: string
  /** Registries that container images may come from; absent where commands run without images. */
  readonly registries?: readonly string[]
}

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
  /** Null where the engine knows of none. */
  readonly rack: string | null
  /** Nodes of one fabric can run one gang at full speed. Null where the engine knows of none. */
  readonly fabric: string | null
  readonly health: NodeHealth
  /** Slots that must not be sold, though the node answers. */
  readonly faults: readonly SlotFault[]
  /**
   * Readings that were tried beside the engine's own, and why one told nothing to rely on, for people. What a reading
   * found before stands until it has been read again.
   */
  readonly readings?: readonly { readonly reading: Reading; readonly unread: string | null }[]
  /** When node and driver last started, as far as is known: no fault that was seen before is left since. */
  readonly registeredAt?: NodeInstant
  /** Absent where the engine's own accounts keep customers apart. */
  readonly isolation?: Isolation
}

/** A port that an attempt answers at. */
export interface ServiceDoor {
  /** 0: the engine picks one that is free on the node. The command is told as `SPILLWAY_PORT`. */
  readonly port: number
  /** Where callers find it; the command is told as `SPILLWAY_BASE_PATH`. */
  readonly basePath: string
  /** Set where the command runs in a terminal, and what answers at the port is the terminal. */
  readonly terminal?: TerminalTerms
}

export interface TerminalTerms {
  /** It ends after so long with nobody attached and no output; null: never. */
  readonly idleLimitMs: number | null
}

/** How this process reaches something that an attempt listens on. */
export type Address = (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }
  /** On another machine, behind a door that opens to who knows the key; see `sealed-line.ts`. */
  | ({ readonly kind: 'sealed' } & SealedAddress)
) & {
  /** Set for a terminal, which asks for it: everybody on a node may find its port. */
  readonly token?: string
}

/** A file that is fetched before the command starts, into the folder that it runs in. */
export interface Input {
  readonly path: string
  readonly url: string
  readonly sha256?: string | undefined
}

/** A file of that folder that is sent away by PUT when the command has ended. */
export interface Output {
  readonly path: string
  readonly url: string
}

/** What to run: one attempt of a lease on named slots. */
export interface Admission {
  /** Identity of the attempt; `admit` with the same one is idempotent. */
  readonly attemptId: string
  readonly leaseId: string
  /** Engines with accounts run each organization's work under one of its own. */
  readonly organizationId: string
  /** Whose work it is. A customer's is not trusted; `owner` is the operator and what is of his house. */
  readonly tenant: 'owner' | 'customer'
  /** The class: engines with a preemption of their own map it to theirs. */
  readonly kind: LeaseKind
  /** The whole gang, one entry a node: all of it starts, or nothing does. */
  readonly placements: readonly Placement[]
  readonly acceleratorKind: 'gpu' | 'cpu'
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  /** The engine ends it after this long where it can; Spillway asks for the end in any case. */
  readonly timeLimitMs: number | null
  /** Like `environment`, but kept out of every record that outlives the start. */
  readonly secretEnvironment?: Readonly<Record<string, string>>
  /** Fetched and sent from where the command runs, never from here. What fails to come is a failure to start. */
  readonly inputs?: readonly Input[]
  readonly outputs?: readonly Output[]
  /** What the artifacts folder may hold; the engine ends an attempt that fills it. */
  readonly artifactsBytesMax?: number
  /** The attempt whose artifacts folder this one takes over. */
  readonly previousAttemptId?: string | null
  /** Absent for what answers at no port. */
  readonly service?: ServiceDoor
  /** Its root is that of an image, which the engine has told to be ready. Absent: the node's own programs. */
  readonly image?: { readonly reference: string; readonly digest: string }
}

/**
 * What is known of an attempt. All instants of one observation count from its boot.
 */
export type Observation =
  | { readonly state: 'starting'; readonly bootId: string }
  | {
      readonly state: 'running'
      readonly bootId: string
      readonly startedMs: number
      readonly confirmedMs: number
      /** The slots it really has, where the engine picks them; absent where it got the ones that were named. */
      readonly placements?: readonly Placement[]
      /** Set once the engine itself has begun to take it back, by its own rules. */
      readonly preemption?: Preemption
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
      /**
       * `exited`: the exit was witnessed. `lost`: the witness died too. `start_failed`: it never ran. `preempted`: the
       * engine took it back by its own rules.
       */
      readonly how: 'exited' | 'lost' | 'start_failed' | 'preempted'
      /** For people, such as `python3: command not found`. */
      readonly text: string
    }
  /** The engine cannot tell now. The claim stays. */
  | { readonly state: 'unknown'; readonly text: string }
  /** The engine has never heard of the attempt. */
  | { readonly state: 'absent' }

/** A reclaim that the engine began without being asked, such as a preemption by quality of service. */
export interface Preemption {
  /** When the engine began. */
  readonly decidedMs: number
  /** When it will end the processes; null where it does not say. */
  readonly stopMs: number | null
  /** For whom, as a sentence for people. */
  readonly text: string
}

export interface Notice {
  /** As in the AWS spot metadata document. */
  readonly action: 'terminate' | 'stop'
  /** When the processes will be stopped, RFC 3339 UTC. */
  readonly time: string
  readonly signal: string | null
}

/** That a reclaim has become likely. */
export interface Warning {
  /** From when on, RFC 3339 UTC. */
  readonly time: string
}

/** Whether a notice's time comes before another's. */
export function isSooner({ time }: Pick<Notice, 'time'>, than: Pick<Notice, 'time'>): boolean {
  return Date.parse(time) < Date.parse(than.time)
}

/** By which ways a notice reached the command. */
export interface NoticeDelivery {
  readonly document: boolean
  readonly signal: boolean
}

/** An image to have ready, as a lease names it. */
export interface ImageWanted {
  readonly reference: string
  /** Which one it was found to be; null while nobody has asked. */
  readonly digest: string | null
  /** Whom its registry knows. Given to the registry, and kept nowhere. */
  readonly login?: RegistryLogin
}

export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

/** How far an image is. */
export type ImageState =
  /** The bytes to load are null until the registry has told. */
  | { readonly kind: 'pulling'; readonly bytesTotal: number | null; readonly text: string }
  /** It stays for the attempt that asked, which must be admitted soon. */
  | {
      readonly kind: 'ready'
      readonly digest: string
      /** Unpacked. */
      readonly bytes: number
      /** 0: it was there. */
      readonly pulledBytes: number
    }
  | { readonly kind: 'failed'; readonly text: string }

/** Work on the engine's nodes that Spillway did not start: the owner's people use the engine as they always did. */
export interface ForeignWork {
  /** The engine's name for this run; a run again has another, such as `4711.1` after a requeue. */
  readonly runId: string
  readonly name: string
  /** Who runs it, as the engine calls them. */
  readonly user: string
  readonly account: string
  readonly state: 'pending' | 'running' | 'ending'
  /** In all, over all nodes. */
  readonly gpus: number
  readonly nodes: number
  /** Empty while it waits. */
  readonly placements: readonly Placement[]
  /** Null while it waits. */
  readonly startedMs: number | null
  /** How long it may run at most from its start, where the engine knows. */
  readonly timeLimitMs: number | null
  /** Why it waits, in the engine's words; null when it does not. */
  readonly waitingFor: string | null
}

/** All foreign work there is, seen at one instant. What is not in it any more is gone. */
export interface ForeignReport {
  readonly bootId: string
  readonly confirmedMs: number
  readonly work: readonly ForeignWork[]
}

/** What the engine's own accounting says of an attempt, to check ours against. */
export interface EngineUsage {
  readonly attemptId: string
  readonly bootId: string
  readonly gpus: number
  readonly startedMs: number
  /** Null while it runs. */
  readonly endedMs: number | null
}

export interface EngineListener {
  /** An attempt's observation changed. */
  readonly attemptChanged: (attemptId: string) => void
  /** A node's health or the foreign work changed. */
  readonly fleetChanged: () => void
}

export interface Engine {
  readonly name: string
  /** Every node, with its health. Throws when the engine cannot tell: an empty answer would look like an empty fleet. */
  inventory(): Promise<readonly NodeInventory[]>
  /** Starts an attempt, or does nothing when it was started before. Resolves when the start is durable. */
  admit(admission: Admission): Promise<void>
  /**
   * Writes that a reclaim has become likely, from `time` on, where the command can read it; the first of several stands.
   * Null: it is likely no more, and nothing stands there. Idempotent per attempt.
   */
  warn(attemptId: string, warning: Warning | null): Promise<void>
  /**
   * Delivers a notice: metadata document first, then the signal to the process group. Idempotent per attempt and time: a
   * time that is earlier than what was told is told again, by both, and stands from then on; a later one changes nothing.
   */
  notify(attemptId: string, notice: Notice): Promise<NoticeDelivery>
  /** Asks the processes to end (SIGTERM), and kills what is left after the grace. Returns at once. Idempotent. */
  stop(attemptId: string, graceMs: number): Promise<void>
  /**
   * Where the attempt's service answers. Null while nothing of the attempt listens there: what somebody else listens on
   * is never its address, whatever the port.
   */
  address(attemptId: string): Promise<Address | null>
  /** Begins to get an image ready where it is not, and tells how far it is. Absent where there are no images. */
  readonly prepareImage?: (wanted: ImageWanted) => Promise<ImageState>
  /** What is known now. */
  observe(attemptId: string): Promise<Observation>
  /** Looks afresh, past anything remembered, whether an attempt's processes are gone from every node it had. */
  confirmGone(attemptId: string): Promise<'gone' | 'present' | 'unknown'>
  /** Every attempt the engine knows of that was not forgotten, for reconciliation. Throws when it cannot tell. */
  list(): Promise<ReadonlyMap<string, Observation>>
  /** The work that Spillway did not start. Throws when the engine cannot tell. */
  foreign(): Promise<ForeignReport>
  /** Tells soon after something changes. Returns a function that ends the watch. */
  watch(listener: EngineListener): () => void
  /** Keeps new work off a node, also such as others submit. What runs goes on. Idempotent. */
  drain(node: string, reason: string): Promise<void>
  /** Takes a drain of ours back. Idempotent. */
  resume(node: string): Promise<void>
  /** What the engine's own accounting has of attempts that ran after an instant of this boot; nothing where it keeps none. */
  usage(sinceMs: number): Promise<readonly EngineUsage[]>
  /** Drops the engine's record of an attempt that is gone; keeps its logs. */
  forget(attemptId: string): Promise<void>
  /** Where the attempt's combined stdout and stderr is, and how long it is. Null when there is none yet. */
  log(attemptId: string): Promise<{ readonly path: string } | null>
  /** The artifacts folder, as this process finds it; what is in it is the command's, links too. Null without one. */
  artifacts(attemptId: string): Promise<{ readonly path: string } | null>
  /** Removes the files that a forgotten attempt left; keeps its log. Idempotent. */
  discard(attemptId: string): Promise<void>
}

/** The engine of each pool. */
export interface Engines {
  /** Throws when the pool has none: a defect, because the fleet file names one for each. */
  of(pool: string): Engine
  /** Null for a pool that the fleet file does not have any more. */
  find(pool: string): Engine | null
  /** By pool, in the order of the fleet file. */
  all(): readonly { readonly pool: string; readonly engine: Engine }[]
}

export function createEngines(byPool: ReadonlyMap<string, Engine>): Engines {
  return {
    of: (pool) => present(byPool.get(pool), `an engine for the pool ${pool}`),
    find: (pool) => byPool.get(pool) ?? null,
    all: () => [...byPool].map(([pool, engine]) => ({ pool, engine })),
  }
}
