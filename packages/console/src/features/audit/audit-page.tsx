/** The audit log: who did what, newest first, with the request that did it. */
import { API, type AuditEvent } from '@spillway/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'

const route = getRouteApi('/app/audit')
const PAGE_SIZE = 200

const READS = new Set(
  Object.values(API)
    .filter((endpoint) => endpoint.audit === 'sensitive_read')
    .map((endpoint) => endpoint.id),
)

const GOOD_OUTCOMES = new Set(['ok', 'success', 'succeeded', 'allowed', 'done'])

/** Organizations go by their names where those are known. */
function columnsWith(names: ReadonlyMap<string, string>): readonly TableColumn<AuditEvent>[] {
  const organization = (event: AuditEvent): string =>
    names.get(event.organization) ?? event.organization
  return COLUMNS.map((column) =>
    column.id === 'organization'
      ? { ...column, value: organization, cell: organization, text: (event) => event.organization }
      : column,
  )
}

const COLUMNS: readonly TableColumn<AuditEvent>[] = [
  { id: 'at', header: 'When', value: (event) => event.at, cell: (event) => <Ago at={event.at} /> },
  {
    id: 'action',
    header: 'Action',
    value: (event) => event.action,
    cell: (event) => <span className="num">{event.action}</span>,
  },
  {
    id: 'target',
    header: 'Target',
    isWide: true,
    from: 'narrow',
    value: (event) => event.target,
    cell: (event) =>
      event.target === null ? (
        <span className="text-muted">—</span>
      ) : (
        <span className="num" title={event.target}>
          {event.target}
        </span>
      ),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    value: (event) => event.outcome,
    cell: (event) => (
      <StateWord tone={GOOD_OUTCOMES.has(event.outcome) ? 'good' : 'bad'}>
        {event.outcome}
      </StateWord>
    ),
  },
  {
    id: 'actor',
    header: 'By',
    from: 'medium',
    value: (event) => event.actor,
    cell: (event) =>
      /^[a-z]+_[0-9a-z]{26}$/.test(event.actor) ? <Id id={event.actor} /> : event.actor,
  },
  {
    id: 'organization',
    header: 'Organization',
    from: 'medium',
    value: (event) => event.organization,
    cell: (event) => event.organization,
  },
  {
    id: 'request',
    header: 'Request',
    from: 'wide',
    value: (event) => event.requestId,
    cell: (event) => <Id id={event.requestId} />,
  },
]

export function AuditPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pages = useInfiniteQuery({
    queryKey: ['listAuditEvents', 'pages'],
    queryFn: ({ pageParam, signal }) =>
      call(
        'listAuditEvents',
        { query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  })
  const organizations = useQuery(apiQuery('listOrganizations')).data?.items
  const columns = useMemo(
    () => columnsWith(new Map(organizations?.map((each) => [each.id, each.name]))),
    [organizations],
  )
  const rows = useMemo(() => {
    const all = pages.data?.pages.flatMap((page) => page.items) ?? []
    return search.only === 'changes' ? all.filter((event) => !READS.has(event.action)) : all
  }, [pages.data, search.only])
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  return (
    <>
      <PageHead
        title="Audit log"
        line="Every change, and every read of what is sensitive. Reading this page is recorded too."
        actions={
          <IconButton
            icon="refresh"
            label="Read the log again"
            onClick={() => void pages.refetch()}
          />
        }
      />
      <Answered query={pages}>
        {() => (
          <DataTable
            label="Audit log"
            rows={rows}
            rowId={(event) => event.id}
            columns={columns}
            view={search}
            onView={update}
            filters={
              <label className="flex items-center gap-2 text-muted">
                <input
                  type="checkbox"
                  className="size-3.5 accent-accent"
                  checked={search.only === 'changes'}
                  onChange={(event) =>
                    update({ only: event.target.checked ? 'changes' : undefined })
                  }
                />
                changes only
              </label>
            }
            empty={<Empty>Nothing is recorded yet.</Empty>}
          />
        )}
      </Answered>
      {pages.hasNextPage && (
        <div className="mt-3">
          <Button isBusy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Load older records
          </Button>
        </div>
      )}
    </>
  )
}
