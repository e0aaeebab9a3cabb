/** The live market's own functions and bounds, for a simulation of it: what is simulated is what runs. */
import { greatest, picos } from '#kernel/money.ts'
import type { Money } from '#kernel/money.ts'
import { marginalCostOf, type PoolCosts } from '#modules/economics/index.ts'
import { creditFor, termsFor, withGuarantee } from '#modules/lease/index.ts'
import * as market from '#modules/market/index.ts'
import {
  BUYER_SHARE_PPM,
  CLEARING_DEPTH_MIN,
  CLEARING_MERGES_MAX,
  CLEARING_SWAPS_MAX,
  CLEARING_WINDOW_MS,
  DEMAND_STEP_MS,
  DEMAND_STEPS,
  FORECAST_LEARN_EVERY_HOURS,
  GUARANTEE_PREMIUM_PPM,
  PRICE_MOVE_PPM,
  RESERVE_FLOOR_PPM,
  RESERVE_KNEE_PPM,
  RISK_AHEAD_MS,
  SCALING_LONG_MS,
  SCALING_LOOKS_BACK_MS,
  SCALING_SHORT_MS,
  SCALING_START_AFTER_MS,
  SHRINK_AHEAD_MS,
  SIMULATED_SCALING_EVERY_MS,
} from '../../limits.ts'
import type { LiveRules } from './live/rules.ts'
import type { PoolTerms } from './run-live.ts'

const HOUR_MS = 3_600_000
const MILLION = 1_000_000n

export const LIVE_RULES: LiveRules = {
  ...market,
  makePlacer: (nodes) => new market.TightPlacer(nodes),
  makeDesk: () =>
    new market.HourlyDesk({
      horizons: market.HORIZONS,
      learnEveryHours: FORECAST_LEARN_EVERY_HOURS,
    }),
  makeSaleRoom: (sale) => new market.SaleRoom(sale),
  termsOf: (kind, policy, promisedMs) => {
    const terms = termsFor(kind, policy)
    return terms === null || promisedMs === 0 ? terms : withGuarantee(terms, promisedMs)
  },
  creditOf: ({ terms, gpus, priceUsd, startedMs, goneMs }) =>
    creditFor(terms, {
      ...{ gpus, priceUsd, startedAt: new Date(startedMs), goneAt: new Date(goneMs) },
    }).amount,
  bounds: {
    // Less often than the controller, which looks each second: what follows from time alone comes up to this much later.
    lookEveryMs: DEMAND_STEP_MS,
    ...{ windowMs: CLEARING_WINDOW_MS, demandStepMs: DEMAND_STEP_MS, demandSteps: DEMAND_STEPS },
    ...{ shrinkAheadMs: SHRINK_AHEAD_MS, riskAheadMs: RISK_AHEAD_MS },
    premiumPpm: GUARANTEE_PREMIUM_PPM,
    scaling: {
      ...{ everyMs: SIMULATED_SCALING_EVERY_MS, looksBackMs: SCALING_LOOKS_BACK_MS },
      ...{ shortMs: SCALING_SHORT_MS, longMs: SCALING_LONG_MS },
      startAfterMs: SCALING_START_AFTER_MS,
      terms: { idleMs: 300_000, steadyMs: 120_000, bandPpm: 100_000 },
    },
  },
}

/** The floor is what a GPU-hour costs, and a share of the list price where that is more; the ceiling is the list price. */
export function liveTermsOf(costs: PoolCosts, spotUsd: Money): PoolTerms {
  const marginalUsd = marginalCostOf(costs, HOUR_MS)
  const share = picos((spotUsd * BigInt(RESERVE_FLOOR_PPM)) / MILLION)
  const floor = greatest(marginalUsd, share)
  const rule = {
    ...{ floor, ceiling: greatest(floor, spotUsd), kneePpm: RESERVE_KNEE_PPM },
    ...{ movePpm: PRICE_MOVE_PPM, depthMin: CLEARING_DEPTH_MIN, mergesMax: CLEARING_MERGES_MAX },
    ...{ concentrationPpm: BUYER_SHARE_PPM, swapsMax: CLEARING_SWAPS_MAX },
  }
  return { rule, marginalUsd }
}
