/** The log of reclaims: what was taken back, why, with what notice, how fast, and what was credited for it. */
import type { Reclaim } from '@spillway/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { isOpen } from './chain.ts'
import { reclaimColumns } from './reclaim-columns.tsx'
import { ReclaimDrawer } from './reclaim-drawer.tsx'

const route = getRouteApi('/app/reclaims')
const PAGE_SIZE = 200
const POLL_MS = 30_000
const TIERS = ['on_demand', 'spot', 'flex'] as const

function useReclaims() {
  const { pool, tier, lease } = route.useSearch()
  const filters = {
    ...(pool === undefined ? {} : { pool }),
    ...(tier === undefined ? {} : { tier }),
    ...(lease === undefined ? {} : { lease }),
  }
  return useInfiniteQuery({
    queryKey: ['listReclaims', 'pages', filters],
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam }
      return call(
        'listReclaims',
        { query: { ...filters, limit: PAGE_SIZE, ...cursor } },
        { signal },
      )
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: POLL_MS,
  })
}

function Filters(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pools = useQuery(apiQuery('listPools'))
  const choose = (change: Partial<typeof search>): void =>
    void navigate({ search: { ...search, ...change }, replace: true })
  return (
    <>
      <FilterSelect
        label="Tier"
        value={search.tier ?? ''}
        onPick={(tier) => choose({ tier: TIERS.find((each) => each === tier) })}
        options={TIERS.map((tier) => [tier, tier.replace('_', ' ')] as const)}
      />
      <FilterSelect
        label="Pool"
        value={search.pool ?? ''}
        onPick={(pool) => choose({ pool: pool || undefined })}
        options={(pools.data?.items ?? []).map(({ name }) => [name, name] as const)}
      />
      <FilterSelect
        label="State"
        value={search.state ?? ''}
        onPick={(state) => choose({ state: state === 'open' ? 'open' : undefined })}
        options={[['open', 'under way']]}
      />
      {search.lease !== undefined && (
        <Button icon="cross" onClick={() => choose({ lease: undefined })}>
          One lease only
        </Button>
      )}
    </>
  )
}

export function ReclaimsPage(): ReactElement {
  const query = useReclaims()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const rows = search.state === 'open' ? all.filter(isOpen) : all
  const chosen = all.find(({ id }) => id === search.reclaim)
  const choose = (reclaim: Reclaim | null): void =>
    void navigate({ search: { ...search, reclaim: reclaim?.id }, replace: true })
  const underWay = all.filter(isOpen).length
  return (
    <>
      <PageHead
        title="Reclaims"
        line={query.data ? `${plural(underWay, 'reclaim')} under way` : <>&nbsp;</>}
      />
      <Answered query={query}>
        {() => (
          <DataTable
            label="Reclaims"
            rows={rows}
            rowId={(reclaim) => reclaim.id}
            columns={reclaimColumns}
            filters={<Filters />}
            view={{ sort: search.sort, hide: search.hide }}
            onView={(view) => void navigate({ search: { ...search, ...view }, replace: true })}
            onOpen={choose}
            empty={
              <Empty>
                Nothing was taken back. Each reclaim would be here, from its decision to its credit.
              </Empty>
            }
          />
        )}
      </Answered>
      {query.hasNextPage && (
        <div className="mt-3">
          <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
      {chosen && <ReclaimDrawer reclaim={chosen} onClose={() => choose(null)} />}
    </>
  )
}
