/** Outcomes: what a success costs, how surely that is known, and that it is all of what was charged. */
import type { OutcomeReport } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Intervals } from '../../charts/intervals.tsx'
import { Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { Code } from '../../ui/copy.tsx'
import { exactInstant } from '../../ui/format/time.ts'
import { Banner, BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { rangeStart, type UsageRange } from '../usage/usage-shape.ts'
import { costColumns, REPORT_COLUMNS } from './outcome-columns.tsx'
import { CostFigures, LedgerSection } from './outcome-figures.tsx'
import { costIntervals, nameOf, rateIntervals } from './outcome-words.ts'
import { TaskDrawer } from './task-drawer.tsx'

const route = getRouteApi('/app/outcomes')
const POLL_MS = 30_000
const REPORTS_SHOWN = 20

function useOutcomeCost(range: UsageRange, by: 'route' | 'model') {
  return useQuery({
    queryKey: ['getOutcomeCost', range, by],
    queryFn: ({ signal }) =>
      call('getOutcomeCost', { query: { from: rangeStart(range, serverNowMs()), by } }, { signal }),
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}

export function OutcomesPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const range = search.range ?? 'month'
  const by = search.by ?? 'route'
  const report = useOutcomeCost(range, by)
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  return (
    <>
      <PageHead
        title="Outcomes"
        line="What a success costs: every attempt of its tasks counted, retries and fallbacks too."
        actions={
          <>
            <Segmented
              label="Grouped by"
              value={by}
              choices={[
                { value: 'route', label: 'first route' },
                { value: 'model', label: 'last model' },
              ]}
              onChange={(next) => update({ by: next === 'route' ? undefined : next })}
            />
            <Segmented<UsageRange>
              label="Range"
              value={range}
              choices={[
                { value: '24h', label: '24 h' },
                { value: '7d', label: '7 d' },
                { value: 'month', label: 'this month' },
              ]}
              onChange={(next) => update({ range: next === 'month' ? undefined : next })}
            />
          </>
        }
      />
      <Answered query={report} skeleton={<BlockSkeleton height={320} />}>
        {(answer) =>
          answer.rows.length === 0 ? (
            <NoTasks />
          ) : (
            <Costs report={answer} view={search} onView={update} />
          )
        }
      </Answered>
      <Reports onOpen={(task) => update({ task })} />
      {search.task !== undefined && (
        <TaskDrawer taskId={search.task} onClose={() => update({ task: undefined })} />
      )}
    </>
  )
}

interface CostsProps {
  readonly report: OutcomeReport
  readonly view: { readonly sort?: string | undefined; readonly hide?: string | undefined }
  readonly onView: (view: { sort?: string | undefined; hide?: string | undefined }) => void
}

function Costs({ report, view, onView }: CostsProps): ReactElement {
  const { rows, by, isCut, knownSince } = report
  const columns = useMemo(() => costColumns(by), [by])
  const costs = costIntervals(rows)
  const rates = rateIntervals(rows)
  return (
    <>
      {isCut && (
        <Banner tone="warn">
          Which task a request was of is kept for 100 days: this begins at{' '}
          {exactInstant(knownSince)}.
        </Banner>
      )}
      <CostFigures report={report} />
      <div className="mb-7 grid gap-x-8 gap-y-6 lg:grid-cols-2">
        <Section title="Cost of a success">
          {costs.length > 0 ? (
            <Intervals label="Cost of a success in USD, with 95 % intervals" rows={costs} />
          ) : (
            <Empty>
              Too few tasks have an outcome to say what a success costs: from 30 on, the cost and
              its 95 % interval are drawn here.
            </Empty>
          )}
        </Section>
        <Section title="Part that succeeded">
          {rates.length > 0 ? (
            <Intervals label="Part of the tasks that succeeded, with 95 % intervals" rows={rates} />
          ) : (
            <Empty>No task has an outcome yet; the part that succeeded would be here.</Empty>
          )}
        </Section>
      </div>
      <DataTable
        label="Cost of outcomes"
        rows={rows}
        rowId={nameOf}
        columns={columns}
        view={view}
        onView={onView}
        filters={
          <h2 className="text-15 font-bold">
            By {by === 'route' ? 'the first route' : 'the last model'}
          </h2>
        }
        empty={<Empty>No task in this time.</Empty>}
      />
      <LedgerSection report={report} />
    </>
  )
}

function NoTasks(): ReactElement {
  return (
    <Empty
      action={
        <div className="w-full min-w-0">
          <Code
            label="how a task is named and reported"
            text={[
              `curl ${location.origin}/v1/chat/completions \\`,
              '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
              "  -H 'x-spillway-task-id: invoice-4711' \\",
              `  -d '{"model": "…", "messages": […]}'`,
              '',
              '# once you know what became of it:',
              `curl ${location.origin}/v1/outcomes \\`,
              '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
              "  -H 'Idempotency-Key: invoice-4711-checked' \\",
              `  -d '{"taskId": "invoice-4711", "result": "success"}'`,
            ].join('\n')}
          />
        </div>
      }
    >
      No request in this time named a task. Give each request the task that it is an attempt of,
      then report what became of the task; what a success costs is shown here.
    </Empty>
  )
}

function Reports({ onOpen }: { onOpen: (taskId: string) => void }): ReactElement {
  const reports = useQuery(apiQuery('listOutcomes', { query: { limit: REPORTS_SHOWN } }))
  return (
    <Section className="mt-7" title="Reported lately">
      <Answered query={reports}>
        {({ items }) => (
          <DataTable
            label="Reports"
            rows={items}
            rowId={({ id }) => id}
            columns={REPORT_COLUMNS}
            onOpen={({ taskId }) => onOpen(taskId)}
            empty={
              <Empty>Nobody has reported an outcome yet; the newest reports would be here.</Empty>
            }
          />
        )}
      </Answered>
    </Section>
  )
}
