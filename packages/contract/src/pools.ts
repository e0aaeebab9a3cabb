/** Supply as a buyer sees it: pools, what is free, what it costs; and the slots and their use over time. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ClaimKind,
  Instant,
  InstantInput,
  LeaseId,
  Name,
  NodeId,
  list,
} from './primitives.ts'
import { ReclaimPolicy } from './reclaims.ts'

export const Pool = z.object({
  name: Name,
  site: Name,
  region: z.string(),
  accelerator: z.string(),
  /** `gpu`, or `cpu` where CPU slots stand in for GPUs. */
  acceleratorKind: z.enum(['gpu', 'cpu']),
  engine: z.string(),
  slotsTotal: z.number().int(),
  slotsFree: z.number().int(),
  /** The most slots one lease can have: the largest node. */
  slotsPerNodeMax: z.number().int(),
  /** Price per GPU-hour now, by tier. */
  priceUsdPerGpuHour: z.object({ on_demand: Amount, spot: Amount, flex: Amount }),
  /** Notice before a reclaim, by tier. */
  noticeMs: z.object({
    on_demand: z.number().int(),
    spot: z.number().int(),
    flex: z.number().int(),
  }),
  /** On which terms leases of each tier are taken back; frozen into a lease when it is created. */
  reclaim: ReclaimPolicy,
})
export type Pool = z.infer<typeof Pool>

/** One GPU's place, and what claims it now. Whose claim it is shows only to its owner and the operator. */
export const Slot = z.object({
  node: z.string(),
  nodeId: NodeId,
  index: z.number().int(),
  kind: ClaimKind.nullable(),
  /** What it was sold as, while `kind` is `draining`. */
  drainingKind: ClaimKind.nullable(),
  since: Instant.nullable(),
  leaseId: LeaseId.nullable(),
  organization: z.string().nullable(),
})
export type Slot = z.infer<typeof Slot>

export const UtilisationBucket = z.object({
  from: Instant,
  to: Instant,
  /** Slot-milliseconds by claim kind, and free; they sum to `totalMs` exactly. */
  byKindMs: z.record(z.string(), z.number().int()),
  freeMs: z.number().int(),
  totalMs: z.number().int(),
})
export type UtilisationBucket = z.infer<typeof UtilisationBucket>

/** The stretch of time a use is asked for, in equal parts. */
export const UtilisationWindow = z.strictObject({
  from: InstantInput.optional().meta({ description: 'Default: an hour before `to`.' }),
  to: InstantInput.optional().meta({ description: 'Default: now.' }),
  buckets: z.coerce.number().int().min(1).max(1000).default(60),
})

export const listPools = endpoint({
  id: 'pool.list',
  method: 'GET',
  path: '/pools',
  summary: 'List pools with free capacity and prices now',
  permission: 'pool.list',
  returns: list(Pool),
})

export const listSlots = endpoint({
  id: 'pool.slots',
  method: 'GET',
  path: '/pools/{pool}/slots',
  summary: 'The slots of a pool in physical order, with what claims each',
  permission: 'pool.list',
  params: z.strictObject({ pool: Name }),
  returns: list(Slot),
  errors: ['pool.not_found'],
})

export const getUtilisation = endpoint({
  id: 'pool.utilisation',
  method: 'GET',
  path: '/pools/{pool}/utilisation',
  summary: 'Use of a pool over time by claim kind, in slot-milliseconds that sum to the wall time',
  permission: 'pool.list',
  params: z.strictObject({ pool: Name }),
  query: UtilisationWindow,
  returns: z.object({ pool: Name, buckets: z.array(UtilisationBucket) }),
  errors: ['pool.not_found'],
})
