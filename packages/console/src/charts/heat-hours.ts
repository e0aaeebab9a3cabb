/** Hours as rows of days for a heat map, 24 cells each, in UTC. Pure. */
import type { HeatCell, HeatRow } from './heat-map.tsx'

const HOUR_MS = 3_600_000
const HOURS_A_DAY = 24

export const HOUR_NAMES: readonly string[] = Array.from({ length: HOURS_A_DAY }, (_, hour) =>
  String(hour).padStart(2, '0'),
)

function dayLabel(day: Date): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const
  return day.toLocaleString('en-GB', parts).replace(',', '')
}

/** Hours that are over or not told are gaps; those have the id of when they end. A cell is told the words of its day. */
export function toHeatRows<Hour extends { readonly from: string }>(
  hours: readonly Hour[],
  cellOf: (hour: Hour, day: string) => HeatCell,
): readonly HeatRow[] {
  const byStart = new Map(hours.map((hour) => [Date.parse(hour.from), hour]))
  const days = [...new Set(hours.map(({ from }) => from.slice(0, 10)))]
  return days.map((id) => {
    const day = new Date(`${id}T00:00:00.000Z`)
    const label = dayLabel(day)
    const cells = HOUR_NAMES.map((_, index): HeatCell => {
      const startMs = day.getTime() + index * HOUR_MS
      const hour = byStart.get(startMs)
      if (hour) return cellOf(hour, label)
      return { id: new Date(startMs + HOUR_MS).toISOString(), share: null, title: '' }
    })
    return { id, label, cells }
  })
}
