/** Usage rows as the chart and the table want them. Pure; sums are exact, only bar heights are floats. */
import type { UsageRow } from '@spillway/contract'
import type { StackSeries, StackShape } from '../../charts/stack.ts'
import { KIND_LOOKS } from '../../ui/claim-kind.ts'
import { approximateUsd } from '../../ui/format/money.ts'

export type UsageRange = '24h' | '7d' | 'month'

const HOUR_MS = 3_600_000
const RANGE_HOURS = { '24h': 24, '7d': 168 }

/** The start of a range, on the hour: `month` is the UTC month so far. */
export function rangeStart(range: UsageRange, nowMs: number): string {
  const now = new Date(nowMs)
  if (range === 'month')
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString()
  const hour = Math.floor(nowMs / HOUR_MS) * HOUR_MS
  return new Date(hour - (RANGE_HOURS[range] - 1) * HOUR_MS).toISOString()
}

const SPARE_COLOURS = [
  '--kind-serving',
  '--kind-reserved',
  '--kind-anchor',
  '--kind-maintenance',
  '--kind-flex',
]

/** A SKU named after a claim kind takes its colour; others take spare ones, always the same for the same list. */
export function skuColours(skus: readonly string[]): ReadonlyMap<string, string> {
  const colours = new Map<string, string>()
  const spare = [...SPARE_COLOURS]
  for (const sku of skus) {
    const look = KIND_LOOKS.find(
      ({ kind }) => sku.includes(kind) || sku.includes(kind.replace('_', '-')),
    )
    const colour = look?.colour ?? spare.find((each) => ![...colours.values()].includes(each))
    colours.set(sku, colour ?? '--kind-maintenance')
  }
  return colours
}

/** Charges by hour and SKU; hours without usage are zero, not gaps: nothing was used. */
export function toUsageStack(rows: readonly UsageRow[], fromMs: number, toMs: number): StackShape {
  const start = Math.floor(fromMs / HOUR_MS) * HOUR_MS
  const count = Math.max(1, Math.ceil((toMs - start) / HOUR_MS))
  const skus = [...new Set(rows.map((row) => row.sku))].toSorted()
  const colours = skuColours(skus)
  const values = new Map(skus.map((sku) => [sku, Array.from({ length: count }, () => 0)]))
  for (const row of rows) {
    const at = row.hour === null ? -1 : Math.round((Date.parse(row.hour) - start) / HOUR_MS)
    const bars = values.get(row.sku)
    if (bars?.[at] !== undefined) bars[at] = (bars[at] ?? 0) + approximateUsd(row.chargedUsd)
  }
  return {
    edges: Array.from({ length: count + 1 }, (_, index) => (start + index * HOUR_MS) / 1000),
    series: skus.map((sku): StackSeries => ({
      id: sku,
      label: sku,
      colour: colours.get(sku) ?? null,
      isHatched: false,
      values: values.get(sku) ?? [],
    })),
  }
}

/** A price as people read it: per GPU-hour or per million tokens, whatever quantity it is stated for. */
export function readablePer(unit: UsageRow['unit']): {
  readonly quantity: bigint
  readonly word: string
} {
  return unit === 'gpu_ms'
    ? { quantity: 3_600_000n, word: 'GPU-h' }
    : { quantity: 1_000_000n, word: 'M tokens' }
}
