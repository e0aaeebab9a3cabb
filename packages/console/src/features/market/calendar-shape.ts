/** What can be bought hour by hour, as rows of days. Pure. */
import type { CalendarHour } from '@spillway/contract'
import type { HeatCell, HeatRow } from '../../charts/heat-map.tsx'
import { formatCount } from '../../ui/format/numbers.ts'

const HOUR_MS = 3_600_000
const HOURS_A_DAY = 24

export const HOUR_NAMES: readonly string[] = Array.from({ length: HOURS_A_DAY }, (_, hour) =>
  String(hour).padStart(2, '0'),
)

function dayLabel(day: Date): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const
  return day.toLocaleString('en-GB', parts).replace(',', '')
}

function cellOf(hour: CalendarHour, label: string): HeatCell {
  const { from, to, gpusTotal, gpusFree, gpusYielding, gpusBooked } = hour
  const booked = gpusBooked === 0 ? '' : `, ${formatCount(gpusBooked)} booked as blocks`
  const yielding =
    gpusYielding === 0 ? '' : `, ${formatCount(gpusYielding)} more give way to on demand`
  return {
    id: to,
    share: gpusTotal === 0 ? null : gpusFree / gpusTotal,
    title: `${label} ${from.slice(11, 16)}: ${formatCount(gpusFree)} of ${formatCount(gpusTotal)} free${yielding}${booked}`,
  }
}

/** One row a day of UTC, 24 cells each; hours that are over or not told are gaps. A cell's id is when its hour ends. */
export function toCalendar(hours: readonly CalendarHour[]): readonly HeatRow[] {
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
