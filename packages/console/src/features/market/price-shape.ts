/** Prices of a pool over time, shaped for the chart. Pure; the floats are for drawing alone. */
import type { PricePoint } from '@spillway/contract'
import type { LineShape } from '../../charts/lines.ts'
import { approximateUsd, formatMoney } from '../../ui/format/money.ts'

/** Hours of the last day or week, or days of the last month. */
export type PriceRange = '24h' | '7d' | '30d'

const HOUR_MS = 3_600_000
const HOURS: Readonly<Record<PriceRange, number>> = { '24h': 24, '7d': 168, '30d': 720 }

export function priceQuery(range: PriceRange, nowMs: number) {
  return {
    per: range === '30d' ? ('day' as const) : ('hour' as const),
    from: new Date(nowMs - HOURS[range] * HOUR_MS).toISOString(),
  }
}

const LINES = [
  ['p90', 'P90', 'p90UsdPerGpuHour', true],
  ['median', 'median', 'medianUsdPerGpuHour', false],
  ['p10', 'P10', 'p10UsdPerGpuHour', true],
] as const

/** A point stands at the start of its hour or day; one without a price is a gap. */
export function toPriceShape(points: readonly PricePoint[], colour: string): LineShape {
  return {
    seconds: points.map(({ from }) => Date.parse(from) / 1000),
    lines: LINES.map(([id, label, field, isDashed]) => ({
      id,
      label,
      colour,
      isDashed,
      values: points.map((point) => {
        const amount = point[field]
        return amount === null ? null : approximateUsd(amount)
      }),
    })),
    bands: [{ upper: 'p90', lower: 'p10', colour }],
  }
}

export function isEmpty({ lines }: LineShape): boolean {
  return lines.every(({ values }) => values.every((value) => value === null))
}

/** A drawn price as it is read: `$1.40`. */
export function renderDrawnUsd(value: number): string {
  return formatMoney(value.toFixed(6))
}
