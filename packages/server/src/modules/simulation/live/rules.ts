/** The live market's own functions, as the simulation on a virtual clock is handed them. Types and bounds only. */
import type { LeaseKind, ReclaimPolicy, ReclaimTerms } from '@spillway/contract'
import type { Money } from '#kernel/money.ts'
import type {
  benchmarkOf,
  clearWindow,
  decide,
  decideReplicas,
  depthOf,
  FreeNode,
  fullEarning,
  growthWithin,
  HourlyDesk,
  idleSince,
  keptSoon,
  nextEta,
  placeableOf,
  quantileOf,
  reserveOf,
  Sale,
  SaleRoom,
  sampleDemand,
  ScalingRule,
  ScalingTerms,
  surplusOf,
  TightPlacer,
} from '#modules/market/index.ts'

/** Bounds of the live installation, from its limits. */
export interface LiveBounds {
  readonly windowMs: number
  /** While somebody waits or the owner's demand may rise, the market looks at least so often. */
  readonly lookEveryMs: number
  readonly demandStepMs: number
  readonly demandSteps: number
  readonly shrinkAheadMs: number
  readonly riskAheadMs: number
  /** By how much the reserve of a promise of so many hours is higher, in millionths. */
  readonly premiumPpm: Readonly<Record<number, number>>
  readonly scaling: ScalingBounds
}

/** When it is decided how many replicas a model has, and by how much of the past. */
interface ScalingBounds extends ScalingRule {
  readonly everyMs: number
  readonly looksBackMs: number
  /** Of a model of which nothing else is said. */
  readonly terms: Pick<ScalingTerms, 'idleMs' | 'steadyMs' | 'bandPpm'>
}

export interface LiveRules {
  readonly decide: typeof decide
  readonly keptSoon: typeof keptSoon
  readonly sampleDemand: typeof sampleDemand
  readonly growthWithin: typeof growthWithin
  readonly clearWindow: typeof clearWindow
  readonly makePlacer: (nodes: readonly FreeNode[]) => TightPlacer
  readonly reserveOf: typeof reserveOf
  readonly depthOf: typeof depthOf
  readonly makeDesk: () => HourlyDesk
  readonly quantileOf: typeof quantileOf
  readonly surplusOf: typeof surplusOf
  readonly nextEta: typeof nextEta
  readonly placeableOf: typeof placeableOf
  readonly benchmarkOf: typeof benchmarkOf
  readonly decideReplicas: typeof decideReplicas
  readonly fullEarning: typeof fullEarning
  readonly idleSince: typeof idleSince
  readonly makeSaleRoom: (sale: Sale) => SaleRoom
  /** The terms of a new lease, with a promise of so long; null for the owner's work. */
  readonly termsOf: (
    kind: LeaseKind,
    policy: ReclaimPolicy,
    promisedMs: number,
  ) => ReclaimTerms | null
  /** What a reclaim gives back by the terms of its lease. */
  readonly creditOf: (taken: TakenBack) => Money
  readonly bounds: LiveBounds
}

export interface TakenBack {
  readonly terms: ReclaimTerms
  readonly gpus: number
  readonly priceUsd: Money | null
  readonly startedMs: number
  readonly goneMs: number
}
