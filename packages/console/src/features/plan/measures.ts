/** The figures of a simulation: what each is called, its unit, and how it reads with its confidence. Pure. */
import type { SimulationEstimate, SimulationMeasure } from '@spillway/contract'
import { formatCount, formatSi } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'

type MeasureUnit = 'share' | 'usd' | 'price' | 'count' | 'seconds' | 'hours'

export interface MeasureLook {
  readonly id: SimulationMeasure
  readonly label: string
  readonly unit: MeasureUnit
}

export const MEASURES: readonly MeasureLook[] = [
  { id: 'utilisation', label: 'Utilisation', unit: 'share' },
  { id: 'useful_utilisation', label: 'Useful utilisation', unit: 'share' },
  { id: 'sold_share', label: 'Sold, of all GPU time', unit: 'share' },
  { id: 'sold_gpu_hours', label: 'Sold, GPU-hours', unit: 'hours' },
  { id: 'revenue_usd', label: 'Revenue', unit: 'usd' },
  { id: 'on_demand_revenue_usd', label: 'Revenue of on demand', unit: 'usd' },
  { id: 'guaranteed_revenue_usd', label: 'Revenue of guaranteed spot', unit: 'usd' },
  { id: 'spot_revenue_usd', label: 'Revenue of spot', unit: 'usd' },
  { id: 'flex_revenue_usd', label: 'Revenue of flex', unit: 'usd' },
  { id: 'token_revenue_usd', label: 'Revenue of tokens', unit: 'usd' },
  { id: 'reserved_revenue_usd', label: 'Revenue of reserved', unit: 'usd' },
  { id: 'credits_usd', label: 'Credits', unit: 'usd' },
  { id: 'spot_price_usd', label: 'Spot price, mean paid', unit: 'price' },
  { id: 'benchmark_usd', label: 'Worth of a GPU-hour, mean', unit: 'price' },
  { id: 'breaches', label: 'Guarantees broken', unit: 'count' },
  { id: 'breach_rate', label: 'Guarantees broken, of all promised', unit: 'share' },
  { id: 'evictions', label: 'Evictions', unit: 'count' },
  { id: 'evictions_per_run', label: 'Evictions, of all runs', unit: 'share' },
  { id: 'turned_away', label: 'Turned away', unit: 'count' },
  { id: 'spot_queueing_s_mean', label: 'Spot queueing, mean', unit: 'seconds' },
  { id: 'spot_queueing_s_p95', label: 'Spot queueing, P95', unit: 'seconds' },
  { id: 'anchor_delay_s_mean', label: 'Owner’s delay, mean', unit: 'seconds' },
  { id: 'anchor_delay_s_p99', label: 'Owner’s delay, P99', unit: 'seconds' },
  { id: 'forecast_covered_share', label: 'Peaks below their P90', unit: 'share' },
  { id: 'contribution_usd', label: 'Contribution', unit: 'usd' },
  { id: 'depreciation_usd', label: 'Depreciation', unit: 'usd' },
  { id: 'margin_after_depreciation_usd', label: 'Margin after depreciation', unit: 'usd' },
  { id: 'capex_usd', label: 'Capex', unit: 'usd' },
  { id: 'capex_recovered_share', label: 'Capex recovered', unit: 'share' },
  { id: 'capex_recovered_share_per_year', label: 'Capex recovered a year', unit: 'share' },
]

/** Those that are drawn, variant beside variant. */
export const DRAWN: readonly SimulationMeasure[] = [
  'revenue_usd',
  'margin_after_depreciation_usd',
  'utilisation',
  'evictions_per_run',
  'spot_queueing_s_mean',
  'anchor_delay_s_p99',
]

export function formatMeasure(value: number, unit: MeasureUnit): string {
  const sign = value < 0 ? '−' : ''
  const size = Math.abs(value)
  switch (unit) {
    case 'share':
      return `${sign}${(size * 100).toFixed(size < 0.1 ? 2 : 1)}\u00A0%`
    case 'price':
      return `${sign}$${size.toFixed(3)}`
    case 'usd':
      return `${sign}$${size >= 1000 ? formatSi(size) : size.toFixed(2)}`
    case 'seconds':
      return `${sign}${formatDuration(size * 1000)}`
    case 'hours':
    case 'count':
      return `${sign}${size >= 10_000 ? formatSi(size) : formatCount(Number(size.toFixed(size < 10 ? 1 : 0)))}`
  }
}

/** An interval narrower than this part of the mean is none. */
const SURE_PART = 1e-9

/** Half the width of the 95 % confidence interval; 0 where it is exact or of a single seed. */
export function halfWidth({ mean, within }: SimulationEstimate): number {
  return within === null || within <= Math.abs(mean) * SURE_PART ? 0 : within
}

export function formatEstimate(estimate: SimulationEstimate, unit: MeasureUnit): string {
  const half = halfWidth(estimate)
  const mean = formatMeasure(estimate.mean, unit)
  return half === 0 ? mean : `${mean} ± ${formatMeasure(half, unit)}`
}

/** How much more or less than the base: a share in points of a hundred. */
export function formatDifference(value: number, unit: MeasureUnit): string {
  const sign = value < 0 ? '' : '+'
  if (unit !== 'share') return `${sign}${formatMeasure(value, unit)}`
  return `${value < 0 ? '−' : '+'}${(Math.abs(value) * 100).toFixed(2)}\u00A0points`
}

/** Whether the interval of a difference leaves out zero; a single seed shows nothing. */
export function isClear({ mean, within }: SimulationEstimate): boolean {
  return within !== null && Math.abs(mean) > Math.max(within, Number.EPSILON)
}

export function formatDifferenceEstimate(estimate: SimulationEstimate, unit: MeasureUnit): string {
  const half = halfWidth(estimate)
  const mean = formatDifference(estimate.mean, unit)
  if (half === 0) return mean
  const width = unit === 'share' ? (half * 100).toFixed(2) : formatMeasure(half, unit)
  return `${mean} ± ${width}`
}

/** `day 3, 14:00`, from the start of the horizon. */
export function formatSimulated(second: number): string {
  const minutes = Math.floor(second / 60)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = Math.floor(minutes / 1440) + 1
  return `day ${day}, ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`
}
