/** How a simulation reads: its variants side by side, each figure with how sure it is. Pure. */
import type {
  Simulation,
  SimulationEstimate,
  SimulationMeasure,
  SimulationVariant,
} from '@spillway/contract'
import { renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderRelative } from './time.ts'

type Unit = 'share' | 'usd' | 'price' | 'count' | 'seconds' | 'hours'

export interface ShownMeasure {
  readonly measure: SimulationMeasure
  readonly label: string
  readonly unit: Unit
  /** Where it stands alone; absent: the label. */
  readonly title?: string
}

/** What is told of a variant, in this order. */
export const SHOWN: readonly ShownMeasure[] = [
  { measure: 'utilisation', label: 'utilisation', unit: 'share' },
  {
    measure: 'useful_utilisation',
    label: '  of it useful',
    unit: 'share',
    title: 'useful utilisation',
  },
  { measure: 'sold_share', label: 'sold, of all GPU-time', unit: 'share' },
  { measure: 'sold_gpu_hours', label: 'sold', unit: 'hours' },
  { measure: 'revenue_usd', label: 'revenue', unit: 'usd' },
  {
    measure: 'on_demand_revenue_usd',
    label: '  on demand',
    unit: 'usd',
    title: 'revenue of on demand',
  },
  {
    measure: 'guaranteed_revenue_usd',
    label: '  guaranteed spot',
    unit: 'usd',
    title: 'revenue of guaranteed spot',
  },
  { measure: 'spot_revenue_usd', label: '  spot', unit: 'usd', title: 'revenue of spot' },
  { measure: 'flex_revenue_usd', label: '  flex', unit: 'usd', title: 'revenue of flex' },
  { measure: 'token_revenue_usd', label: '  tokens', unit: 'usd', title: 'revenue of tokens' },
  {
    measure: 'reserved_revenue_usd',
    label: '  reserved',
    unit: 'usd',
    title: 'revenue of reserved blocks',
  },
  { measure: 'credits_usd', label: '  less credits', unit: 'usd', title: 'credits' },
  { measure: 'spot_price_usd', label: 'spot price, mean paid', unit: 'price' },
  { measure: 'benchmark_usd', label: 'worth of a GPU-hour, mean', unit: 'price' },
  { measure: 'breaches', label: 'guarantees broken', unit: 'count' },
  {
    measure: 'breach_rate',
    label: '  of all promised',
    unit: 'share',
    title: 'guarantees broken, of all runs with one',
  },
  { measure: 'evictions', label: 'evictions', unit: 'count' },
  {
    measure: 'evictions_per_run',
    label: '  of all runs',
    unit: 'share',
    title: 'evictions, of all runs sold',
  },
  { measure: 'turned_away', label: 'turned away', unit: 'count' },
  { measure: 'spot_queueing_s_mean', label: 'spot queueing, mean', unit: 'seconds' },
  { measure: 'spot_queueing_s_p95', label: '  P95', unit: 'seconds', title: 'spot queueing, P95' },
  { measure: 'anchor_delay_s_mean', label: 'anchor delay, mean', unit: 'seconds' },
  { measure: 'anchor_delay_s_p99', label: '  P99', unit: 'seconds', title: 'anchor delay, P99' },
  { measure: 'forecast_covered_share', label: 'peaks below their P90', unit: 'share' },
  { measure: 'contribution_usd', label: 'contribution', unit: 'usd' },
  { measure: 'depreciation_usd', label: 'depreciation', unit: 'usd' },
  { measure: 'margin_after_depreciation_usd', label: 'margin after depreciation', unit: 'usd' },
  { measure: 'capex_usd', label: 'capex', unit: 'usd' },
  { measure: 'capex_recovered_share', label: 'capex recovered', unit: 'share' },
  {
    measure: 'capex_recovered_share_per_year',
    label: '  a year',
    unit: 'share',
    title: 'capex recovered a year',
  },
]

const LARGE: readonly (readonly [size: number, suffix: string])[] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
]

function renderLarge(value: number, decimals: number): string {
  const [size, suffix] = LARGE.find(([each]) => Math.abs(value) >= each) ?? [1, '']
  const digits = suffix === '' ? decimals : 2
  return `${(value / size).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${suffix}`
}

export function renderFigure(value: number, unit: Unit): string {
  if (unit === 'share') return `${(100 * value).toFixed(2)} %`
  if (unit === 'price') return `${value.toFixed(4)} USD`
  if (unit === 'usd') return `${renderLarge(value, 0)} USD`
  if (unit === 'seconds') return `${renderLarge(value, value < 10 ? 1 : 0)} s`
  if (unit === 'hours') return `${renderLarge(value, 0)} h`
  return renderLarge(value, 0)
}

/** An interval narrower than this part of the mean is none. */
const SURE_PART = 1e-9

/** With half the width of its 95 % confidence interval, where there is one and it is not nothing. */
export function renderEstimate(estimate: SimulationEstimate | undefined, unit: Unit): string {
  if (!estimate) return '-'
  const { mean, within } = estimate
  const isSure = within === null || within <= Math.abs(mean) * SURE_PART
  return isSure
    ? renderFigure(mean, unit)
    : `${renderFigure(mean, unit)} ± ${renderFigure(within, unit)}`
}

/** How much more or less than the base: a share in points of a hundred. */
export function renderDifference({ mean, within }: SimulationEstimate, unit: Unit): string {
  const plain = (value: number) =>
    unit === 'share' ? (100 * value).toFixed(2) : renderFigure(value, unit)
  const isSure = within === null || within <= Math.abs(mean) * SURE_PART
  const width = isSure ? '' : ` ± ${plain(within)}`
  return `${mean < 0 ? '' : '+'}${plain(mean)}${unit === 'share' ? ' points' : ''}${width}`
}

/** Each variant as its differences to the base, seed by seed, where it has them. */
function renderCell(
  { measures, differences }: SimulationVariant,
  { measure, unit }: ShownMeasure,
  isDifference: boolean,
): string {
  if (!isDifference || !differences) return renderEstimate(measures[measure], unit)
  const difference = differences[measure]
  return difference ? renderDifference(difference, unit) : '-'
}

export function renderVariants(
  variants: readonly SimulationVariant[],
  { isDifference, ...options }: TableOptions & { readonly isDifference: boolean },
): string {
  return renderTable<ShownMeasure>(
    [
      { heading: '', cell: ({ label }) => label },
      ...variants.map((variant) => ({
        heading: `${toLine(variant.name)} (${variant.policy})`.toUpperCase(),
        align: 'right' as const,
        cell: (shown: ShownMeasure) => renderCell(variant, shown, isDifference),
      })),
    ],
    SHOWN,
    options,
  )
}

export function renderSimulations(
  simulations: readonly Simulation[],
  nowMs: number,
  options: TableOptions,
): string {
  return renderTable<Simulation>(
    [
      { heading: 'ID', cell: ({ id }) => id },
      { heading: 'NAME', isFlexible: true, cell: ({ name }) => name },
      {
        heading: 'STATE',
        cell: ({ state }) => state,
        colour: ({ state }) => (state === 'done' ? 'green' : state === 'failed' ? 'red' : null),
      },
      {
        heading: 'DONE',
        align: 'right',
        cell: ({ progress }) => `${Math.floor(100 * progress)} %`,
      },
      { heading: 'VARIANTS', align: 'right', cell: ({ variants }) => String(variants.length) },
      { heading: 'DAYS', align: 'right', cell: ({ horizonDays }) => String(horizonDays) },
      { heading: 'SEEDS', align: 'right', cell: ({ seeds }) => String(seeds) },
      { heading: 'CREATED', cell: ({ createdAt }) => renderRelative(createdAt, nowMs) },
    ],
    simulations,
    options,
  )
}

const BAR_CELLS = 30

export function renderProgress({ name, state, progress }: Simulation): string {
  const full = Math.round(BAR_CELLS * progress)
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
  return `${toLine(name)}  ${bar} ${Math.floor(100 * progress)} %${state === 'queued' ? ', waits' : ''}`
}
