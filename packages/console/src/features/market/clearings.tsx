/** The last window of a pool drawn, beside the windows before it. */
import type { Pool } from '@spillway/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { clearingColumns } from './clearing-columns.tsx'
import { ClearingCurves } from './clearing-curves.tsx'

const route = getRouteApi('/app/market')
const PAGE_SIZE = 20
const POLL_MS = 15_000
const CURVES_HEIGHT = 264

export function Clearings({ pool }: { pool: Pool }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pages = useInfiniteQuery({
    queryKey: ['listClearings', 'pages', pool.name],
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam }
      const query = { pool: pool.name, limit: PAGE_SIZE, ...cursor }
      return call('listClearings', { query }, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: POLL_MS,
  })
  const rows = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const latest = rows[0]
  return (
    <Answered query={pages} skeleton={<BlockSkeleton height={CURVES_HEIGHT} />}>
      {() =>
        latest === undefined ? (
          <Section title="Clearings">
            <Empty
              action={
                <Link
                  to="/orders/new"
                  search={{ pool: pool.name }}
                  className={buttonClass('plain')}
                >
                  Order spot
                </Link>
              }
            >
              No window of {pool.name} was cleared yet. What was for sale, the bids and the price of
              each would be here.
            </Empty>
          </Section>
        ) : (
          <div className="grid gap-x-8 gap-y-7 lg:grid-cols-12">
            <Latest id={latest.id} />
            <section className="min-w-0 lg:col-span-7">
              <DataTable
                label="Clearings"
                rows={rows}
                rowId={({ id }) => id}
                columns={clearingColumns}
                filters={<h2 className="text-15 font-bold">Clearings</h2>}
                view={search}
                onView={(view) =>
                  void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
                }
                onOpen={({ id }) =>
                  void navigate({
                    to: '/market/clearings/$clearingId',
                    params: { clearingId: id },
                  })
                }
                empty={null}
              />
              {pages.hasNextPage && (
                <div className="mt-3">
                  <Button
                    isBusy={pages.isFetchingNextPage}
                    onClick={() => void pages.fetchNextPage()}
                  >
                    Load older clearings
                  </Button>
                </div>
              )}
            </section>
          </div>
        )
      }
    </Answered>
  )
}

function Latest({ id }: { id: string }): ReactElement {
  const query = useQuery({
    ...apiQuery('getClearing', { params: { id } }),
    // The last picture stays while the next window loads.
    placeholderData: (before) => before,
  })
  return (
    <Section
      className="lg:sticky lg:top-16 lg:col-span-5 lg:self-start"
      title={
        <>
          Last window <span className="text-13 font-normal text-muted">$ per GPU-hour by GPUs</span>
        </>
      }
      aside={
        <Link
          to="/market/clearings/$clearingId"
          params={{ clearingId: id }}
          className="text-accent"
        >
          all of it
        </Link>
      }
    >
      <Answered query={query} skeleton={<BlockSkeleton height={CURVES_HEIGHT} />}>
        {({ log }) => <ClearingCurves log={log} />}
      </Answered>
    </Section>
  )
}
