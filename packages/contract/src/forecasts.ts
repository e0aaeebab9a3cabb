/** What the owner is forecast to want of a pool, how right such forecasts were, and what may be sold by them. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ClaimKind, Instant, InstantInput, Name } from './primitives.ts'

/** Why a forecast errs towards the owner: too little is known, or it has been wrong of late. */
export const ForecastFallback = z.enum(['no_history', 'little_history', 'low_confidence'])
export type ForecastFallback = z.infer<typeof ForecastFallback>

/** The same of what may be sold, where there may also be no forecast of the last hours. */
export const SurplusFallback = z.enum([...ForecastFallback.options, 'outdated'])
export type SurplusFallback = z.infer<typeof SurplusFallback>

/** GPUs that the peak of the owner’s demand stays below, with the chance that each name says in percent. */
export const PeakQuantiles = z.object({
  p10: z.number(),
  p50: z.number(),
  p75: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
})
export type PeakQuantiles = z.infer<typeof PeakQuantiles>

/** A forecast of the hours after `at`, made from what was known then and never changed. */
export const Forecast = z.object({
  at: Instant,
  horizonHours: z.number().int(),
  capacityGpus: z.number().int(),
  peak: PeakQuantiles,
  /** Null where it was learned and has been right as often as it said. */
  fallback: ForecastFallback.nullable(),
  /** What would be promised for these hours; null where nothing of the kind is. */
  offeredGpus: z.number().int().nullable(),
  /** The peak that came; null while the hours have not all passed. */
  cameGpus: z.number().nullable(),
})
export type Forecast = z.infer<typeof Forecast>

/** Forecasts held against what came. */
export const ForecastAccuracy = z.object({
  horizonHours: z.number().int(),
  /** Those whose hours have passed. */
  forecasts: z.number().int(),
  /** The share of peaks below the forecast at a level: it should be the level. Null before any has passed. */
  levels: z.array(z.object({ nominal: z.number(), actual: z.number().nullable() })),
  /** Hours for which something would have been promised, and those in which it would not all have been there. */
  promises: z.number().int(),
  breaches: z.number().int(),
})
export type ForecastAccuracy = z.infer<typeof ForecastAccuracy>

export const getForecast = endpoint({
  id: 'forecast.get',
  method: 'GET',
  path: '/pools/{pool}/forecast',
  summary: 'What the owner is forecast to want of a pool, and how right such forecasts were',
  permission: 'forecast.read',
  params: z.strictObject({ pool: Name }),
  query: z.strictObject({
    from: InstantInput.optional().meta({ description: 'Default: a week before `to`.' }),
    to: InstantInput.optional().meta({ description: 'Default: now.' }),
    organization: z.string().min(1).max(120).optional().meta({
      description:
        'Of the work of this organization alone, by its name; of it nothing is promised. Default: of all of them together.',
    }),
    horizon: z.coerce.number().int().min(1).default(4).meta({
      description: 'Hours: of which forecasts the history is.',
    }),
  }),
  returns: z.object({
    pool: Name,
    /** Whose work it is of; null: of everybody’s together. */
    organization: z.string().nullable(),
    /** Organizations whose work was on the pool of late, by name, with what they have of it now. */
    teams: z.array(z.object({ organization: z.string(), gpus: z.number().int() })),
    /** The last forecast of each horizon; empty before the first hour has passed. */
    latest: z.array(Forecast),
    /** Over the last 31 days. */
    accuracy: z.array(ForecastAccuracy),
    /** Forecasts of the horizon asked for, oldest first. */
    history: z.array(Forecast),
    /** What the owner wanted in each hour of that time, at most at once. */
    demand: z.array(z.object({ at: Instant, gpus: z.number() })),
  }),
  errors: ['pool.not_found', 'organization.not_found'],
})

/** GPUs that could be handed out as gangs of a size, each on one node. */
const Gangs = z.object({ gangGpus: z.number().int(), gpus: z.number().int() })

export const TierSurplus = z.object({
  tier: z.enum(['reserved', 'guaranteed', 'spot', 'flex']),
  /** For how long it is promised; null where it is not. */
  hours: z.number().int().nullable(),
  /** By the forecast alone; each firmer tier is a part of each looser one. */
  gpus: z.number().int(),
  /** Of that, what can be placed at all, and as gangs of each size. */
  placeableGpus: z.number().int(),
  gangs: z.array(Gangs),
})
export type TierSurplus = z.infer<typeof TierSurplus>

export const getSurplus = endpoint({
  id: 'surplus.get',
  method: 'GET',
  path: '/pools/{pool}/surplus',
  summary: 'What may be sold of a pool now, by tier, and what claims it',
  permission: 'surplus.read',
  params: z.strictObject({ pool: Name }),
  returns: z.object({
    pool: Name,
    at: Instant,
    capacityGpus: z.number().int(),
    /** What the owner has and waits for. */
    anchorGpus: z.number().int(),
    /** Slots by what claims them, and free ones: they sum to the capacity. */
    claims: z.array(z.object({ kind: ClaimKind.nullable(), gpus: z.number().int() })),
    fallback: SurplusFallback.nullable(),
    /** How much of each promise is sold, by how many broke of late and how long others wait. */
    eta: z.number(),
    /** From firm to loose. What is sold already is a part of it. */
    tiers: z.array(TierSurplus),
  }),
  errors: ['pool.not_found'],
})
