/** What can be bought of a pool in the hours of the next week, by what is known now. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { HOUR_NAMES } from '../../charts/heat-hours.ts'
import { HeatMap, HeatScale } from '../../charts/heat-map.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { toCalendar } from './calendar-shape.ts'

const HOURS = 168
const HEIGHT = 232

export function CalendarSection({ pool }: { pool: Pool }): ReactElement {
  const navigate = useNavigate()
  const query = useQuery(
    apiQuery('getCalendar', { params: { pool: pool.name }, query: { hours: HOURS } }),
  )
  const rows = useMemo(() => toCalendar(query.data?.hours ?? []), [query.data])
  return (
    <Answered query={query} skeleton={<BlockSkeleton height={HEIGHT} />}>
      {() =>
        rows.length === 0 ? (
          <Empty>The hours of the next week would be here, by how much is free in each.</Empty>
        ) : (
          <>
            <HeatMap
              label={`What can be bought of ${pool.name}, hour by hour`}
              columns={HOUR_NAMES}
              labelEvery={3}
              rows={rows}
              pickWords="order spot that stands until then"
              onPick={({ id }) =>
                void navigate({ to: '/orders/new', search: { pool: pool.name, until: id } })
              }
            />
            <p className="mt-2 flex gap-x-2 text-12 text-muted">
              <HeatScale />
              From nothing free to all of it. An hour picked opens the order form, for a spot order
              that stands until its end.{' '}
              <Link to="/blocks/new" search={{ pool: pool.name }} className="text-accent">
                Buy hours as a block
              </Link>
            </p>
          </>
        )
      }
    </Answered>
  )
}
