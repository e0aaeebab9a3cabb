import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runScenarioPlan } from './plan-service.ts'
import { makePlan, type PlannedPool } from './plan.ts'
import { readScenario, type Scenario, type ScenarioFault } from './scenario.ts'

const TERMS = {
  ...{ by: ['anchor' as const], noticeMs: 30_000, minimumRunMs: 0, perMonthMax: null },
  compensation: { kind: 'none' as const },
}
const POLICY = {
  ...{ on_demand: { ...TERMS, by: [] }, spot: TERMS, flex: { ...TERMS, noticeMs: 0 } },
  evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
  anchorHeadroom: 0,
}

const POOL: PlannedPool = {
  ...{ name: 'p', sizes: [8, 8, 8, 8], spotUsdPerGpuHour: '1.5', capexUsdPerGpu: '30000' },
  ...{ onDemandUsdPerGpuHour: '3', flexUsdPerGpuHour: '0.8', reclaim: POLICY },
  ...{ residualFraction: 0.1, lifeYears: 5, opexUsdPerGpuHour: '0.2', powerKwPerGpu: 1 },
  ...{ idlePowerFraction: 0.3, pue: 1.2, powerUsdPerKwh: '0.06' },
}

function scenario(text: string): Scenario {
  const reading = readScenario(text)
  if (reading.kind === 'refused') throw new Error(textOf(reading.faults))
  return reading.scenario
}

function textOf(faults: readonly ScenarioFault[]): string {
  return faults.map(({ text }) => text).join('\n')
}

function planOf(text: string) {
  const planning = makePlan(scenario(text), [POOL], null)
  if (planning.kind === 'refused') throw new Error(textOf(planning.faults))
  return planning.plan
}

const SMALL = 'name: small\nhorizonDays: 3\nseeds: 2\nspot: { load: 6 }\n'

test.each([
  ['name: x\nhorizonDay: 3', 'Unrecognized key: "horizonDay"'],
  ['name: x\nhorizonDays: -3', 'line 2: horizonDays: Too small'],
  ['name: x\ndemand:\n  meanShare: 1.2', 'line 3: demand.meanShare: must be between 0 and 1'],
  ['name: x\npolicy: best', 'line 2: policy: write one of: spillway, conditional-rise, fifo'],
  ['name: x\nseeds: .nan', 'line 2: seeds: expected number, received NaN'],
  ['name: x\nvariants: [{ name: base }]', 'a second variant named `base`'],
  [
    'name: x\nseeds: 30\nvariants: [{name: a},{name: b},{name: c},{name: d}]',
    '150 runs; at most 120',
  ],
  ['name: [', 'line 1'],
  ['- a list', 'expected object'],
])('a scenario that makes no sense is refused with its line: %j', (text, fault) => {
  const reading = readScenario(text)
  expect(reading.kind === 'refused' && textOf(reading.faults)).toContain(fault)
})

test('a variant changes what it names and nothing else', () => {
  const text = `${SMALL}demand: { meanShare: 0.5, surgesPerWeek: 0 }\nvariants:\n  - name: dearer\n    prices: { spotUsdPerGpuHour: 2 }\n    demand: { meanShare: 0.7 }`
  const { variants } = planOf(text)
  expect(variants.map(({ pools }) => pools[0]?.spotUsdPerGpuHour)).toEqual(['1.5', '2'])
  expect(variants.map(({ demand }) => [demand.meanShare, demand.surgesPerWeek])).toEqual([
    [0.5, 0],
    [0.7, 0],
  ])
})

test.each([
  ['nodes: { count: 20000, gpusPerNode: 64 }', 'too many to simulate one by one'],
  ['reserved: [{ name: all, gpus: 32, usdPerMonth: 1 }]', 'take 4 nodes, and the pool has 4'],
])('a plan that cannot be run is refused: %s', (line, fault) => {
  const planning = makePlan(scenario(SMALL + line), [POOL], null)
  expect(planning.kind === 'refused' && planning.faults[0]?.text).toContain(fault)
})

test.each([
  ['onDemand: { load: 1 }', 'nothing of on demand'],
  ['guaranteed: { load: 1 }\nflex: { load: 1 }', 'nothing of guaranteed spot, flex'],
])('a policy to compare with is refused what it knows nothing of: %s', (line, fault) => {
  const planning = makePlan(scenario(`${SMALL}policy: fifo\n${line}`), [POOL], null)
  expect(planning.kind === 'refused' && planning.faults[0]?.text).toContain(fault)
})

test('tokens are refused on a pool that is not there, or on nodes that are too small', () => {
  const tokens = (parts: string) =>
    `${SMALL}tokens: [{ model: m, tokensPerSecondPerReplica: 1000, usdPerMillionTokens: 1, meanTokensPerSecond: 5000, ${parts} }]`
  const faultOf = (parts: string) => {
    const planning = makePlan(scenario(tokens(parts)), [POOL], null)
    return planning.kind === 'refused' ? planning.faults[0]?.text : null
  }
  expect(faultOf('gpusPerReplica: 1, pool: none')).toContain('there is no pool `none`')
  expect(faultOf('gpusPerReplica: 16')).toContain('no node of `p` has 16 GPUs')
  expect(faultOf('gpusPerReplica: 4')).toBeNull()
})

test('a fault names the value it is about, in the base and in a variant', () => {
  const pathOf = (text: string) => {
    const reading = readScenario(SMALL + text)
    if (reading.kind === 'refused') return reading.faults[0]?.path
    const planning = makePlan(reading.scenario, [POOL], null)
    return planning.kind === 'refused' ? planning.faults[0]?.path : null
  }
  expect(pathOf('flex: { load: -1 }')).toBe('flex.load')
  expect(pathOf('variants: [{ name: a }, { name: b, demand: { meanShare: 2 } }]')).toBe(
    'variants.1.demand.meanShare',
  )
  expect(pathOf('variants: [{ name: a }, { name: a }]')).toBe('variants.1.name')
  expect(pathOf('variants: [{ name: a, policy: fifo, flex: { load: 1 } }]')).toBe(
    'variants.0.policy',
  )
  expect(pathOf('policy: fifo\nflex: { load: 1 }')).toBe('policy')
})

test('a pool without nodes is refused', () => {
  const planning = makePlan(scenario(SMALL), [{ ...POOL, sizes: [] }], null)
  expect(planning.kind === 'refused' && planning.faults[0]?.text).toContain('has no nodes')
})

test('the same plan gives the same result, and progress goes to the end', () => {
  const plan = planOf(SMALL)
  const told: number[] = []
  const first = runScenarioPlan(plan, (fraction) => told.push(fraction))
  expect(runScenarioPlan(plan, () => undefined)).toEqual(first)
  expect(told.at(-1)).toBe(1)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
})

test('utilisation, what is sold and the books of a variant agree', () => {
  const [base] = runScenarioPlan(planOf(SMALL), () => undefined)
  const mean = (measure: string) => base?.measures[measure]?.mean ?? Number.NaN
  const hours = 32 * 3 * 24
  expect(mean('sold_share') * hours).toBeCloseTo(mean('sold_gpu_hours'), 6)
  expect(mean('spot_revenue_usd')).toBeLessThanOrEqual(mean('sold_gpu_hours') * 1.5 + 0.01)
  expect(mean('revenue_usd')).toBeCloseTo(mean('spot_revenue_usd') - mean('credits_usd'), 2)
  // 30,000 USD, a tenth left, over five years of 8,760 hours
  expect(mean('depreciation_usd')).toBeCloseTo((30_000 * 0.9 * hours) / (5 * 8_760), 1)
  expect(mean('capex_usd')).toBe(30_000 * 32)
  const timeline = base?.timeline
  const held = (timeline?.anchorGpus ?? []).reduce(
    (sum, each, at) => sum + each + (timeline?.soldGpus[at] ?? 0),
    0,
  )
  expect(held / 124 / 32).toBeCloseTo(mean('utilisation'), 2)
})

test('a variant is told less the base, seed by seed, as far as both know', () => {
  const text = `${SMALL}variants:\n  - { name: as it is }\n  - { name: dearer, prices: { onDemandUsdPerGpuHour: 9 } }\n  - { name: first, policy: fifo }`
  const [base, same, dearer, fifo] = runScenarioPlan(planOf(text), () => undefined)
  expect(base?.differences).toBeUndefined()
  for (const [measure, { mean, within }] of Object.entries(same?.differences ?? {}))
    expect([measure, mean, within]).toEqual([measure, 0, 0])
  expect(dearer?.differences?.['revenue_usd']).toEqual({ mean: 0, within: 0 })
  const used = fifo?.differences?.['utilisation']
  expect(used?.mean).toBeCloseTo(
    (fifo?.measures['utilisation']?.mean ?? 0) - (base?.measures['utilisation']?.mean ?? 0),
    9,
  )
  expect(fifo?.differences).not.toHaveProperty('benchmark_usd')
})

test('every tier and tokens bring their own, and revenue is their sum less credits', () => {
  const text = `${SMALL}demand: { meanShare: 0.3, surgesPerWeek: 0 }
onDemand: { load: 3 }
guaranteed: { load: 3, hours: 2 }
flex: { load: 3 }
tokens:
  - { model: m, gpusPerReplica: 1, tokensPerSecondPerReplica: 1000, usdPerMillionTokens: 2, meanTokensPerSecond: 2500 }
`
  const [base] = runScenarioPlan(planOf(text), () => undefined)
  const mean = (measure: string) => base?.measures[measure]?.mean ?? Number.NaN
  const tiers = ['on_demand', 'guaranteed', 'spot', 'flex', 'token'].map((tier) =>
    mean(`${tier}_revenue_usd`),
  )
  for (const revenue of tiers) expect(revenue).toBeGreaterThan(0)
  const sum = tiers.reduce((total, revenue) => total + revenue, 0)
  expect(mean('revenue_usd')).toBeCloseTo(sum - mean('credits_usd'), 1)
  // 2.5 replicas' worth of tokens on average, at 2 USD a million, less what waited for room
  expect(mean('token_revenue_usd')).toBeLessThanOrEqual((2_500 * 2 * 3 * 86_400 * 1.1) / 1e6)
  expect(mean('breaches')).toBe(0)
  expect(base?.markets[0]?.stack?.items.length).toBeGreaterThan(0)
  // then: what is sold is the sum of its tiers, step by step
  const { soldGpus = [], soldByTier } = base?.timeline ?? {}
  for (const [step, sold] of soldGpus.entries()) {
    const all = Object.values(soldByTier ?? {}).reduce((total, row) => total + (row[step] ?? 0), 0)
    expect(Math.abs(all - sold)).toBeLessThan(0.3)
  }
  // and: each tier that could be sold is a part of the looser one
  const supply = base?.markets[0]?.supply.tiers ?? []
  expect(supply.map(({ tier }) => tier)).toEqual([
    ...['reserved', 'guaranteed', 'guaranteed', 'guaranteed', 'spot', 'flex'],
  ])
})

test('several pools stand side by side, each with its own demand', () => {
  const planning = makePlan(scenario(SMALL), [POOL, { ...POOL, name: 'q', sizes: [4, 4] }], null)
  if (planning.kind === 'refused') throw new Error(textOf(planning.faults))
  const [base] = runScenarioPlan(planning.plan, () => undefined)
  expect(base?.timeline.capacityGpus).toBe(40)
  expect(base?.markets.map(({ pool }) => pool)).toEqual(['p', 'q'])
  expect(base?.measures['capex_usd']?.mean).toBe(30_000 * 40)
})

test('reserved blocks bring their money whatever happens, and leave less for the rest', () => {
  const text = `${SMALL}scale: 10\nvariants:\n  - name: leased\n    reserved: [{ name: lease, gpus: 80, usdPerMonth: 73000 }]`
  const [base, leased] = runScenarioPlan(planOf(text), () => undefined)
  expect(leased?.measures['reserved_revenue_usd']?.mean).toBeCloseTo(
    (73_000 * 3 * 86_400) / 2_628_000,
    1,
  )
  expect(leased?.timeline).toMatchObject({ capacityGpus: 32, reservedGpus: 8 })
  expect(base?.measures['reserved_revenue_usd']?.mean).toBe(0)
})

test('the scenarios among the examples can be read', () => {
  for (const name of ['plan.yaml', 'hyperscale.yaml']) {
    const path = join(import.meta.dirname, '../../../../../examples', name)
    expect(scenario(readFileSync(path, 'utf8')).variants.length).toBeGreaterThan(2)
  }
})
