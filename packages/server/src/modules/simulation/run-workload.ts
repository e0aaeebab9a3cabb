/** The work of a plan: made from a seed and the pool's demand, or cut from a trace. Pure. */
import { type Job, windowOf, type Workload } from './job.ts'
import type { PlannedPool, PlannedTrace, PlannedVariant } from './plan.ts'
import { gpusOfPool } from './run-books.ts'
import {
  BY_HOUR_OF_DAY,
  demandLevel,
  productionAnchor,
  productionSpot,
} from './workload/production.ts'
import { makeJobs, makeSoldJobs, type SyntheticOrder } from './workload/synthetic.ts'

const DAY_S = 86_400
const HISTORY_DAYS = 28
const ORGANIZATIONS = [40, 21, 10, 7, 5, 4, 3, 3, 2, 2, 2, 1]

export interface Seeded {
  readonly horizonDays: number
  readonly seed: number
}

function orderOf(
  pool: PlannedPool,
  { demand, spot }: PlannedVariant,
  { horizonDays, seed }: Seeded,
): SyntheticOrder {
  const gpus = gpusOfPool(pool)
  const hours = (HISTORY_DAYS + horizonDays) * 24
  return {
    ...{ seed, spotLoad: spot.load, spotFromHour: HISTORY_DAYS * 24 - 24 },
    level: demandLevel({ demand, seed, hours, gpus }),
    ...{ anchor: productionAnchor(gpus), spot: productionSpot(gpus) },
    byHourOfDay: BY_HOUR_OF_DAY,
    organizations: ORGANIZATIONS.map((weight, value) => ({ value, weight })),
  }
}

function cut(jobs: readonly Job[], horizonDays: number): Workload {
  const organizations = ORGANIZATIONS.map((_, at) => `organization-${at + 1}`)
  const spell = { fromS: HISTORY_DAYS * DAY_S, windowS: horizonDays * DAY_S }
  return windowOf(jobs, { organizations, spell: { ...spell, historyHours: HISTORY_DAYS * 24 } })
}

/** The owner's work and plain spot. */
export function madeWorkload(pool: PlannedPool, variant: PlannedVariant, seeded: Seeded): Workload {
  return cut(makeJobs(orderOf(pool, variant, seeded)), seeded.horizonDays)
}

/** Work of another tier: alike in shape, by chance of its own. */
export function madeSold(
  pool: PlannedPool,
  variant: PlannedVariant,
  { load, ...seeded }: Seeded & { readonly load: number },
): readonly Job[] {
  if (load === 0) return []
  const order = { ...orderOf(pool, variant, seeded), spotLoad: load }
  return cut(makeSoldJobs(order), seeded.horizonDays).jobs
}

/** The first days of a trace teach; as many as it has beyond the horizon, up to four weeks. */
export function tracedWorkload(
  { jobs, organizations }: PlannedTrace,
  horizonDays: number,
): Workload {
  const lastS = jobs.at(-1)?.submitS ?? 0
  const spareDays = Math.floor((lastS - horizonDays * DAY_S) / DAY_S)
  const learnDays = Math.max(0, Math.min(HISTORY_DAYS, spareDays))
  const spell = { fromS: learnDays * DAY_S, windowS: horizonDays * DAY_S }
  return windowOf(jobs, { organizations, spell: { ...spell, historyHours: learnDays * 24 } })
}
