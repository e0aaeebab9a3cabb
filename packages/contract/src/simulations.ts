/**
 * Simulations: what a fleet would sell and earn under a scenario, with variants side by side. They run in the
 * background; the scenario is a text in YAML or JSON, checked before anything runs.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant, Limit, SimulationId, list } from './primitives.ts'

export const SimulationState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'])
export type SimulationState = z.infer<typeof SimulationState>

/** The mean over the seeds, and half the width of its 95 % confidence interval; null of a single seed. */
export const SimulationEstimate = z.object({ mean: z.number(), within: z.number().nullable() })
export type SimulationEstimate = z.infer<typeof SimulationEstimate>

/** What is told of each variant, in this order. Amounts are of the whole fleet over the horizon. */
export const SIMULATION_MEASURES = [
  'utilisation',
  'useful_utilisation',
  'sold_share',
  'sold_gpu_hours',
  'revenue_usd',
  'on_demand_revenue_usd',
  'guaranteed_revenue_usd',
  'spot_revenue_usd',
  'flex_revenue_usd',
  'token_revenue_usd',
  'reserved_revenue_usd',
  'credits_usd',
  'spot_price_usd',
  'benchmark_usd',
  'breaches',
  'breach_rate',
  'evictions',
  'evictions_per_run',
  'turned_away',
  'spot_queueing_s_mean',
  'spot_queueing_s_p95',
  'anchor_delay_s_mean',
  'anchor_delay_s_p99',
  'forecast_covered_share',
  'contribution_usd',
  'depreciation_usd',
  'margin_after_depreciation_usd',
  'capex_usd',
  'capex_recovered_share',
  'capex_recovered_share_per_year',
] as const
export const SimulationMeasure = z.enum(SIMULATION_MEASURES)
export type SimulationMeasure = z.infer<typeof SimulationMeasure>

export const SIMULATION_TIERS = ['serving', 'on_demand', 'guaranteed', 'spot', 'flex'] as const
/** What is sold; `guaranteed` is spot with a promise of some hours, `serving` earns by the token. */
export const SimulationTier = z.enum(SIMULATION_TIERS)
export type SimulationTier = z.infer<typeof SimulationTier>

/** GPUs of the simulated pool through the horizon, mean over the seeds; one value a step. */
export const SimulationTimeline = z.object({
  stepHours: z.number(),
  capacityGpus: z.number(),
  reservedGpus: z.number(),
  anchorGpus: z.array(z.number()),
  soldGpus: z.array(z.number()),
  /** What the owner wanted, running or waiting. */
  wantedGpus: z.array(z.number()),
  /** Of what is sold, by tier; absent of a policy to compare with, which knows spot alone. */
  soldByTier: z.partialRecord(SimulationTier, z.array(z.number())).optional(),
})
export type SimulationTimeline = z.infer<typeof SimulationTimeline>

const PerStep = z.array(z.number().nullable())

/** The market of a pool through the horizon, with the first seed; the live market only. */
export const SimulationMarket = z.object({
  pool: z.string(),
  /** Of each hour: what was forecast of its peak at its beginning, and what came. */
  forecast: z.object({
    likelyGpus: z.array(z.number()),
    p90Gpus: z.array(z.number()),
    p99Gpus: z.array(z.number()),
    cameGpus: z.array(z.number()),
  }),
  /** Means of each step; null where there was none. */
  price: z.object({
    stepHours: z.number(),
    /** Of the windows of plain spot. */
    clearedUsd: PerStep,
    reserveUsd: PerStep,
    /** What an hour of a GPU was worth. */
    benchmarkUsd: PerStep,
  }),
  /** Who had and wanted GPUs in the middle of the horizon, by what an hour was worth to each. */
  stack: z
    .object({
      atHours: z.number(),
      gpusForSale: z.number(),
      usdPerGpuHour: z.number(),
      items: z.array(
        z.object({
          kind: z.string(),
          gpus: z.number(),
          usdPerGpuHour: z.number(),
          isServed: z.boolean(),
        }),
      ),
    })
    .nullable(),
  /** What could be sold of each tier, from firm to loose, each a part of the looser. */
  supply: z
    .object({
      stepHours: z.number(),
      tiers: z.array(
        z.object({
          tier: z.enum(['reserved', 'guaranteed', 'spot', 'flex']),
          /** For how long it is promised; null where it is not. */
          hours: z.number().nullable(),
          gpus: PerStep,
        }),
      ),
    })
    .optional(),
})
export type SimulationMarket = z.infer<typeof SimulationMarket>

export const SimulationVariant = z.object({
  name: z.string(),
  policy: z.string(),
  /** The fleet is so many of the simulated pool. */
  scale: z.number(),
  /** What a policy knows nothing of is absent. */
  measures: z.partialRecord(SimulationMeasure, SimulationEstimate),
  /** Less the base, seed by seed: what comes by chance is alike on both sides. Absent of the base itself. */
  differences: z.partialRecord(SimulationMeasure, SimulationEstimate).optional(),
  timeline: SimulationTimeline,
  markets: z.array(SimulationMarket).optional(),
  /** One for each seed: the same scenario and version give the same. */
  hashes: z.array(z.string()),
})
export type SimulationVariant = z.infer<typeof SimulationVariant>

export const Simulation = z.object({
  id: SimulationId,
  name: z.string(),
  state: SimulationState,
  /** From 0 to 1. */
  progress: z.number(),
  variants: z.array(z.string()),
  seeds: z.number().int(),
  horizonDays: z.number(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Why it failed, as a sentence. */
  failure: z.string().nullable(),
})
export type Simulation = z.infer<typeof Simulation>

export const SimulationWithResult = Simulation.extend({
  /** As it was given. */
  scenario: z.string(),
  /** What was left out of a trace or put right. */
  notes: z.array(z.string()),
  /** The base first, then each variant; null until it is done. */
  result: z.array(SimulationVariant).nullable(),
})
export type SimulationWithResult = z.infer<typeof SimulationWithResult>

const byId = z.strictObject({ id: SimulationId })

export const createSimulation = endpoint({
  id: 'simulation.create',
  method: 'POST',
  path: '/simulations',
  summary: 'Simulate a scenario in the background',
  permission: 'simulation.create',
  body: z.strictObject({
    scenario: z.string().min(1).max(65_536).meta({ description: 'In YAML or JSON.' }),
    fleet: z.string().max(262_144).optional().meta({
      description: 'The text of a fleet file, when the scenario names one.',
    }),
    trace: z.string().max(900_000).optional().meta({
      description: 'A job trace, gzipped and in base64, when the scenario names one.',
    }),
  }),
  returns: Simulation,
  // Fields of a refusal name the value by its path: `body.scenario.variants.0.spot.load`.
  errors: ['simulation.scenario_refused', 'simulation.limit_reached'],
  status: 201,
})

export const listSimulations = endpoint({
  id: 'simulation.list',
  method: 'GET',
  path: '/simulations',
  summary: 'List simulations, newest first',
  permission: 'simulation.list',
  query: z.strictObject({ limit: Limit }),
  returns: list(Simulation),
})

export const getSimulation = endpoint({
  id: 'simulation.get',
  method: 'GET',
  path: '/simulations/{id}',
  summary: 'Show a simulation with its result',
  permission: 'simulation.list',
  params: byId,
  returns: SimulationWithResult,
  errors: ['simulation.not_found'],
})

export const cancelSimulation = endpoint({
  id: 'simulation.cancel',
  method: 'POST',
  path: '/simulations/{id}/cancel',
  summary: 'Cancel a simulation that is not over',
  permission: 'simulation.cancel',
  params: byId,
  returns: Simulation,
  errors: ['simulation.not_found', 'simulation.over'],
})
