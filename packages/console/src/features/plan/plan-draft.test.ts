import type { Pool, ReclaimTerms } from '@spillway/contract'
import { expect, test } from 'vitest'
import {
  EMPTY_PLAN,
  errorsOfServer,
  type PlanDraft,
  readPlan,
  renderPlanCli,
  type VariantDraft,
} from './plan-draft.ts'

const NEVER: ReclaimTerms = {
  by: [],
  noticeMs: 0,
  minimumRunMs: 0,
  perMonthMax: null,
  compensation: { kind: 'none' },
}
const POOL: Pool = {
  name: 'h200',
  site: 'east',
  region: 'us-east-1',
  accelerator: 'H200',
  acceleratorKind: 'gpu',
  engine: 'local',
  slotsTotal: 128,
  slotsFree: 8,
  slotsPerNodeMax: 8,
  priceUsdPerGpuHour: { on_demand: '4.50', spot: '1.76', flex: '0.3' },
  noticeMs: { on_demand: 600_000, spot: 55_000, flex: 0 },
  reclaim: {
    on_demand: NEVER,
    spot: NEVER,
    flex: NEVER,
    evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
    anchorHeadroom: 0,
  },
}

const plan = (part: Partial<PlanDraft>): PlanDraft => ({ ...EMPTY_PLAN, name: 'mine', ...part })
const variant = (values: VariantDraft['values'], name = 'other'): VariantDraft => ({ name, values })
const read = (draft: PlanDraft) => readPlan(draft, [POOL])

test('a scenario says what was typed, and a variant only what differs', () => {
  const { scenario, errors } = read(
    plan({
      base: variant({ 'prices.spotUsdPerGpuHour': '1.40' }, 'base'),
      variants: [
        variant({ 'demand.meanShare': '7', policy: 'fifo', 'guaranteed.hours': '4' }),
        variant({ 'nodes.count': '32', 'reclaim.anchorHeadroom': ' 8 ' }, 'larger'),
      ],
    }),
  )
  expect(errors).toEqual(new Map())
  expect(scenario).toEqual({
    name: 'mine',
    pool: 'h200',
    horizonDays: 14,
    seeds: 5,
    prices: { spotUsdPerGpuHour: '1.40' },
    variants: [
      {
        ...{ name: 'other', policy: 'fifo', demand: { meanShare: 0.07 } },
        guaranteed: { hours: 4 },
      },
      { name: 'larger', nodes: { count: 32, gpusPerNode: 8 }, reclaim: { anchorHeadroom: 8 } },
    ],
  })
})

test('values that only come together are filled up from the base, else by what is usual', () => {
  const { scenario } = read(
    plan({
      base: variant({ 'nodes.count': '4', 'spot.limits.lowPart': '20' }, 'base'),
      variants: [variant({ 'nodes.gpusPerNode': '4', 'spot.limits.highPart': '100' })],
    }),
  )
  expect(scenario).toMatchObject({
    nodes: { count: 4, gpusPerNode: 8 },
    spot: { limits: { lowPart: 0.2, highPart: 1.6 } },
    variants: [
      { nodes: { count: 4, gpusPerNode: 4 }, spot: { limits: { lowPart: 0.2, highPart: 1 } } },
    ],
  })
})

const BLOCK = {
  'reserved.0.gpus': '16',
  'reserved.0.usdPerMonth': '20000',
}

test('a list in a variant is that of the base with what differs; an entry of zero is left out', () => {
  const { scenario, errors } = read(
    plan({
      base: variant(BLOCK, 'base'),
      entries: { reserved: 2, tokens: 1 },
      variants: [
        variant({ 'reserved.0.gpus': '0' }, 'none'),
        variant(
          {
            'reserved.1.name': 'b',
            'reserved.1.gpus': '8',
            'reserved.1.usdPerMonth': '1',
          },
          'two',
        ),
        variant({ 'demand.meanShare': '50' }, 'as it is'),
      ],
    }),
  )
  expect(errors).toEqual(new Map())
  const first = { name: 'reserved', gpus: 16, usdPerMonth: '20000' }
  expect(scenario).toMatchObject({
    reserved: [first],
    variants: [
      { name: 'none', reserved: [] },
      { name: 'two', reserved: [first, { name: 'b', gpus: 8, usdPerMonth: '1' }] },
      { name: 'as it is', demand: { meanShare: 0.5 } },
    ],
  })
  expect((scenario as { variants: object[] }).variants[2]).not.toHaveProperty('reserved')
})

test('tokens say their model, and leave out what is as usual', () => {
  const { scenario } = read(
    plan({
      base: variant(
        {
          'tokens.0.model': 'llama',
          'tokens.0.meanTokensPerSecond': '5000',
          'tokens.0.usdPerMillionTokens': '2',
          'tokens.0.tokensPerSecondPerReplica': '1000',
        },
        'base',
      ),
    }),
  )
  expect(scenario).toMatchObject({
    tokens: [
      {
        ...{ model: 'llama', meanTokensPerSecond: 5000, dailyShare: 0.3 },
        ...{ usdPerMillionTokens: '2', gpusPerReplica: 1, tokensPerSecondPerReplica: 1000 },
        replicasMin: 0,
      },
    ],
  })
})

test.each([
  [{ 'nodes.count': '1.5' }, 'nodes.count', 'Write a whole number.'],
  [{ 'demand.meanShare': '101' }, 'demand.meanShare', 'At most 100.'],
  [{ 'spot.load': 'much' }, 'spot.load', 'Write a number.'],
  [{ 'spot.load': '-1' }, 'spot.load', 'It must not be negative.'],
  [{ 'spot.limits.lowPart': '170' }, 'spot.limits.lowPart', 'It must not be above the highest.'],
  [
    { 'prices.spotUsdPerGpuHour': '-1' },
    'prices.spotUsdPerGpuHour',
    'Write a plain amount, such as 1.40.',
  ],
  [{ 'reserved.0.gpus': '8' }, 'reserved.0.usdPerMonth', 'This is needed.'],
  [{ policy: 'best' }, 'policy', 'Choose one of the list.'],
])('%o is refused at its field', (values, path, message) => {
  const { errors } = read(plan({ variants: [variant(values)] }))
  expect([...errors]).toEqual([[`variants.0.${path}`, message]])
})

test('everything that is wrong is told at once, names and days as well', () => {
  const { errors } = read(
    plan({
      name: ' ',
      horizonDays: '0',
      seeds: 'x',
      variants: [variant({}, 'base'), variant({}, '')],
    }),
  )
  expect([...errors.keys()]).toEqual([
    ...['name', 'variants.0.name', 'variants.1.name', 'horizonDays', 'seeds'],
  ])
})

test('what the server refuses is told at the field that it names', () => {
  const errors = errorsOfServer([
    { field: 'body.scenario.variants.0.policy', message: 'knows nothing of flex' },
    { field: 'body.scenario', message: 'too long' },
  ])
  expect([...errors]).toEqual([
    ['variants.0.policy', 'knows nothing of flex'],
    ['', 'too long'],
  ])
})

test('a fleet file brings its own pools, and a trace says what becomes of parts of a GPU', () => {
  const files = { fleet: 'fleet.yaml', trace: 'jobs.csv', partOfGpu: 'whole' }
  const { scenario, errors } = read(plan({ ...files, fleetPools: ' a100, h200 ' }))
  expect(scenario).toMatchObject({ ...files, pools: ['a100', 'h200'] })
  expect(errors.size).toBe(0)
  expect(read(plan({ fleet: 'fleet.yaml' })).scenario).not.toHaveProperty('pool')
  // What is usual there is not known here.
  const half = plan({ fleet: 'f.yaml', base: variant({ 'nodes.count': '4' }, 'base') })
  expect([...read(half).errors.keys()]).toEqual(['nodes.gpusPerNode'])
})

test('several pools stand side by side', () => {
  const { scenario } = readPlan(plan({}), [POOL, { ...POOL, name: 'q' }])
  expect(scenario).toMatchObject({ pools: ['h200', 'q'] })
})

test('the command line writes the scenario to a file and runs it', () => {
  expect(renderPlanCli('{}')).toBe(
    "cat > plan.json <<'END'\n{}\nEND\nnpx spillway simulate plan.json",
  )
})
