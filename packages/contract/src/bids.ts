/** What the replicas of a deployment bid, against what an hour of their GPUs sells for, and what was moved because of it. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Deployment } from './models.ts'
import { Amount, DeploymentId, Instant, InstantInput, LeaseId } from './primitives.ts'

/** `reserve`: more is free than anybody wants. `demand`: the worth of whoever has the last GPU. */
const PriceBasis = z.enum(['reserve', 'demand'])

/** One look at a deployment: what was measured since the one before, the bids, the prices, and what was decided. */
export const Bid = z.object({
  at: Instant,
  /** Requests answered, in line or held, in the mean since the look before. */
  requests: z.number(),
  tokensPerSecond: z.number(),
  /** Demand in replicas: by requests against places or by tokens against the pace of one at work. */
  demand: z.number(),
  replicasReady: z.number().int(),
  /** What the last replica earns per GPU-hour, less energy; null where nobody knows, or there is none. */
  bidUsd: Amount.nullable(),
  /** The same of one more. */
  bidNextUsd: Amount.nullable(),
  /** What one more GPU would sell for. */
  askUsd: Amount,
  askBasis: PriceBasis,
  /** What the last replica\u2019s GPU would sell for. */
  sellUsd: Amount,
  sellBasis: PriceBasis,
  replicasFrom: z.number().int(),
  replicasTo: z.number().int(),
  why: z.string(),
  /** Why, as a sentence. */
  text: z.string(),
})
export type Bid = z.infer<typeof Bid>

export const ColdStart = z.object({
  leaseId: LeaseId,
  readyAt: Instant,
  /** For room. */
  waitedMs: z.number().int(),
  /** From having room to serving. */
  loadedMs: z.number().int(),
})
export type ColdStart = z.infer<typeof ColdStart>

export const listBids = endpoint({
  id: 'bid.list',
  method: 'GET',
  path: '/deployments/{id}/bids',
  summary:
    'What the replicas of a deployment bid over time, the price of an hour, and each move with its reason',
  permission: 'deployment.list',
  params: z.strictObject({ id: DeploymentId }),
  query: z.strictObject({
    from: InstantInput.optional().meta({ description: 'Default: six hours before `to`.' }),
    to: InstantInput.optional().meta({ description: 'Default: now.' }),
    points: z.coerce.number().int().min(1).max(1000).default(240),
  }),
  returns: z.object({
    deployment: Deployment,
    /** What each is worth follows from these. */
    measured: z.object({
      /** Requests that a replica answers at once. */
      places: z.number().int(),
      /** Tokens a second of one while it works: no more than that in nineteen of twenty looks of a day. */
      tokensPerSecondBusy: z.number().nullable(),
      /** What a replica with all it can do earns in an hour. */
      fullEarningUsd: Amount.nullable(),
      energyUsdPerGpuHour: Amount,
    }),
    /** Evenly spread, oldest first, the last look always among them. */
    points: z.array(Bid),
    /** Newest first. */
    moves: z.array(Bid),
    /** Newest first. */
    coldStarts: z.array(ColdStart),
  }),
  errors: ['deployment.not_found'],
})
