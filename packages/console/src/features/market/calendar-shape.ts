/** What can be bought hour by hour, as rows of days. Pure. */
import type { CalendarHour } from '@spillway/contract'
import { toHeatRows } from '../../charts/heat-hours.ts'
import type { HeatCell, HeatRow } from '../../charts/heat-map.tsx'
import { formatCount } from '../../ui/format/numbers.ts'

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

/** A cell's id is when its hour ends. */
export function toCalendar(hours: readonly CalendarHour[]): readonly HeatRow[] {
  return toHeatRows(hours, cellOf)
}
