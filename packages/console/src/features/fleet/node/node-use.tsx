/** Use of a node over time, stacked by claim kind, as a chart or as a table. */
import type { NodeDetail } from '@spillway/contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { lazy, type ReactElement, Suspense, useMemo, useState } from 'react'
import { Answered } from '../../../api/answered.tsx'
import { type Answer, call } from '../../../api/client.ts'
import { StackTable } from '../../../charts/stack-table.tsx'
import { Segmented } from '../../../ui/button.tsx'
import { serverNowMs } from '../../../ui/clock.ts'
import { BlockSkeleton, Empty } from '../../../ui/notices.tsx'
import { Section } from '../../../ui/page.tsx'
import { toStack } from '../../overview/utilisation.ts'

const StackChart = lazy(() =>
  import('../../../charts/stack-chart.tsx').then((module) => ({ default: module.StackChart })),
)

const HEIGHT = 180
const BUCKETS = 120
const POLL_MS = 15_000
const HOUR_MS = 3_600_000
const HOURS = { '1h': 1, '24h': 24, '7d': 168 } as const
type Range = keyof typeof HOURS
const NO_KINDS: readonly string[] = []

function utilisationOf(id: string, range: Range) {
  return queryOptions<Answer<'getNodeUtilisation'>>({
    queryKey: ['getNodeUtilisation', id, range],
    queryFn: ({ signal }) => {
      const from = new Date(serverNowMs() - HOURS[range] * HOUR_MS).toISOString()
      return call(
        'getNodeUtilisation',
        { params: { id }, query: { from, buckets: BUCKETS } },
        { signal },
      )
    },
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}

export function NodeUse({ node }: { node: NodeDetail }): ReactElement {
  const [range, setRange] = useState<Range>('1h')
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const query = useQuery(utilisationOf(node.id, range))
  const shape = useMemo(
    () => toStack(query.data?.buckets ?? [], node.slotCount, NO_KINDS),
    [query.data, node.slotCount],
  )
  const drawing = useMemo(
    () => ({
      ...shape,
      mark: 'area' as const,
      top: Math.max(1, node.slotCount),
      nowSecond: serverNowMs() / 1000,
    }),
    [shape, node.slotCount],
  )
  return (
    <Section
      title="Use over time"
      aside={
        <>
          <Segmented
            label="Range"
            value={range}
            choices={[
              { value: '1h', label: '1 h' },
              { value: '24h', label: '24 h' },
              { value: '7d', label: '7 d' },
            ]}
            onChange={setRange}
          />
          <Segmented
            label="Show use as"
            value={view}
            choices={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            onChange={setView}
          />
        </>
      }
    >
      <Answered query={query} skeleton={<BlockSkeleton height={HEIGHT} />}>
        {() =>
          shape.series.length === 0 ? (
            <Empty>Nothing is known of the node in this time; its use would be drawn here.</Empty>
          ) : view === 'table' ? (
            <StackTable label="Use of the node" shape={shape} renderValue={renderSlots} />
          ) : (
            <Suspense fallback={<BlockSkeleton height={HEIGHT} />}>
              <StackChart
                label={`Slots of ${node.name} by claim kind over time; the same numbers are in the table view`}
                drawing={drawing}
                height={HEIGHT}
                renderValue={renderSlots}
              />
            </Suspense>
          )
        }
      </Answered>
    </Section>
  )
}

function renderSlots(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}
