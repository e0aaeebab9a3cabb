/** What may differ between the variants of a plan: each value by its path in the scenario, with its words and bounds. Pure. */
import type { Pool } from '@spillway/contract'

/** By what the server lets be simulated; the first is what runs here. */
export const POLICIES = [
  'spillway',
  'conditional-rise',
  'fifo',
  'yarn-cs',
  'static-10',
  'static-20',
  'static-30',
  'week-peak',
  'fgd',
  'lyra',
  'chronus',
  'gfs',
  'oracle',
] as const

/** `percent` is typed as such and is a part of one in the scenario. */
type FieldKind = 'text' | 'choice' | 'amount' | 'number' | 'whole' | 'percent'

export interface PlanField {
  /** Its path in the scenario or a variant of it: `spot.load`. */
  readonly id: string
  readonly label: string
  readonly unit: string
  readonly kind: FieldKind
  readonly choices?: readonly string[]
  readonly least?: number
  readonly most?: number
  /** What it is when nobody says; the pool is null where it is one of a fleet file. */
  readonly usual: (pool: Pool | null) => string
}

export interface FieldGroup {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly fields: readonly PlanField[]
}

/** What a scenario lists any number of; the fields are of each. */
export interface ListGroup extends Omit<FieldGroup, 'fields'> {
  /** `block`. */
  readonly noun: string
  readonly fields: readonly ListField[]
  /** A list entry with a zero here is left out. */
  readonly amountId: string
}

export interface ListField extends Omit<PlanField, 'usual'> {
  /** Null: it has to be said. */
  readonly usual: string | null
}

type Bounds = Pick<PlanField, 'least' | 'most'>

const as = (text: string) => (): string => text

const FLEETS = as('the fleet’s')

function ofPool(read: (pool: Pool) => string): PlanField['usual'] {
  return (pool) => (pool === null ? FLEETS() : read(pool))
}

/** Label, unit, and what it is when nobody says. */
type Words = readonly [label: string, unit: string, usual: string]

function number(id: string, [label, unit, usual]: Words, bounds: Bounds = {}): PlanField {
  return { id, label, unit, kind: 'number', usual: as(usual), least: 0, ...bounds }
}

function percent(id: string, [label, unit, usual]: Words, most = 100): PlanField {
  return { id, label, unit, kind: 'percent', usual: as(usual), least: 0, most }
}

function amount(
  id: string,
  [label, unit]: readonly [label: string, unit: string],
  usual: PlanField['usual'],
): PlanField {
  return { id, label, unit, kind: 'amount', usual }
}

const LOAD = { most: 50 }
const CLUSTER = '× a studied cluster'
const PATIENCE = { least: 0.01, most: 10_000 }

function nodesOf({ slotsTotal, slotsPerNodeMax }: Pool): number {
  return Math.max(1, Math.round(slotsTotal / Math.max(1, slotsPerNodeMax)))
}

const FLEET: FieldGroup = {
  id: 'fleet',
  title: 'Fleet and policy',
  note: 'nodes of each pool, and who decides',
  fields: [
    {
      id: 'policy',
      label: 'Policy',
      unit: '',
      kind: 'choice',
      choices: POLICIES,
      usual: as('spillway'),
    },
    {
      ...{ id: 'nodes.count', label: 'Nodes', unit: '', kind: 'whole', least: 1, most: 20_000 },
      usual: ofPool((pool) => String(nodesOf(pool))),
    },
    {
      ...{ id: 'nodes.gpusPerNode', label: 'GPUs per node', unit: '', kind: 'whole' },
      ...{
        least: 1,
        most: 64,
        usual: ofPool(({ slotsPerNodeMax }) => String(Math.max(1, slotsPerNodeMax))),
      },
    },
    {
      ...{ id: 'scale', label: 'Pools like these', unit: 'the fleet has', kind: 'whole' },
      ...{ least: 1, most: 1_000_000, usual: as('1') },
    },
  ],
}

const DEMAND: FieldGroup = {
  id: 'demand',
  title: 'The owner’s demand',
  note: 'comes first, and is made by chance around these',
  fields: [
    percent('demand.meanShare', ['Owner’s mean use', '% of all GPUs', '65']),
    percent('demand.dailyShare', ['Up and down over a day', '% of all GPUs', '12']),
    percent('demand.weekendShare', ['Less at weekends', '% of all GPUs', '8']),
    number('demand.surgesPerWeek', ['Surges', 'a week', '2'], { most: 50 }),
    percent('demand.surgeShare', ['Size of a surge', '% of all GPUs', '15']),
    number('demand.surgeHours', ['Length of a surge', 'hours', '5'], { least: 1, most: 168 }),
  ],
}

const BUYERS: FieldGroup = {
  id: 'buyers',
  title: 'Buyers by tier',
  note: 'how much of each is asked for, and how long they wait',
  fields: [
    number('spot.load', ['Spot demand', CLUSTER, '2'], LOAD),
    percent('spot.limits.lowPart', ['Lowest limit price', '% of the list price', '40'], 10_000),
    percent('spot.limits.highPart', ['Highest limit price', '% of the list price', '160'], 10_000),
    number('spot.patienceHours', ['Spot waits', 'hours at most', '24'], PATIENCE),
    number('guaranteed.load', ['Guaranteed spot demand', CLUSTER, '0'], LOAD),
    {
      ...{ id: 'guaranteed.hours', label: 'Guaranteed for', unit: 'hours', kind: 'choice' },
      ...{ choices: ['1', '2', '4'], usual: as('1') },
    },
    number('guaranteed.patienceHours', ['Guaranteed spot waits', 'hours at most', '6'], PATIENCE),
    number('onDemand.load', ['On-demand demand', CLUSTER, '0'], LOAD),
    number('onDemand.patienceHours', ['On demand waits', 'hours at most', '1'], PATIENCE),
    number('flex.load', ['Flex demand', CLUSTER, '0'], LOAD),
    number('flex.patienceHours', ['Flex waits', 'hours at most', '72'], PATIENCE),
  ],
}

const PRICES: FieldGroup = {
  id: 'prices',
  title: 'Prices',
  note: 'lists; spot clears by auction between its floor and this ceiling',
  fields: [
    amount(
      'prices.spotUsdPerGpuHour',
      ['Spot price', '$ / GPU-h'],
      ofPool((pool) => pool.priceUsdPerGpuHour.spot),
    ),
    amount(
      'prices.onDemandUsdPerGpuHour',
      ['On-demand price', '$ / GPU-h'],
      ofPool((pool) => pool.priceUsdPerGpuHour.on_demand),
    ),
    amount(
      'prices.flexUsdPerGpuHour',
      ['Flex price', '$ / GPU-h'],
      ofPool((pool) => pool.priceUsdPerGpuHour.flex),
    ),
    percent('prices.guaranteeCreditPart', [
      'Credit of a broken hour',
      '%, of policies to compare with',
      '50',
    ]),
  ],
}

const RECLAIM: FieldGroup = {
  id: 'reclaim',
  title: 'Reclaim policy',
  note: 'by which rules the owner takes room back',
  fields: [
    {
      ...{ id: 'reclaim.anchorHeadroom', label: 'Kept free for the owner', unit: 'GPUs' },
      ...{ kind: 'whole', least: 0, most: 1_000_000 },
      usual: ofPool(({ reclaim }) => String(reclaim.anchorHeadroom)),
    },
    {
      ...{ id: 'reclaim.spotMinimumRunMinutes', label: 'Spot runs at least', unit: 'minutes' },
      ...{ kind: 'number', least: 0, most: 100_000 },
      usual: ofPool(({ reclaim }) => String(reclaim.spot.minimumRunMs / 60_000)),
    },
    {
      ...{ id: 'reclaim.spotNoticeSeconds', label: 'Notice of spot', unit: 'seconds' },
      ...{ kind: 'number', least: 0, most: 86_400 },
      usual: ofPool(({ noticeMs }) => String(noticeMs.spot / 1_000)),
    },
  ],
}

const COST: FieldGroup = {
  id: 'cost',
  title: 'Costs',
  note: 'for the margin and the capital that comes back',
  fields: [
    amount('cost.capexUsdPerGpu', ['Capex', '$ a GPU'], FLEETS),
    { ...percent('cost.residualFraction', ['Left of it in the end', '%', '']), usual: FLEETS },
    { ...number('cost.lifeYears', ['Life', 'years', ''], { least: 0.1, most: 30 }), usual: FLEETS },
    amount('cost.opexUsdPerGpuHour', ['Running costs', '$ / GPU-h'], FLEETS),
    { ...number('cost.kwPerGpu', ['Power', 'kW a GPU', ''], { most: 100 }), usual: FLEETS },
    { ...number('cost.pue', ['PUE', '', ''], { least: 1, most: 5 }), usual: FLEETS },
    amount('cost.powerUsdPerKwh', ['Energy', '$ / kWh'], FLEETS),
  ],
}

export const GROUPS: readonly FieldGroup[] = [FLEET, DEMAND, BUYERS, PRICES, RECLAIM, COST]

export const RESERVED: ListGroup = {
  id: 'reserved',
  title: 'Reserved blocks',
  note: 'sold for long and never taken back; 0 GPUs in a variant leaves one out',
  noun: 'block',
  amountId: 'gpus',
  fields: [
    { id: 'name', label: 'Name', unit: '', kind: 'text', usual: 'reserved' },
    {
      id: 'gpus',
      label: 'Reserved GPUs',
      unit: 'of the whole fleet',
      kind: 'whole',
      least: 0,
      most: 1e12,
      usual: null,
    },
    { id: 'usdPerMonth', label: 'Sold for', unit: '$ a month', kind: 'amount', usual: null },
  ],
}

export const TOKENS: ListGroup = {
  id: 'tokens',
  title: 'Tokens',
  note: 'models whose replicas compete for GPUs; 0 tokens asked for in a variant leaves one out',
  noun: 'model',
  amountId: 'meanTokensPerSecond',
  fields: [
    { id: 'model', label: 'Model', unit: '', kind: 'text', usual: 'model' },
    { id: 'pool', label: 'On the pool', unit: '', kind: 'text', usual: '' },
    {
      id: 'meanTokensPerSecond',
      label: 'Tokens asked for',
      unit: 'a second',
      kind: 'number',
      least: 0,
      most: 1e12,
      usual: null,
    },
    {
      id: 'dailyShare',
      label: 'Up and down over a day',
      unit: '% of that',
      kind: 'percent',
      least: 0,
      most: 100,
      usual: '30',
    },
    {
      id: 'usdPerMillionTokens',
      label: 'Price of tokens',
      unit: '$ / million',
      kind: 'amount',
      usual: null,
    },
    {
      id: 'gpusPerReplica',
      label: 'GPUs per replica',
      unit: '',
      kind: 'whole',
      least: 1,
      most: 64,
      usual: '1',
    },
    {
      id: 'tokensPerSecondPerReplica',
      label: 'A replica makes',
      unit: 'tokens a second',
      kind: 'number',
      least: 0.001,
      most: 1e9,
      usual: null,
    },
    {
      id: 'replicasMin',
      label: 'Replicas at least',
      unit: '',
      kind: 'whole',
      least: 0,
      most: 100_000,
      usual: '0',
    },
    {
      id: 'replicasMax',
      label: 'Replicas at most',
      unit: 'else what the pool holds',
      kind: 'whole',
      least: 0,
      most: 100_000,
      usual: '',
    },
  ],
}

export const LISTS: readonly ListGroup[] = [TOKENS, RESERVED]

/** A field of one entry of a list, by its path: `reserved.0.gpus`. */
export function entryField(group: ListGroup, entry: number, field: ListField): PlanField {
  return {
    ...field,
    id: `${group.id}.${entry}.${field.id}`,
    label: entry === 0 ? field.label : `${field.label} of ${group.noun} ${entry + 1}`,
    usual: as(field.usual ?? 'needed'),
  }
}
