/** Use of the pool over time, stacked by claim kind. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactElement, Suspense, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { StackTable } from '../../charts/stack-table.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { toStack, utilisationQuery, type Span } from './utilisation.ts'

// The plotting library is the largest single part of the console; pages show without it first.
const StackChart = lazy(() =>
  import('../../charts/stack-chart.tsx').then((module) => ({ default: module.StackChart })),
)

const HEIGHT = 232
const ZOOM_MIN_MS = 60_000

interface UtilisationChartProps {
  readonly pool: Pool
  readonly span: Span
  readonly chosen: readonly string[]
  readonly isTable: boolean
  readonly onZoom: (from: string, to: string) => void
}

export function UtilisationChart({
  pool,
  span,
  chosen,
  isTable,
  onZoom,
}: UtilisationChartProps): ReactElement {
  const query = useQuery(utilisationQuery(pool.name, span))
  const shape = useMemo(
    () => toStack(query.data?.buckets ?? [], pool.slotsTotal, chosen),
    [query.data, pool.slotsTotal, chosen],
  )
  const drawing = useMemo(
    () => ({
      ...shape,
      mark: 'area' as const,
      top: Math.max(1, pool.slotsTotal),
      nowSecond: serverNowMs() / 1000,
    }),
    [shape, pool.slotsTotal],
  )
  return (
    <Answered query={query} skeleton={<BlockSkeleton height={HEIGHT} />}>
      {() =>
        shape.series.length === 0 ? (
          <Empty>Nothing is known of the pool in this time; its use would be drawn here.</Empty>
        ) : isTable ? (
          <StackTable
            label="Use of the pool by claim kind"
            shape={shape}
            renderValue={renderSlots}
          />
        ) : (
          <Suspense fallback={<BlockSkeleton height={HEIGHT} />}>
            <StackChart
              label={`Slots of ${pool.name} by claim kind over time; the same numbers are in the table view`}
              drawing={drawing}
              height={HEIGHT}
              renderValue={renderSlots}
              onZoom={(from, to) => {
                if ((to - from) * 1000 >= ZOOM_MIN_MS)
                  onZoom(new Date(from * 1000).toISOString(), new Date(to * 1000).toISOString())
              }}
            />
          </Suspense>
        )
      }
    </Answered>
  )
}

function renderSlots(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
