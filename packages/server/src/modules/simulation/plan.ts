/**
 * A plan: everything that a simulation needs, resolved from a scenario and a pool, as plain data that can be stored and
 * handed to another thread. Pure.
 */
import type { Job } from './job.ts'
import { DEFAULTS, type Demand, type Reserved, type Scenario } from './scenario.ts'

/** A pool as a scenario starts from it; amounts are plain decimals. */
export interface PlannedPool {
  readonly name: string
  /** GPUs of each node. */
  readonly sizes: readonly number[]
  readonly spotUsdPerGpuHour: string
  readonly capexUsdPerGpu: string
  readonly residualFraction: number
  readonly lifeYears: number
  readonly opexUsdPerGpuHour: string
  readonly powerKwPerGpu: number
  readonly idlePowerFraction: number
  readonly pue: number
  readonly powerUsdPerKwh: string
}

export interface PlannedVariant {
  readonly name: string
  readonly policy: Scenario['policy']
  readonly pool: PlannedPool
  /** The fleet is so many of this pool. */
  readonly scale: number
  readonly guaranteeCreditPart: number
  readonly demand: Demand
  readonly spotLoad: number
  readonly reserved: readonly Reserved[]
  /** Nodes of one pool that the reserved blocks take. */
  readonly reservedNodes: number
}

export interface PlannedTrace {
  readonly jobs: readonly Job[]
  readonly organizations: readonly string[]
}

export interface Plan {
  readonly horizonDays: number
  readonly seeds: number
  readonly variants: readonly PlannedVariant[]
  /** In place of what is made by the seeds. */
  readonly trace: PlannedTrace | null
}

export type Planning =
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

const GPUS_MAX = 100_000

type Overrides = Partial<Omit<Scenario['variants'][number], 'name'>>

/** What a key without a value would override, it does not. */
type Given<Part> = { readonly [Key in keyof Part]?: Exclude<Part[Key], undefined> }

function given<Part extends object>(part: Part | undefined): Given<Part> {
  return Object.fromEntries(
    Object.entries(part ?? {}).filter(([, value]) => value !== undefined),
  ) as Given<Part>
}

function poolOf(pool: PlannedPool, layers: readonly Overrides[]): PlannedPool {
  let made = pool
  for (const { nodes, prices, cost } of layers) {
    const { kwPerGpu, ...costs } = given(cost)
    made = {
      ...made,
      ...given(costs),
      ...(kwPerGpu === undefined ? {} : { powerKwPerGpu: kwPerGpu }),
      ...(prices?.spotUsdPerGpuHour === undefined
        ? {}
        : { spotUsdPerGpuHour: prices.spotUsdPerGpuHour }),
      ...(nodes ? { sizes: Array.from({ length: nodes.count }, () => nodes.gpusPerNode) } : {}),
    }
  }
  return made
}

function planVariant(
  scenario: Scenario,
  start: PlannedPool,
  { name, ...changes }: { readonly name: string } & Overrides,
): PlannedVariant {
  const pool = poolOf(start, [scenario, changes])
  const scale = changes.scale ?? scenario.scale
  const reserved = changes.reserved ?? scenario.reserved
  const gpusPerNode = Math.max(...pool.sizes)
  const reservedGpus = reserved.reduce((sum, { gpus }) => sum + gpus, 0) / scale
  return {
    name,
    policy: changes.policy ?? scenario.policy,
    ...{ pool, scale, reserved },
    guaranteeCreditPart:
      changes.prices?.guaranteeCreditPart ??
      scenario.prices.guaranteeCreditPart ??
      DEFAULTS.guaranteeCreditPart,
    demand: { ...DEFAULTS.demand, ...given(scenario.demand), ...given(changes.demand) },
    spotLoad: changes.spot?.load ?? scenario.spot.load ?? DEFAULTS.spotLoad,
    reservedNodes: Math.ceil(reservedGpus / gpusPerNode),
  }
}

function whatIsWrong({ name, pool, reservedNodes }: PlannedVariant): string[] {
  const gpus = pool.sizes.reduce((sum, size) => sum + size, 0)
  if (pool.sizes.length === 0) return [`${name}: the pool \`${pool.name}\` has no nodes`]
  if (gpus > GPUS_MAX)
    return [
      `${name}: ${gpus} GPUs are too many to simulate one by one; at most ${GPUS_MAX}, and \`scale\` for the rest`,
    ]
  if (reservedNodes >= pool.sizes.length)
    return [
      `${name}: the reserved blocks take ${reservedNodes} nodes, and the pool has ${pool.sizes.length}; one must be left`,
    ]
  return []
}

export function makePlan(
  scenario: Scenario,
  pool: PlannedPool,
  trace: PlannedTrace | null,
): Planning {
  const variants = [{ name: 'base' }, ...scenario.variants].map((changes) =>
    planVariant(scenario, pool, changes),
  )
  const faults = variants.flatMap(whatIsWrong)
  if (faults.length > 0) return { kind: 'refused', faults }
  const { horizonDays } = scenario
  // A trace is what it is: no seed changes it.
  const seeds = trace ? 1 : scenario.seeds
  return { kind: 'planned', plan: { horizonDays, seeds, variants, trace } }
}
