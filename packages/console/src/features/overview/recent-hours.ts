/** This hour against the one before, from usage rows or from the books. Amounts stay exact. */
import type { UsageRow } from '@spillway/contract'
import { parsePicos } from '../../ui/format/money.ts'

const HOUR_MS = 3_600_000

export interface HourTotals {
  readonly chargedPicos: bigint
  readonly tokens: bigint
}

export interface RecentHours {
  readonly now: HourTotals
  readonly before: HourTotals
}

/** Start of the UTC hour that an instant lies in. */
export function hourStart(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS) * HOUR_MS
}

function totals(rows: readonly UsageRow[]): HourTotals {
  return {
    chargedPicos: rows.reduce((sum, row) => sum + parsePicos(row.chargedUsd), 0n),
    tokens: rows
      .filter((row) => row.unit === 'token')
      .reduce((sum, row) => sum + BigInt(row.quantity), 0n),
  }
}

export function recentHours(rows: readonly UsageRow[], nowMs: number): RecentHours {
  const start = hourStart(nowMs)
  const ofHour = (hourMs: number): UsageRow[] =>
    rows.filter((row) => row.hour !== null && Date.parse(row.hour) === hourMs)
  return { now: totals(ofHour(start)), before: totals(ofHour(start - HOUR_MS)) }
}
