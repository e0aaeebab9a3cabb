/**
 * Reclaims: the terms on which a lease may be taken back, and the record of each time it was. One record holds the
 * whole chain: decided, notice delivered, asked to stop, confirmed gone, credited.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Instant, LeaseId, Limit, Name, ReclaimId, Tier, list } from './primitives.ts'

/** Who may take slots from a tier. Reserved capacity is never taken. */
export const ReclaimedBy = z.enum(['anchor', 'on_demand', 'serving', 'spot'])
export type ReclaimedBy = z.infer<typeof ReclaimedBy>

/** What a lease is given back for a reclaim. Rounded up to the pico, in its favour. */
export const CompensationRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  /** So many minutes of the whole lease at its price. */
  z.object({ kind: z.literal('minutes'), minutes: z.number().int() }),
  /** A part of what the attempt cost over its last minutes. */
  z.object({ kind: z.literal('charge'), fraction: Amount, lastMs: z.number().int() }),
])
export type CompensationRule = z.infer<typeof CompensationRule>

/** The promise that a lease is not taken back before it has run for so long. */
export const Guarantee = z.object({
  ms: z.number().int(),
  /** What it is given back where that is broken all the same; never less than for any reclaim. */
  compensation: CompensationRule,
})
export type Guarantee = z.infer<typeof Guarantee>

/** The promise of a tier about being taken back; frozen into each lease when it is created. */
export const ReclaimTerms = z.object({
  /** Empty: never. */
  by: z.array(ReclaimedBy),
  /** Between the notice and the request to stop. */
  noticeMs: z.number().int(),
  /** No notice is given before an attempt has run for so long. */
  minimumRunMs: z.number().int(),
  /** After so many reclaims in a calendar month (UTC) the lease is protected until the next; null: no cap. */
  perMonthMax: z.number().int().nullable(),
  compensation: CompensationRule,
  /** Of spot that was sold with a guarantee; absent otherwise. */
  guarantee: Guarantee.optional(),
})
export type ReclaimTerms = z.infer<typeof ReclaimTerms>

/** How much of a pool may be on its way out at once. One lease may always go. */
export const EvictionBatch = z.object({
  leasesMax: z.number().int().nullable(),
  slotsPercentMax: z.number().int().nullable(),
})
export type EvictionBatch = z.infer<typeof EvictionBatch>

/** Everything a pool publishes about reclaims. */
export const ReclaimPolicy = z.object({
  on_demand: ReclaimTerms,
  spot: ReclaimTerms,
  flex: ReclaimTerms,
  evictionBatch: EvictionBatch,
  /** So many slots are never sold to what cannot be taken back for the owner's work. */
  anchorHeadroom: z.number().int(),
})
export type ReclaimPolicy = z.infer<typeof ReclaimPolicy>

/**
 * `outranked`: a lease of higher rank waits. `shrink`: the owner's demand rises. `engine`: the engine's own rules.
 * `maintenance`: its node is taken out of service.
 */
export const ReclaimCause = z.enum(['outranked', 'shrink', 'engine', 'maintenance'])
export type ReclaimCause = z.infer<typeof ReclaimCause>

export const Reclaim = z.object({
  id: ReclaimId,
  leaseId: LeaseId,
  attempt: z.number().int(),
  organization: z.string(),
  pool: Name,
  kind: z.string(),
  gpus: z.number().int(),
  cause: ReclaimCause,
  /** Why, as a sentence. */
  text: z.string(),
  /** The kind of work that took the room; null where nobody knows. */
  byKind: z.string().nullable(),
  /** For whom; shows to the operator only. */
  forLeaseId: LeaseId.nullable(),
  terms: ReclaimTerms,
  decidedAt: Instant,
  /** When the notice time ran out; null where no notice was possible. */
  stopAt: Instant.nullable(),
  notice: z.object({
    deliveredAt: Instant.nullable(),
    /** Whether it stood in the metadata document, and whether a signal reached the command. */
    document: z.boolean(),
    signal: z.boolean(),
    /** How the webhooks of its organization fared with it, in order. */
    webhooks: z.array(
      z.object({
        at: Instant,
        host: z.string(),
        isDelivered: z.boolean(),
        /** As the timeline says it. */
        text: z.string(),
      }),
    ),
  }),
  /** The reason for it went away during the notice. A notice is final all the same. */
  causeGoneAt: Instant.nullable(),
  stopAskedAt: Instant.nullable(),
  /** When the processes were confirmed gone: slots free, bill closed. */
  goneAt: Instant.nullable(),
  /** GPU-milliseconds since the last checkpoint that the lease reported, or since its start. */
  workLostGpuMs: z.number().int().nullable(),
  /** Null until the reclaim is closed; then posted in the same transaction, or zero with the reason why. */
  compensationUsd: Amount.nullable(),
  compensationText: z.string().nullable(),
  /** Whether it came before a guaranteed time was over; null while its processes are not confirmed gone. */
  isGuaranteeBroken: z.boolean().nullable(),
  /** The ledger transaction that posted it. */
  transactionId: z.string().nullable(),
})
export type Reclaim = z.infer<typeof Reclaim>

/** A place in the order in which leases give way to the owner's work. */
export const ReclaimPlace = z.object({
  /** First to go is 1. Null to a buyer, who sees the class only. */
  place: z.number().int().nullable(),
  /** 1 goes first: flex, then spot, then model replicas, then on demand where its contract says so. */
  class: z.number().int(),
  leaseId: LeaseId,
  kind: z.string(),
  gpus: z.number().int(),
  workLostGpuMs: z.number().int(),
  /** Until when its terms protect it; null when nothing does, or when only its end would. */
  protectedUntil: Instant.nullable(),
  /** Why it would not go now, as a sentence; null when it would. */
  protectedBy: z.string().nullable(),
})
export type ReclaimPlace = z.infer<typeof ReclaimPlace>

export const listReclaims = endpoint({
  id: 'reclaim.list',
  method: 'GET',
  path: '/reclaims',
  summary: 'List reclaims, newest first: what was taken back, on which terms, with what credited',
  permission: 'reclaim.list',
  query: z.strictObject({
    lease: LeaseId.optional(),
    pool: Name.optional(),
    tier: Tier.optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(Reclaim),
})

export const getReclaim = endpoint({
  id: 'reclaim.get',
  method: 'GET',
  path: '/reclaims/{id}',
  summary: 'Get a reclaim with its whole chain',
  permission: 'reclaim.list',
  params: z.strictObject({ id: ReclaimId }),
  returns: Reclaim,
  errors: ['reclaim.not_found'],
})

export const listLeaseReclaims = endpoint({
  id: 'lease.reclaims',
  method: 'GET',
  path: '/leases/{id}/reclaims',
  summary: 'The reclaims of a lease, oldest first',
  permission: 'lease.list',
  params: z.strictObject({ id: LeaseId }),
  returns: list(Reclaim),
  errors: ['lease.not_found'],
})

export const reportCheckpoint = endpoint({
  id: 'lease.checkpoint',
  method: 'POST',
  path: '/leases/{id}/checkpoint',
  summary: 'Say that a lease has saved its work: what was done before is not lost by a reclaim',
  permission: 'lease.create',
  params: z.strictObject({ id: LeaseId }),
  returns: z.object({ leaseId: LeaseId, checkpointAt: Instant }),
  errors: ['lease.not_found', 'lease.not_running', 'lease.already_ended'],
})

export const getReclaimOrder = endpoint({
  id: 'pool.reclaim_order',
  method: 'GET',
  path: '/pools/{pool}/reclaim-order',
  summary:
    'Who gives way next to the owner\u2019s work; a buyer sees its own leases and their class',
  permission: 'reclaim.list',
  params: z.strictObject({ pool: Name }),
  returns: list(ReclaimPlace),
  errors: ['pool.not_found'],
})
