/**
 * A plan: everything that a simulation needs, resolved from a scenario and a pool, as plain data that can be stored and
 * handed to another thread. Pure.
 */
import type { ReclaimPolicy } from '@spillway/contract'
import type { Job } from './job.ts'
import {
  DEFAULTS,
  type Demand,
  type Reserved,
  type Scenario,
  type ScenarioFault,
} from './scenario.ts'

/** A pool as a scenario starts from it; amounts are plain decimals. */
export interface PlannedPool {
  readonly name: string
  /** GPUs of each node. */
  readonly sizes: readonly number[]
  readonly spotUsdPerGpuHour: string
  readonly onDemandUsdPerGpuHour: string
  readonly flexUsdPerGpuHour: string
  readonly reclaim: ReclaimPolicy
  readonly capexUsdPerGpu: string
  readonly residualFraction: number
  readonly lifeYears: number
  readonly opexUsdPerGpuHour: string
  readonly powerKwPerGpu: number
  readonly idlePowerFraction: number
  readonly pue: number
  readonly powerUsdPerKwh: string
}

/** How much of a tier is asked for, as a multiple of the studied spot work, and how long buyers wait for it. */
export interface PlannedTier {
  readonly load: number
  readonly patienceHours: number
}

export interface PlannedTokens {
  readonly model: string
  readonly pool: string
  readonly gpusPerReplica: number
  readonly tokensPerSecondPerReplica: number
  readonly usdPerMillionTokens: string
  readonly meanTokensPerSecond: number
  readonly dailyShare: number
  readonly replicasMin: number
  /** Null: as many as the pool holds. */
  readonly replicasMax: number | null
}

export interface PlannedVariant {
  readonly name: string
  readonly policy: Scenario['policy']
  /** At least one. */
  readonly pools: readonly PlannedPool[]
  /** The fleet is so many of these pools. */
  readonly scale: number
  readonly guaranteeCreditPart: number
  readonly demand: Demand
  readonly onDemand: PlannedTier
  readonly guaranteed: PlannedTier & { readonly hours: number }
  readonly spot: PlannedTier & {
    readonly limits: { readonly lowPart: number; readonly highPart: number }
  }
  readonly flex: PlannedTier
  readonly tokens: readonly PlannedTokens[]
  readonly reserved: readonly Reserved[]
  /** Nodes of the first pool that the reserved blocks take. */
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
  | { readonly kind: 'refused'; readonly faults: readonly ScenarioFault[] }

const GPUS_MAX = 100_000

type Overrides = Partial<Omit<Scenario['variants'][number], 'name'>>

/** What a key without a value would override, it does not. */
type Given<Part> = { readonly [Key in keyof Part]?: Exclude<Part[Key], undefined> }

function given<Part extends object>(part: Part | undefined): Given<Part> {
  return Object.fromEntries(
    Object.entries(part ?? {}).filter(([, value]) => value !== undefined),
  ) as Given<Part>
}

function policyOf(policy: ReclaimPolicy, changed: Overrides['reclaim']): ReclaimPolicy {
  if (!changed) return policy
  const { anchorHeadroom, spotMinimumRunMinutes, spotNoticeSeconds } = changed
  const spot = {
    ...policy.spot,
    ...(spotMinimumRunMinutes === undefined
      ? {}
      : { minimumRunMs: Math.round(spotMinimumRunMinutes * 60_000) }),
    ...(spotNoticeSeconds === undefined ? {} : { noticeMs: Math.round(spotNoticeSeconds * 1_000) }),
  }
  return { ...policy, spot, ...(anchorHeadroom === undefined ? {} : { anchorHeadroom }) }
}

function poolOf(pool: PlannedPool, layers: readonly Overrides[]): PlannedPool {
  let made = pool
  for (const { nodes, prices, cost, reclaim } of layers) {
    const { kwPerGpu, ...costs } = given(cost)
    const { guaranteeCreditPart: _credit, ...listed } = given(prices)
    made = {
      ...made,
      ...given(costs),
      ...given(listed),
      ...(kwPerGpu === undefined ? {} : { powerKwPerGpu: kwPerGpu }),
      ...(nodes ? { sizes: Array.from({ length: nodes.count }, () => nodes.gpusPerNode) } : {}),
      reclaim: policyOf(made.reclaim, reclaim),
    }
  }
  return made
}

/** What is asked for of each tier: as the variant says, else as the base, else by default. */
function tiersOf(scenario: Scenario, changes: Overrides) {
  const { patienceHours: patience, guaranteedHours: hours, limits, spotLoad } = DEFAULTS
  const layered = <Tier extends 'onDemand' | 'guaranteed' | 'spot' | 'flex'>(tier: Tier) => ({
    ...given<NonNullable<Scenario[Tier]>>(scenario[tier]),
    ...given<NonNullable<Scenario[Tier]>>(changes[tier]),
  })
  return {
    onDemand: { load: 0, patienceHours: patience.onDemand, ...layered('onDemand') },
    guaranteed: { load: 0, patienceHours: patience.guaranteed, hours, ...layered('guaranteed') },
    spot: { load: spotLoad, patienceHours: patience.spot, limits, ...layered('spot') },
    flex: { load: 0, patienceHours: patience.flex, ...layered('flex') },
  }
}

function planVariant(
  scenario: Scenario,
  start: readonly PlannedPool[],
  { name, ...changes }: { readonly name: string } & Overrides,
): PlannedVariant {
  const pools = start.map((pool) => poolOf(pool, [scenario, changes]))
  const scale = changes.scale ?? scenario.scale
  const reserved = changes.reserved ?? scenario.reserved
  const gpusPerNode = Math.max(...(pools[0]?.sizes ?? []), 1)
  const reservedGpus = reserved.reduce((sum, { gpus }) => sum + gpus, 0) / scale
  return {
    name,
    policy: changes.policy ?? scenario.policy,
    ...{ pools, scale, reserved },
    guaranteeCreditPart:
      changes.prices?.guaranteeCreditPart ??
      scenario.prices.guaranteeCreditPart ??
      DEFAULTS.guaranteeCreditPart,
    demand: { ...DEFAULTS.demand, ...given(scenario.demand), ...given(changes.demand) },
    ...tiersOf(scenario, changes),
    tokens: (changes.tokens ?? scenario.tokens ?? []).map(({ pool, replicasMax, ...each }) => ({
      ...each,
      replicasMax: replicasMax ?? null,
      pool: pool ?? pools[0]?.name ?? '',
    })),
    reservedNodes: Math.ceil(reservedGpus / gpusPerNode),
  }
}

function gpusOf({ sizes }: PlannedPool): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Policies to compare with know the owner's work and spot, on one pool. */
function whatOnlyOursKnows({ pools, onDemand, guaranteed, flex, tokens }: PlannedVariant) {
  return [
    ...(pools.length > 1 ? ['several pools'] : []),
    ...(onDemand.load > 0 ? ['on demand'] : []),
    ...(guaranteed.load > 0 ? ['guaranteed spot'] : []),
    ...(flex.load > 0 ? ['flex'] : []),
    ...(tokens.length > 0 ? ['tokens'] : []),
  ]
}

/** Said of a value of a variant; the base's values stand at the top of the scenario. */
function faultOf(variant: PlannedVariant, at: number) {
  return (path: string, message: string): ScenarioFault => ({
    ...{ path: at === 0 ? path : `variants.${at - 1}.${path}`, message },
    text: `${variant.name}: ${message}`,
  })
}

function wrongTokens(variant: PlannedVariant, at: number): readonly ScenarioFault[] {
  const fault = faultOf(variant, at)
  return variant.tokens.flatMap(({ model, pool, gpusPerReplica }, index) => {
    const found = variant.pools.find((each) => each.name === pool)
    if (!found)
      return [fault(`tokens.${index}.pool`, `tokens of ${model}: there is no pool \`${pool}\``)]
    if (gpusPerReplica <= Math.max(...found.sizes)) return []
    const message = `tokens of ${model}: no node of \`${pool}\` has ${gpusPerReplica} GPUs`
    return [fault(`tokens.${index}.gpusPerReplica`, message)]
  })
}

function whatIsWrong(variant: PlannedVariant, at: number): readonly ScenarioFault[] {
  const { pools, policy, reservedNodes } = variant
  const fault = faultOf(variant, at)
  const [first] = pools
  if (!first) return [fault('pools', 'there is no pool')]
  const gpus = pools.reduce((sum, pool) => sum + gpusOf(pool), 0)
  const empty = pools.find(({ sizes }) => sizes.length === 0)
  if (empty) return [fault('nodes', `the pool \`${empty.name}\` has no nodes`)]
  if (gpus > GPUS_MAX)
    return [
      fault(
        'nodes.count',
        `${gpus} GPUs are too many to simulate one by one; at most ${GPUS_MAX}, and \`scale\` for the rest`,
      ),
    ]
  if (reservedNodes >= first.sizes.length)
    return [
      fault(
        'reserved',
        `the reserved blocks take ${reservedNodes} nodes, and the pool has ${first.sizes.length}; one must be left`,
      ),
    ]
  const unknown = policy === 'spillway' ? [] : whatOnlyOursKnows(variant)
  if (unknown.length === 0) return wrongTokens(variant, at)
  return [
    fault(
      'policy',
      `the policy \`${policy}\` knows the owner's work and spot on one pool, and nothing of ${unknown.join(', ')}; only \`spillway\` does`,
    ),
    ...wrongTokens(variant, at),
  ]
}

export function makePlan(
  scenario: Scenario,
  pools: readonly PlannedPool[],
  trace: PlannedTrace | null,
): Planning {
  const variants = [{ name: 'base' }, ...scenario.variants].map((changes) =>
    planVariant(scenario, pools, changes),
  )
  const faults = variants.flatMap(whatIsWrong)
  if (faults.length > 0) return { kind: 'refused', faults }
  const { horizonDays } = scenario
  // A trace is what it is: no seed changes it.
  const seeds = trace ? 1 : scenario.seeds
  return { kind: 'planned', plan: { horizonDays, seeds, variants, trace } }
}
