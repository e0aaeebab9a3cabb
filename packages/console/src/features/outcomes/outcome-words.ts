/** What is said of outcomes in words, and what is drawn of them. Pure. */
import type { OutcomeCost } from '@spillway/contract'
import type { IntervalRow } from '../../charts/intervals.tsx'
import { approximateUsd, formatMoney } from '../../ui/format/money.ts'
import { formatShare } from '../../ui/format/numbers.ts'

/** With fewer tasks that have an outcome, the server tells no interval. */
const JUDGED_MIN = 30

export function nameOf({ model, routeVersion }: OutcomeCost): string {
  return routeVersion === null ? model : `${model} v${routeVersion}`
}

/** Why there is no interval of a cost, as short as it can be said. */
export function whyNoInterval({ noIntervalBecause, judged }: OutcomeCost): string | null {
  if (noIntervalBecause === null) return null
  if (noIntervalBecause === 'too_few_tasks') return `${judged} of ${JUDGED_MIN} tasks to say`
  return noIntervalBecause === 'no_success' ? 'no success yet' : 'too few successes to say'
}

export function costIntervalWords(row: OutcomeCost): string {
  const { costPerSuccessInterval: known } = row
  if (known === null) return whyNoInterval(row) ?? ''
  return `${formatMoney(known.lowUsd)} to ${formatMoney(known.highUsd)}`
}

export function rateIntervalWords({ successRateInterval: known }: OutcomeCost): string {
  return known === null
    ? 'no outcome yet'
    : `${formatShare(known.low)} to ${formatShare(known.high)}`
}

/** Only what is known is drawn. */
export function costIntervals(rows: readonly OutcomeCost[]): readonly IntervalRow[] {
  return rows.flatMap((row) => {
    const { costPerSuccessUsd: cost, costPerSuccessInterval: known } = row
    if (cost === null || known === null) return []
    return [
      {
        ...{ id: nameOf(row), label: nameOf(row), mean: approximateUsd(cost) },
        ...{ low: approximateUsd(known.lowUsd), high: approximateUsd(known.highUsd) },
        text: `${formatMoney(cost)}  (${costIntervalWords(row)})`,
      },
    ]
  })
}

export function rateIntervals(rows: readonly OutcomeCost[]): readonly IntervalRow[] {
  return rows.flatMap((row) => {
    const { successRate: mean, successRateInterval: known } = row
    if (mean === null || known === null) return []
    const text = `${formatShare(mean)}  (${rateIntervalWords(row)})`
    return [{ id: nameOf(row), label: nameOf(row), mean, low: known.low, high: known.high, text }]
  })
}
