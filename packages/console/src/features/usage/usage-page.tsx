/** Usage and cost: the balance, charges by hour, and every line of it. */
import type { UsageRow } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { type Answer, call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { StackTable } from '../../charts/stack-table.tsx'
import { Swatch } from '../../charts/swatch.tsx'
import { Button, IconButton, Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { Money } from '../../ui/figures.tsx'
import { formatMoney, parsePicos } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { FigureRow, PageHead, Section } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { USAGE_COLUMNS } from './usage-columns.tsx'
import { rangeStart, toUsageStack, type UsageRange } from './usage-shape.ts'

const StackChart = lazy(() =>
  import('../../charts/stack-chart.tsx').then((module) => ({ default: module.StackChart })),
)

const route = getRouteApi('/app/usage')
const CHART_HEIGHT = 216
const POLL_MS = 30_000

interface Period {
  readonly range: UsageRange
  readonly from: string | undefined
  readonly to: string | undefined
}

function useUsage({ range, from, to }: Period, step: 'hour' | 'total') {
  const isFixed = from !== undefined && to !== undefined
  return useQuery({
    queryKey: ['getUsage', step, range, from, to],
    queryFn: ({ signal }) => {
      const start = isFixed ? from : rangeStart(range, serverNowMs())
      return call(
        'getUsage',
        { query: { from: start, ...(isFixed ? { to } : {}), step } },
        { signal },
      )
    },
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}

export function UsagePage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const period: Period = { range: search.range ?? '24h', from: search.from, to: search.to }
  const isFixed = period.from !== undefined && period.to !== undefined
  const total = useUsage(period, 'total')
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  return (
    <>
      <PageHead
        title="Usage and cost"
        line={
          total.data ? (
            <>
              <Money amount={total.data.chargedUsd} /> in {plural(total.data.rows.length, 'line')}
            </>
          ) : (
            <>&nbsp;</>
          )
        }
        actions={
          <>
            {isFixed && (
              <Button
                look="quiet"
                icon="cross"
                onClick={() => update({ from: undefined, to: undefined })}
              >
                zoom
              </Button>
            )}
            <Segmented<UsageRange>
              label="Range"
              value={isFixed ? ('' as UsageRange) : period.range}
              choices={[
                { value: '24h', label: '24 h' },
                { value: '7d', label: '7 d' },
                { value: 'month', label: 'this month' },
              ]}
              onChange={(range) => update({ range, from: undefined, to: undefined })}
            />
          </>
        }
      />
      <BalanceFigures />
      <Section
        className="mb-7"
        title={
          <>
            Charged by hour <span className="text-13 font-normal text-muted">USD, UTC</span>
          </>
        }
        aside={
          <IconButton
            icon={search.view === 'table' ? 'chart' : 'table'}
            label={search.view === 'table' ? 'View as chart' : 'View as table'}
            onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
          />
        }
      >
        <UsageChart
          period={period}
          isTable={search.view === 'table'}
          onZoom={(from, to) => update({ from, to })}
        />
      </Section>
      <Answered query={total}>
        {({ rows }) => (
          <DataTable<UsageRow>
            label="Usage"
            rows={rows}
            rowId={(row) =>
              `${row.project} ${row.sku} ${row.resource} ${row.price.amountUsd} ${row.price.per} ${row.hour ?? ''}`
            }
            columns={USAGE_COLUMNS}
            view={search}
            filters={<h2 className="text-15 font-bold">By SKU and resource</h2>}
            onView={update}
            empty={
              <Empty>
                Nothing was used in this time. GPU time and tokens would be listed here, at exact
                prices.
              </Empty>
            }
          />
        )}
      </Answered>
    </>
  )
}

function BalanceFigures(): ReactElement {
  const balance = useQuery(apiQuery('getBalance'))
  return (
    <Answered query={balance} skeleton={<BlockSkeleton height={84} />}>
      {(answer) => (
        <FigureRow
          figures={[
            {
              label: 'Balance',
              value: <Money amount={answer.balanceUsd} />,
              note: 'what the ledger says',
            },
            {
              label: 'Held',
              value: <Money amount={answer.heldUsd} />,
              note: 'set aside for running work',
            },
            {
              label: 'Available',
              value: <Money amount={answer.availableUsd} />,
              note: 'for new work',
            },
            {
              label: 'Spent today',
              value: <Money amount={answer.spentTodayUsd} />,
              note: 'since 00:00 UTC',
            },
            {
              label: 'Burns',
              value: <Money amount={answer.burnUsdPerHour} per="h" />,
              note: runway(answer),
            },
          ]}
        />
      )}
    </Answered>
  )
}

/** How long the available balance lasts at the present rate. */
function runway(balance: Answer<'getBalance'>): string {
  const burn = parsePicos(balance.burnUsdPerHour)
  const available = parsePicos(balance.availableUsd)
  if (burn <= 0n) return 'nothing is charged now'
  const hours = available / burn
  if (hours >= 48n) return `lasts about ${hours / 24n} days more`
  return available <= 0n ? 'nothing is left' : `lasts about ${hours} h more`
}

interface UsageChartProps {
  readonly period: Period
  readonly isTable: boolean
  readonly onZoom: (from: string, to: string) => void
}

function UsageChart({ period, isTable, onZoom }: UsageChartProps): ReactElement {
  const usage = useUsage(period, 'hour')
  const shape = useMemo(
    () =>
      usage.data &&
      toUsageStack(usage.data.rows, Date.parse(usage.data.from), Date.parse(usage.data.to)),
    [usage.data],
  )
  const drawing = useMemo(
    () => shape && { ...shape, mark: 'bars' as const, formatValue: renderUsd },
    [shape],
  )
  return (
    <Answered query={usage} skeleton={<BlockSkeleton height={CHART_HEIGHT} />}>
      {() => {
        if (shape === undefined || drawing === undefined || shape.series.length === 0)
          return <Empty>Nothing was charged in this time; a bar for each hour would be here.</Empty>
        if (isTable)
          return <StackTable label="Charges by hour" shape={shape} renderValue={renderUsd} />
        return (
          <>
            <Suspense fallback={<BlockSkeleton height={CHART_HEIGHT} />}>
              <StackChart
                label="Charges by hour; the same numbers are in the table view"
                drawing={drawing}
                height={CHART_HEIGHT}
                renderValue={renderUsd}
                onZoom={(from, to) =>
                  onZoom(new Date(from * 1000).toISOString(), new Date(to * 1000).toISOString())
                }
              />
            </Suspense>
            <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 pl-[52px]">
              {shape.series.map((series) => (
                <li key={series.id} className="flex items-center gap-1.5">
                  <Swatch series={series} />
                  {series.label}
                </li>
              ))}
            </ul>
          </>
        )
      }}
    </Answered>
  )
}

/** Labels of the chart; the table below is exact. */
function renderUsd(value: number): string {
  return formatMoney(value.toFixed(9))
}
