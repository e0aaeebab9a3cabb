/** What the market decides on: the book and the orders, frozen at one instant. Pure data. */
import type { Money } from '#kernel/money.ts'
import type { Booked } from './booked.ts'
import type { DemandSample } from './outlook.ts'
import type { Sale } from './surplus/sale-room.ts'

export type LeaseKind = 'anchor' | 'on_demand' | 'spot' | 'flex' | 'serving'

export interface SnapshotNode {
  readonly id: string
  readonly pool: string
  readonly slotCount: number
  /** Whether new work may be placed here. */
  readonly isReady: boolean
  /** Gangs are kept on nodes of one fabric where they fit; null where nobody knows. */
  readonly fabric: string | null
}

/** What the terms of a lease say about taking it back, as far as a decision needs it. */
export interface HolderTerms {
  /** The kinds that may take its slots. */
  readonly by: readonly string[]
  /** Nobody takes it back before its attempt has run for so long. */
  readonly minimumRunMs: number
  /** It was taken back as often this month as its terms allow. */
  readonly isCapReached: boolean
}

/**
 * Slots of one node that somebody has now: a lease, or a claim without one (maintenance, fault), which nobody may
 * take. A gang is one of these for each of its nodes.
 */
export interface Holder {
  readonly leaseId: string | null
  readonly kind: string
  readonly nodeId: string
  readonly slots: readonly number[]
  /** When its work began; null while it starts. */
  readonly startedMs: number | null
  /** Per GPU-hour; null for what is not sold by the hour. */
  readonly priceUsd: Money | null
  /** It has had its notice; its slots will be free. */
  readonly isDraining: boolean
  /** Which lease it makes room for. */
  readonly reclaimFor: string | null
  /** Absent: its kind alone says to whom it gives way. */
  readonly terms?: HolderTerms
  /** When it last said that its work is saved. */
  readonly checkpointMs?: number | null
  /** It goes because its room was wanted, not by its own will; counts against the eviction batch. */
  readonly isTakenBack?: boolean
}

/** A lease that waits for slots. */
export interface Want {
  readonly leaseId: string
  readonly kind: LeaseKind
  readonly pool: string
  /** In all, over all nodes. */
  readonly gpus: number
  /** A gang: so many nodes, with the same number of GPUs on each. */
  readonly nodes: number
  /** All its nodes must be of one fabric; a node that knows of none is of no one's. */
  readonly isOneFabric?: boolean
  /** The fabric that the rest of it is on already: it goes nowhere else. Absent: there is no rest. */
  readonly onFabric?: string
  readonly createdMs: number
  readonly maxPriceUsd: Money | null
  /** Whether it cannot be taken back for the owner's work. Absent: on demand cannot, all else can. */
  readonly isFirm?: boolean
  /** For so long it is promised not to be taken back; absent: not at all. */
  readonly promisedMs?: number
  /** A block that is due: `leaseId` is its id, and it comes before all else, because it was sold beforehand. */
  readonly isBlock?: boolean
  /** So long it stays at most, once it is placed; absent: nobody knows. */
  readonly staysMs?: number
  /** The pool's price for this kind now; null for what is not sold by the hour. */
  readonly priceUsd: Money | null
  /** What it was last told that it waits for. */
  readonly waitsFor?: string | null
}

/** How much of a pool may be on its way out at once; null: no limit. One lease may always go. */
export interface BatchLimit {
  readonly leasesMax: number | null
  readonly slotsPercentMax: number | null
}

/** How the owner's demand on a pool went lately, and how far ahead it is looked at. */
export interface SnapshotDemand {
  /** Oldest first. */
  readonly samples: readonly DemandSample[]
  /** Asked for in the engine itself, and not running: no want of ours. */
  readonly pendingSlots: number
  /** What it will want within so long is freed now. */
  readonly soonMs: number
  /** Who would go for what it wants within so long is told. */
  readonly laterMs: number
  /** Absent: nothing is forecast, or not to be believed. */
  readonly foreseen?: ForeseenPeaks
}

/** Slots that the owner's work is forecast to want at its peak. */
export interface ForeseenPeaks {
  /** Likelier than not, within the shortest promise. */
  readonly likely: number
  /** All but never passed, within the longest. */
  readonly far: number
}

/** What a pool's policy says, and what is known of the owner's demand on it. */
export interface SnapshotPool {
  readonly name: string
  readonly evictionBatch: BatchLimit
  /** Absent: none. */
  readonly anchorHeadroom?: number
  /** Absent: nothing is forecast. */
  readonly demand?: SnapshotDemand
  /** What may be sold as spot. Absent: all that is free. */
  readonly sale?: Sale
  /** What blocks are promised and do not have yet. Absent: nothing. */
  readonly booked?: readonly Booked[]
}

export interface Snapshot {
  readonly nowMs: number
  /** A pool that is not in it has no limits. */
  readonly pools?: readonly SnapshotPool[]
  readonly nodes: readonly SnapshotNode[]
  readonly holders: readonly Holder[]
  readonly wants: readonly Want[]
}

/** Slots of one node. */
export interface NodeSlots {
  readonly nodeId: string
  readonly slots: readonly number[]
}

export type Decision =
  /** The whole gang, one entry a node. */
  | { readonly kind: 'place'; readonly leaseId: string; readonly placements: readonly NodeSlots[] }
  /** Take `leaseId` back, because `forLeaseId` outranks it and the whole of it fits on `nodeIds` afterwards. */
  | {
      readonly kind: 'reclaim'
      readonly leaseId: string
      readonly forLeaseId: string
      readonly nodeIds: readonly string[]
    }
  | { readonly kind: 'wait'; readonly leaseId: string; readonly why: string }
