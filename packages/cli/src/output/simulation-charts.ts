/** What of a simulation is drawn through its days, variant beside variant on shared scales, and the key of each kind. Pure. */
import type { SimulationMarket, SimulationTier, SimulationVariant } from '@spillway/contract'
import { type ChartLine, lineChart, stackChart, type Values } from './page-charts.ts'
import { safe } from './page-text.ts'

type Variants = readonly SimulationVariant[]

function gpus(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 })
}

function usd(value: number): string {
  return `$${value.toFixed(2)}`
}

/** The top of a scale that holds all rows; what is beyond `most` is cut off. */
function highest(rows: readonly Values[], most = Infinity): number {
  let top = 0
  for (const row of rows) for (const value of row) top = Math.max(top, value ?? 0)
  return Math.min(most, (top || 1) * 1.05)
}

/** An owner who wants far more than there is would flatten everything else. */
const BEYOND_ALL = 1.4

function capacityOf(variants: Variants): number {
  return Math.max(1, ...variants.map(({ timeline }) => timeline.capacityGpus))
}

interface Keyed {
  readonly name: string
  readonly look: string
}

function section(title: string, note: string, { key, charts }: Drawn): string {
  if (charts.length === 0) return ''
  const words = key.map(
    ({ name, look }) => `<span class="swatch area ${look}"></span>${safe(name)}`,
  )
  return `<h3>${title} <small>${note}</small></h3>
<p class="key note">${words.join(' ')}</p>
<div class="pair">${charts.join('\n')}</div>`
}

interface Drawn {
  readonly key: readonly Keyed[]
  readonly charts: readonly string[]
}

const TIERS: readonly (readonly [SimulationTier, string])[] = [
  ['serving', 'tokens'],
  ['on_demand', 'on demand'],
  ['guaranteed', 'guaranteed spot'],
  ['spot', 'spot'],
  ['flex', 'flex'],
]

function layersOf({ timeline }: SimulationVariant): readonly ChartLine[] {
  const { anchorGpus, soldGpus, reservedGpus, soldByTier } = timeline
  const sold = soldByTier
    ? TIERS.map(([look, name]) => ({ name, look, values: soldByTier[look] ?? [] }))
    : [{ name: 'spot', look: 'spot', values: soldGpus }]
  const all: readonly ChartLine[] = [
    { name: 'reserved', look: 'reserved', values: anchorGpus.map(() => reservedGpus) },
    { name: 'owner', look: 'anchor', values: anchorGpus },
    ...sold,
  ]
  return all.filter(({ values }) => values.some((value) => value !== null && value > 0))
}

function utilisation(variants: Variants): Drawn {
  const rows = variants.map(({ timeline }) => [
    timeline.capacityGpus,
    ...timeline.wantedGpus.map((each) => each + timeline.reservedGpus),
  ])
  const top = highest(rows, BEYOND_ALL * capacityOf(variants))
  const used = new Map<string, Keyed>()
  const charts = variants.map((variant) => {
    const { stepHours, capacityGpus, reservedGpus, wantedGpus, anchorGpus } = variant.timeline
    const layers = layersOf(variant)
    for (const { name, look } of layers) used.set(look, { name, look })
    const over = [
      { name: 'all GPUs', look: 'free', values: anchorGpus.map(() => capacityGpus) },
      {
        name: 'owner wants',
        look: 'wanted',
        values: wantedGpus.map((each) => each + reservedGpus),
      },
    ]
    const frame = { caption: variant.name, words: 'GPUs by who has them', stepHours, top }
    return stackChart({ ...frame, format: gpus }, layers, over)
  })
  return { key: [...used.values()], charts }
}

interface PooledVariant {
  readonly caption: string
  readonly market: SimulationMarket
}

/** Each variant with the market of each of its pools; a policy to compare with has none. */
function markets(variants: Variants): readonly PooledVariant[] {
  return variants.flatMap(({ name, markets: of = [] }) =>
    of.map((market) => ({
      caption: of.length > 1 ? `${name}, ${market.pool}` : name,
      market,
    })),
  )
}

function demand(all: readonly PooledVariant[], gpusMost: number): Drawn {
  const top = highest(
    all.flatMap(({ market: { forecast } }) => [forecast.p99Gpus, forecast.cameGpus]),
    gpusMost,
  )
  const charts = all.map(({ caption, market: { forecast } }) => {
    const { likelyGpus, p90Gpus, p99Gpus, cameGpus } = forecast
    const lines: readonly ChartLine[] = [
      { name: 'P50', look: 'forecast', values: likelyGpus },
      { name: 'P90', look: 'forecast', values: p90Gpus, isDashed: true },
      { name: 'P99', look: 'forecast', values: p99Gpus, isDashed: true },
      { name: 'came', look: 'came', values: cameGpus },
    ]
    const band = { upper: p99Gpus, lower: likelyGpus, look: 'forecast' }
    const words = 'Forecast of the owner’s hourly peak and what came, GPUs'
    return lineChart({ caption, words, stepHours: 1, top, format: gpus }, { lines, band })
  })
  const key = [
    { name: 'forecast: P50 to P99', look: 'forecast' },
    { name: 'came', look: 'came' },
  ]
  return { key, charts }
}

function prices(all: readonly PooledVariant[]): Drawn {
  const rows = ({ market: { price } }: PooledVariant) => [
    price.clearedUsd,
    price.reserveUsd,
    price.benchmarkUsd,
  ]
  const top = highest(all.flatMap(rows))
  const key = [
    { name: 'clearing price of plain spot', look: 'spot' },
    { name: 'reserve', look: 'free' },
    { name: 'worth of a GPU-hour (benchmark)', look: 'worth' },
  ]
  const charts = all.map(({ caption, market: { price } }) => {
    const lines: readonly ChartLine[] = [
      { name: 'worth', look: 'worth', values: price.benchmarkUsd },
      { name: 'cleared', look: 'spot', values: price.clearedUsd },
      { name: 'reserve', look: 'free', values: price.reserveUsd, isDashed: true },
    ]
    const words = 'Clearing price, reserve and worth of a GPU-hour'
    return lineChart({ caption, words, stepHours: price.stepHours, top, format: usd }, { lines })
  })
  return { key, charts }
}

function supplyLayers({ supply }: SimulationMarket): readonly ChartLine[] {
  let below: Values = []
  return (supply?.tiers ?? []).map(({ tier, hours, gpus: of }) => {
    const firmer = below
    below = of.map((each, step) => Math.max(each ?? 0, firmer[step] ?? 0))
    const isGuaranteed = tier === 'guaranteed'
    return {
      name: isGuaranteed ? `spot for ${hours} h` : tier,
      look: isGuaranteed ? `hours-${hours}` : tier,
      values: below.map((each, step) => (each ?? 0) - (firmer[step] ?? 0)),
    }
  })
}

function supply(all: readonly PooledVariant[]): Drawn {
  const used = new Map<string, Keyed>()
  const drawn = all.flatMap(({ caption, market }) => {
    const layers = supplyLayers(market)
    for (const { name, look } of layers) used.set(look, { name, look })
    return layers.length === 0 ? [] : [{ caption, market, layers }]
  })
  const top = highest(
    drawn.flatMap(({ market }) => market.supply?.tiers.map((each) => each.gpus) ?? []),
  )
  const charts = drawn.map(({ caption, market, layers }) => {
    const stepHours = market.supply?.stepHours ?? 1
    const words = 'GPUs that could be sold by tier'
    return stackChart({ caption, words, stepHours, top, format: gpus }, layers)
  })
  return { key: [...used.values()], charts }
}

export function renderThroughDays(variants: Variants): string {
  const all = markets(variants)
  return [
    section(
      'Utilisation',
      'who has the GPUs of the simulated pools, mean of the seeds; dashed: what the owner wanted, and all GPUs',
      utilisation(variants),
    ),
    section(
      'The owner’s demand',
      'forecast of each hour’s peak and what came; first seed',
      demand(all, BEYOND_ALL * capacityOf(variants)),
    ),
    section('Prices', 'per GPU-hour; first seed', prices(all)),
    section(
      'What could be sold',
      'by the forecast of each hour, from firm to loose; first seed',
      supply(all),
    ),
  ].join('\n')
}
