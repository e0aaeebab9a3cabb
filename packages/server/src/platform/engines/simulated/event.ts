/** What can happen to a simulated cluster from outside: the lines of its journal. Everything else follows from these. */
import type { Placement } from '#platform/engines/engine.ts'

/** Some nodes that are alike. */
export interface ClusterLayout {
  /** The names of its nodes begin with it. */
  readonly prefix: string
  readonly nodes: number
  readonly slotsPerNode: number
  /** Such as `NVIDIA H200`; the engine adds that it is simulated. */
  readonly hardware: string
  readonly nodesPerRack: number
  readonly racksPerFabric: number
  /** What foreign work does to spot and flex that is in its way: they get this long. */
  readonly preemptionGraceMs: number
  /** What obeys nothing is killed this long after it was asked to stop at a preemption. */
  readonly killWaitMs: number
  readonly seed: number
  /** The owner's synthetic demand; null: only what is submitted. */
  readonly anchor: AnchorDemand | null
  readonly faults: FaultRates
}

/** A day's demand of the owner, as a share of all slots. The day is that of UTC. */
export interface AnchorDemand {
  readonly lowShare: number
  readonly peakShare: number
  readonly peakHourUtc: number
  /** Mean of the jobs. */
  readonly jobMinutes: number
  /** The largest job. */
  readonly jobNodesMax: number
}

export interface FaultRates {
  readonly nodeDownsPerNodeYear: number
  readonly slotFaultsPerSlotYear: number
  readonly repairMinutes: number
}

/** What becomes of the work on something that fails. */
export type WorkFate = 'dies' | 'goes_on'

/** A job of the owner's people, who use the engine as they always did. */
export interface ForeignJob {
  readonly runId: string
  readonly name: string
  readonly user: string
  readonly account: string
  readonly nodes: number
  readonly gpusPerNode: number
  /** Null: it runs until it is ended. */
  readonly durationMs: number | null
  readonly timeLimitMs: number | null
}

export interface AdmittedWork {
  readonly attemptId: string
  readonly kind: string
  readonly placements: readonly Placement[]
  readonly command: readonly string[]
}

export type ClusterEvent = { readonly at: number } & (
  | {
      readonly type: 'booted'
      readonly bootId: string
      readonly monotonicMs: number
      readonly wallMs: number
    }
  | { readonly type: 'declared'; readonly layout: ClusterLayout }
  | { readonly type: 'admitted'; readonly work: AdmittedWork }
  | { readonly type: 'warned'; readonly attemptId: string; readonly time: string | null }
  | {
      readonly type: 'noticed'
      readonly attemptId: string
      readonly time: string
      readonly signal: string | null
    }
  | { readonly type: 'stop_asked'; readonly attemptId: string; readonly graceMs: number }
  | { readonly type: 'forgotten'; readonly attemptId: string }
  | { readonly type: 'drained'; readonly node: string; readonly reason: string }
  | { readonly type: 'resumed'; readonly node: string }
  | {
      readonly type: 'node_lost'
      readonly node: string
      readonly reason: string
      readonly work: WorkFate
    }
  | { readonly type: 'node_back'; readonly node: string }
  | {
      readonly type: 'slot_failed'
      readonly node: string
      readonly slot: number
      readonly reason: string
      readonly work: WorkFate
    }
  | { readonly type: 'slot_mended'; readonly node: string; readonly slot: number }
  | { readonly type: 'engine_failed'; readonly reason: string }
  | { readonly type: 'engine_back' }
  | { readonly type: 'slowed'; readonly answerMs: number }
  | { readonly type: 'foreign_submitted'; readonly job: ForeignJob }
  | { readonly type: 'foreign_ended'; readonly runId: string }
)
