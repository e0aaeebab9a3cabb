/** The request log: what became of each request for an answer, live as they end or page by page. Never content. */
import type { LoggedRequest } from '@spillway/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Banner, Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { useLiveRequests } from './live-requests.ts'
import { REQUEST_COLUMNS } from './request-columns.tsx'
import { RequestDrawer } from './request-drawer.tsx'
import { Filters, type RequestSearch, toFilters } from './request-filters.tsx'

const route = getRouteApi('/app/requests')
const PAGE_SIZE = 100

function useLog(search: RequestSearch) {
  const filters = toFilters(search)
  return useInfiniteQuery({
    queryKey: ['listRequests', 'pages', filters],
    queryFn: ({ pageParam, signal }) =>
      call(
        'listRequests',
        {
          query: {
            ...filters,
            limit: PAGE_SIZE,
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  })
}

export function RequestsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isLive, setIsLive] = useState(false)
  const pages = useLog(search)
  const live = useLiveRequests(isLive ? toFilters(search) : null)
  const models = useQuery(apiQuery('listModels')).data?.items ?? []
  const keys = useQuery(apiQuery('listApiKeys')).data?.items
  const keyNames = useMemo(() => new Map(keys?.map(({ id, name }) => [id, name])), [keys])
  const listed = pages.data?.pages.flatMap((page) => page.items) ?? []
  const rows = isLive ? joinNewest(live.requests, listed) : listed
  const omitted = pages.data?.pages[0]?.omitted ?? 0
  const opened = rows.find(({ id }) => id === search.request)
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  return (
    <>
      <PageHead
        title="Requests"
        line="What became of each request of the last day: never what was asked or answered."
        actions={
          <>
            {isLive && (
              <StateWord
                tone={live.state === 'live' ? 'good' : 'warn'}
                isMoving={live.state === 'live'}
              >
                {live.state === 'live' ? 'following' : live.state}
              </StateWord>
            )}
            <Button icon={isLive ? 'pause' : 'play'} onClick={() => setIsLive(!isLive)}>
              {isLive ? 'Stop following' : 'Follow live'}
            </Button>
            <IconButton icon="refresh" label="Read again" onClick={() => void pages.refetch()} />
          </>
        }
      />
      {omitted > 0 && (
        <Banner tone="warn">
          {plural(omitted, 'more request')} of this time {omitted === 1 ? 'is' : 'are'} only
          counted: too many were refused at once.
        </Banner>
      )}
      {isLive && live.skipped > 0 && (
        <Banner tone="warn">
          {plural(live.skipped, 'request')} came too fast to be shown live.
        </Banner>
      )}
      <Answered query={pages}>
        {() => (
          <DataTable
            label="Requests"
            rows={rows}
            rowId={({ id }) => id}
            columns={REQUEST_COLUMNS}
            view={search}
            onView={update}
            onOpen={({ id }) => update({ request: id })}
            filters={
              <Filters
                search={search}
                models={models.map(({ id }) => id)}
                keys={keys ?? []}
                onChange={update}
              />
            }
            empty={<Empty>No such request in the last day.</Empty>}
          />
        )}
      </Answered>
      {pages.hasNextPage && (
        <div className="mt-3">
          <Button isBusy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Load older requests
          </Button>
        </div>
      )}
      {opened && (
        <RequestDrawer
          request={opened}
          keyNames={keyNames}
          onClose={() => update({ request: undefined })}
        />
      )}
    </>
  )
}

/** What came live stands above what was listed before; nothing stands twice. */
function joinNewest(
  live: readonly LoggedRequest[],
  listed: readonly LoggedRequest[],
): readonly LoggedRequest[] {
  const known = new Set(live.map(({ id }) => id))
  return [...live, ...listed.filter(({ id }) => !known.has(id))]
}
