/** Clearings: the windows in which spot orders met what was free, each with the log that computes it again. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ClearingId,
  GuaranteeHours,
  Instant,
  InstantInput,
  Limit,
  Name,
  Tier,
  list,
} from './primitives.ts'

/** The published rule of a pool's auction. Shares are millionths. */
export const ClearingRule = z.object({
  floorUsd: Amount,
  ceilingUsd: Amount,
  kneePpm: z.number().int(),
  movePpm: z.number().int(),
  depthMin: z.number().int(),
  mergesMax: z.number().int(),
  concentrationPpm: z.number().int(),
  swapsMax: z.number().int(),
})
export type ClearingRule = z.infer<typeof ClearingRule>

export const Clearing = z.object({
  id: ClearingId,
  pool: Name,
  windowEndsAt: Instant,
  /** What was sold with a promise of so many hours has a clearing of its own; null: plain spot. */
  guaranteeHours: GuaranteeHours.nullable(),
  /** A window with few bids, sold at the reserve. */
  isQuoted: z.boolean(),
  reserveUsdPerGpuHour: Amount,
  priceUsdPerGpuHour: Amount,
  bids: z.number().int(),
  accepted: z.number().int(),
  gpusOffered: z.number().int(),
  gpusSold: z.number().int(),
})
export type Clearing = z.infer<typeof Clearing>

export const LoggedBid = z.object({
  sequence: z.number().int(),
  /** Buyers are numbered as they appear. */
  buyer: z.number().int(),
  gpus: z.number().int(),
  nodes: z.number().int(),
  fabric: z.enum(['same', 'any']),
  limitUsd: Amount,
  outcome: z.enum(['accepted', 'below_reserve', 'no_room', 'concentration']),
})
export type LoggedBid = z.infer<typeof LoggedBid>

/** All that decided a window, without names. */
export const ClearingLog = z.object({
  rule: ClearingRule,
  utilisationPpm: z.number().int(),
  previousUsd: Amount.nullable(),
  gpusMax: z.number().int(),
  isQuoted: z.boolean(),
  /** So many nodes, one after another, with the same slots free on the same fabric. */
  nodes: z.array(
    z.object({ free: z.number().int(), fabric: z.string().nullable(), count: z.number().int() }),
  ),
  bids: z.array(LoggedBid),
  reserveUsd: Amount,
  priceUsd: Amount,
  figures: z.object({
    gpusSold: z.number().int(),
    surplusUsd: Amount,
    surplusBoundUsd: Amount,
    surplusLostUsd: Amount,
    paradoxicallyRejected: z.number().int(),
    paradoxicallyRejectedGpus: z.number().int(),
    rationed: z.number().int(),
    swaps: z.number().int(),
  }),
})
export type ClearingLog = z.infer<typeof ClearingLog>

export const listClearings = endpoint({
  id: 'clearing.list',
  method: 'GET',
  path: '/clearings',
  summary: 'List the windows that were cleared, newest first',
  permission: 'price.read',
  query: z.strictObject({
    pool: Name.optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(Clearing),
})

export const getClearing = endpoint({
  id: 'clearing.get',
  method: 'GET',
  path: '/clearings/{id}',
  summary: 'Get a clearing with its log, and what differs when it is computed again',
  permission: 'price.read',
  params: z.strictObject({ id: ClearingId }),
  returns: z.object({
    ...Clearing.shape,
    log: ClearingLog,
    /** Sentences; empty: computed again from the log alone, everything comes out the same. */
    differences: z.array(z.string()),
  }),
  errors: ['clearing.not_found'],
})

/** The prices of a stretch: of each clearing, or of the list. */
export const PricePoint = z.object({
  from: Instant,
  to: Instant,
  /** Null where there was none. */
  p10UsdPerGpuHour: Amount.nullable(),
  medianUsdPerGpuHour: Amount.nullable(),
  p90UsdPerGpuHour: Amount.nullable(),
  /** GPUs offered and sold in its windows, in all. */
  gpusOffered: z.number().int(),
  gpusSold: z.number().int(),
  clearings: z.number().int(),
})
export type PricePoint = z.infer<typeof PricePoint>

const byPool = z.strictObject({ pool: Name })

export const listPrices = endpoint({
  id: 'price.list',
  method: 'GET',
  path: '/pools/{pool}/prices',
  summary: 'Prices of a pool and tier over time: tenth percentile, median and ninetieth',
  permission: 'price.read',
  params: byPool,
  query: z.strictObject({
    tier: Tier.default('spot'),
    per: z.enum(['hour', 'day']).default('hour'),
    from: InstantInput.optional().meta({ description: 'Default: a day, or 30, before `to`.' }),
    to: InstantInput.optional().meta({ description: 'Default: now.' }),
  }),
  returns: z.object({ pool: Name, tier: Tier, points: z.array(PricePoint) }),
  errors: ['pool.not_found'],
})

export const getReservePrice = endpoint({
  id: 'price.reserve',
  method: 'GET',
  path: '/pools/{pool}/reserve-price',
  summary: 'The reserve price of a pool\u2019s next window, and the rule that it follows from',
  permission: 'price.read',
  params: byPool,
  returns: z.object({
    pool: Name,
    rule: ClearingRule,
    utilisationPpm: z.number().int(),
    previousUsdPerGpuHour: Amount.nullable(),
    reserveUsdPerGpuHour: Amount,
    /** What the next window may sell: free, and within the surplus of its tier. */
    gpusFree: z.number().int(),
    /** The same of spot with a guarantee. */
    guarantees: z.array(
      z.object({
        hours: GuaranteeHours,
        reserveUsdPerGpuHour: Amount,
        gpusFree: z.number().int(),
      }),
    ),
    windowMs: z.number().int(),
    windowEndsAt: Instant,
  }),
  errors: ['pool.not_found'],
})
