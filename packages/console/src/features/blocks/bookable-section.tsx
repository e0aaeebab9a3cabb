/** What may be booked of a pool in the hours of the next week; an hour picked is where a block is looked for from. */
import type { BlockCalendarHour } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { HOUR_NAMES, toHeatRows } from '../../charts/heat-hours.ts'
import { type HeatCell, HeatMap, HeatScale } from '../../charts/heat-map.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { BlockSkeleton } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'

const HOURS = 168
const HEIGHT = 232

function cellOf(hour: BlockCalendarHour, day: string): HeatCell {
  const { from, gpusBookable, gpusTotal } = hour
  return {
    id: from,
    share: gpusTotal === 0 ? null : gpusBookable / gpusTotal,
    title: `${day} ${from.slice(11, 16)}: ${formatCount(gpusBookable)} of ${formatCount(gpusTotal)} may be booked`,
  }
}

interface BookableSectionProps {
  readonly pool: string
  /** An hour of UTC, as the search has it: `2026-01-31T14:00`. */
  readonly onPick: (from: string) => void
}

export function BookableSection({ pool, onPick }: BookableSectionProps): ReactElement {
  const query = useQuery(apiQuery('getBlockCalendar', { query: { pool, hours: HOURS } }))
  return (
    <Section title={`What may be booked of ${pool}`}>
      <Answered query={query} skeleton={<BlockSkeleton height={HEIGHT} />}>
        {({ hours }) => (
          <>
            <HeatMap
              label={`What may be booked of ${pool}, hour by hour, UTC`}
              columns={HOUR_NAMES}
              labelEvery={3}
              rows={toHeatRows(hours, cellOf)}
              pickWords="look for a block from then"
              onPick={({ id }) => onPick(id.slice(0, 16))}
            />
            <p className="mt-2 flex gap-x-2 text-12 text-muted">
              <HeatScale />
              From nothing to all of it, by what is known now, in UTC. An hour picked is where a
              block is looked for from.
            </p>
          </>
        )}
      </Answered>
    </Section>
  )
}
