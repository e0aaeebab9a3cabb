/**
 * A lease: one organization's exclusive use of some slots. Types and rules; no I/O, no clock.
 *
 * pending → starting → running → reclaiming → ended(reason). A lease that asked for it goes from reclaiming back to
 * pending. Slots are claimed from starting on, and billed from running until the processes are confirmed gone.
 */
import type {
  AfterBlock,
  EndReason,
  LeaseKind,
  LeaseMode,
  LeaseState,
  ReclaimTerms,
  LeaseTransfer,
  RequeuePolicy,
  ServiceRequest,
} from '@spillway/contract'
import { type Money, type Price, ceiling } from '#kernel/money.ts'

export { attemptId } from '#kernel/attempt.ts'

export type ReclaimReason = 'reclaimed' | 'stopped' | 'balance_exhausted' | 'time_limit' | 'faulty'

/** What a lease keeps and never tells; every value sealed where it is stored. */
export interface Hidden {
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: readonly HiddenTransfer[]
  readonly outputs: readonly HiddenTransfer[]
}

/** A file, and the address that it comes from or goes to. */
export interface HiddenTransfer {
  readonly path: string
  readonly url: string
  readonly sha256?: string | undefined
}

/** What is told of a lease's files. */
export interface FileTerms {
  readonly inputs: readonly LeaseTransfer[]
  readonly outputs: readonly LeaseTransfer[]
  readonly artifactsBytesMax: number
}

export const NO_FILES: FileTerms = { inputs: [], outputs: [], artifactsBytesMax: 0 }

/** Slots of one node. */
export interface SlotsOfNode {
  readonly nodeId: string
  readonly slots: readonly number[]
}

/** A price that was agreed when the lease was ordered; it holds for all its attempts. */
export interface AgreedPrice {
  readonly id: string
  /** Under which it is sold. */
  readonly sku: string
  /** Per GPU-hour. */
  readonly amount: Money
}

export interface Lease {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  readonly name: string
  readonly kind: LeaseKind
  readonly mode: LeaseMode
  /** Null for what is none. */
  readonly service: ServiceRequest | null
  /** Of an interactive lease: so long it may be left alone; null: for ever. */
  readonly idleLimitMs: number | null
  readonly state: LeaseState
  readonly pool: string
  /** The block that it is of, and what becomes of it when that is over; null for both without one. */
  readonly blockId: string | null
  readonly afterBlock: AfterBlock | null
  /** In all, over all nodes. */
  readonly gpus: number
  /** A gang runs on so many nodes, with the same number of GPUs on each. */
  readonly nodes: number
  /** `same`: the nodes of a gang must be on one fabric. */
  readonly fabric: 'same' | 'any'
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Names of variables whose values are in `sealed`. */
  readonly secretNames: readonly string[]
  /** What is kept but not told, encrypted; null when there is nothing. */
  readonly sealed: Hidden | null
  readonly files: FileTerms
  readonly workingDirectory: string | null
  /** The container image that it runs from, as named; null for the node's own programs. */
  readonly image: string | null
  /** What the image was found to be for the current attempt. */
  readonly imageDigest: string | null
  readonly requeue: RequeuePolicy
  /** With `on_failure`: after so many it is given up. */
  readonly failuresMax: number
  readonly failures: number
  /** Not started again before; null while nothing is waited out. */
  readonly retryAt: Date | null
  /** How long earlier attempts ran. */
  readonly ranMs: number
  /** Null: no signal with the notice. */
  readonly noticeSignal: string | null
  readonly noticeMs: number
  /** As the pool's policy was when it was created; null for the owner's own work. */
  readonly terms: ReclaimTerms | null
  /** The calendar month that `reclaimsInMonth` counts; of any other there were none. */
  readonly reclaimsMonth: string | null
  readonly reclaimsInMonth: number
  /** When the current attempt last said that its work is saved. */
  readonly checkpointAt: Date | null
  /** Since when a reclaim is likely, and when that was last told. */
  readonly riskAt: Date | null
  readonly riskToldAt: Date | null
  readonly graceMs: number
  readonly timeLimitMs: number | null
  readonly maxPriceUsd: Money | null
  /** Null: the pool's price in force when an attempt gets its slots. */
  readonly agreedPrice: AgreedPrice | null
  readonly priceId: string | null
  readonly priceUsd: Money | null
  readonly holdId: string | null
  readonly createdAt: Date
  readonly attempt: number
  /** When the current attempt got its slots. */
  readonly placedAt: Date | null
  /** Empty while it waits. */
  readonly placements: readonly SlotsOfNode[]
  readonly startedAt: Date | null
  readonly meteredUntil: Date | null
  /** Nothing of the current attempt is billed after this; null while all of its GPUs answer. */
  readonly billableUntil: Date | null
  readonly waitingFor: string | null
  readonly reclaimReason: ReclaimReason | null
  readonly reclaimFor: string | null
  readonly noticeAt: Date | null
  readonly stopAt: Date | null
  readonly stoppedAt: Date | null
  readonly endedAt: Date | null
  readonly endReason: EndReason | null
  readonly exitCode: number | null
  readonly exitSignal: string | null
  /** The engine's own name of a run that it started without being asked; null for what Spillway starts. */
  readonly engineRun: string | null
}

/** Prices of GPU time are per hour of it. */
export const GPU_MS_PER_HOUR = 3_600_000n

/** Kinds that are sold by the GPU-hour. Anchor work is the owner's own; serving earns by the token. */
export function isSoldByHour(kind: LeaseKind): kind is 'on_demand' | 'spot' | 'flex' {
  return kind === 'on_demand' || kind === 'spot' || kind === 'flex'
}

/** What a lease may cost over the next stretch, rounded up: what its hold must cover. */
export function costAhead(price: Price, gpus: number, aheadMs: number): Money {
  return ceiling(price, BigInt(gpus) * BigInt(Math.ceil(aheadMs)))
}

/** Longest notice that a lease gets when its money runs out; the contract's notice is for other reasons to go. */
const EXHAUSTION_NOTICE_MAX_MS = 300_000
/** Metering and stopping happen at their own beat; this much may be added to any stretch. */
const BEAT_MS = 15_000

/** Notice of a lease whose money runs out. */
export function exhaustionNoticeMs(lease: Pick<Lease, 'noticeMs'>): number {
  return Math.min(lease.noticeMs, EXHAUSTION_NOTICE_MAX_MS)
}

/** The notice that is held for. That of an on-demand lease is long, and cut when the money for it runs out. */
export function heldNoticeMs(lease: Pick<Lease, 'kind' | 'noticeMs'>): number {
  return lease.kind === 'on_demand' ? exhaustionNoticeMs(lease) : lease.noticeMs
}

/** How long a lease may go on, and cost, after the decision that it has to go. */
export function tailMs(lease: Pick<Lease, 'kind' | 'noticeMs' | 'graceMs'>): number {
  return heldNoticeMs(lease) + lease.graceMs + BEAT_MS
}

/** How far ahead to hold: the window, no further than the time limit, and the tail on top. */
export function holdAheadMs(
  lease: Pick<Lease, 'kind' | 'noticeMs' | 'graceMs' | 'timeLimitMs' | 'ranMs' | 'startedAt'>,
  nowMs: number,
  windowMs: number,
): number {
  const startedMs = lease.startedAt?.getTime() ?? nowMs
  const limitMs = limitLeftMs(lease)
  const leftMs = limitMs === null ? windowMs : startedMs + limitMs - nowMs
  return Math.max(0, Math.min(windowMs, leftMs)) + tailMs(lease)
}

/** What happens to a lease when its processes are gone. */
export type Ending =
  | { readonly kind: 'requeue'; readonly after: 'reclaim' | 'failure' }
  | { readonly kind: 'end'; readonly reason: EndReason }

const AFTER_RECLAIM: Ending = { kind: 'requeue', after: 'reclaim' }

/** How an attempt was found gone. */
export interface Departure {
  readonly how: 'exited' | 'lost' | 'start_failed' | 'preempted'
  readonly exitCode: number | null
}

/** Pauses after failures double, within bounds. */
const RETRY_MIN_MS = 10_000
const RETRY_MAX_MS = 600_000

export function retryPauseMs(failures: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(Math.max(0, failures - 1), 20))
}

/** What is left of the time limit for the current attempt; null without a limit. */
export function limitLeftMs({ timeLimitMs, ranMs }: Pick<Lease, 'timeLimitMs' | 'ranMs'>) {
  return timeLimitMs === null ? null : Math.max(0, timeLimitMs - ranMs)
}

export function endingOf(
  lease: Pick<Lease, 'reclaimReason' | 'requeue' | 'failures' | 'failuresMax'>,
  { how, exitCode }: Departure,
): Ending {
  const { reclaimReason, requeue } = lease
  const isOurs = reclaimReason === 'reclaimed' || reclaimReason === 'faulty'
  if (isOurs && requeue !== 'never') return AFTER_RECLAIM
  if (reclaimReason !== null) return { kind: 'end', reason: reclaimReason }
  // The engine took it back by its own rules, and it was over before anybody saw it begin.
  if (how === 'preempted')
    return requeue === 'never' ? { kind: 'end', reason: 'reclaimed' } : AFTER_RECLAIM
  const isFailure = how !== 'exited' || exitCode !== 0
  if (isFailure && requeue === 'on_failure' && lease.failures + 1 < lease.failuresMax)
    return { kind: 'requeue', after: 'failure' }
  return { kind: 'end', reason: how }
}

/** The same for an attempt that is gone at an instant: without time left, it does not start again. */
export function endingAt(
  lease: Parameters<typeof endingOf>[0] & Pick<Lease, 'timeLimitMs' | 'ranMs' | 'startedAt'>,
  departure: Departure,
  goneAt: Date,
): Ending {
  const ending = endingOf(lease, departure)
  const ranMs = lease.startedAt === null ? 0 : goneAt.getTime() - lease.startedAt.getTime()
  const leftMs = limitLeftMs({ ...lease, ranMs: lease.ranMs + ranMs })
  return ending.kind === 'requeue' && leftMs === 0 ? { kind: 'end', reason: 'time_limit' } : ending
}

/** Cuts a metered stretch at the full hours, because usage is rated by the hour. */
export function cutAtHours(
  fromMs: number,
  toMs: number,
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const pieces = []
  let at = fromMs
  while (at < toMs) {
    const border = (Math.floor(at / 3_600_000) + 1) * 3_600_000
    const end = Math.min(border, toMs)
    pieces.push({ fromMs: at, toMs: end })
    at = end
  }
  return pieces
}

/** `gpu1: slots 0, 1; gpu2: slots 0, 1`, for a timeline; many nodes are counted instead. */
export function renderPlacements(
  placements: readonly { readonly node: string; readonly slots: readonly number[] }[],
): string {
  if (placements.length > 4) {
    const slots = placements.reduce((sum, each) => sum + each.slots.length, 0)
    return `${slots} slots of ${placements.length} nodes, ${placements[0]?.node ?? ''} and others`
  }
  return placements
    .map(
      ({ node, slots }) => `${node}, ${slots.length === 1 ? 'slot' : 'slots'} ${slots.join(', ')}`,
    )
    .join('; ')
}

/** A duration as people write it: `10 s`, `5 min`, `2 h`. */
export function renderDuration(ms: number): string {
  if (ms < 1000) return `${ms} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}
