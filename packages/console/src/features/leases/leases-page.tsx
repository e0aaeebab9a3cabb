/** The list of leases: what runs, waits and ended, with filters in the address. */
import type { Lease } from '@spillway/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { kindLook } from '../../ui/claim-kind.ts'
import { FilterSelect } from '../../ui/field.tsx'
import { Money } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { useSession } from '../session/session.ts'
import { hourlyPicos, useActiveLeases } from './active-leases.ts'
import { leaseColumns } from './lease-columns.tsx'
import { LEASE_KINDS, LEASE_STATES } from './lease-looks.tsx'

const route = getRouteApi('/app/leases')
const PAGE_SIZE = 200
const POLL_MS = 30_000

interface Filters {
  readonly state?: Lease['state'] | undefined
  readonly kind?: Lease['kind'] | undefined
  readonly pool?: string | undefined
}

function useLeasePages({ state, kind, pool }: Filters) {
  const filters = {
    ...(state === undefined ? {} : { state }),
    ...(kind === undefined ? {} : { kind }),
    ...(pool === undefined ? {} : { pool }),
  }
  return useInfiniteQuery({
    queryKey: ['listLeases', 'pages', filters],
    queryFn: ({ pageParam, signal }) =>
      call(
        'listLeases',
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
    refetchInterval: POLL_MS,
  })
}

function Line(): ReactElement {
  const { leases, isKnown } = useActiveLeases()
  if (!isKnown) return <>&nbsp;</>
  const count = (state: Lease['state']): number =>
    leases.filter((lease) => lease.state === state).length
  const reclaiming = count('reclaiming')
  const parts = [
    `${count('running')} running`,
    `${count('pending') + count('starting')} pending`,
    ...(reclaiming > 0 ? [`${reclaiming} being reclaimed`] : []),
  ]
  return (
    <>
      {parts.join(' · ')} · <Money amount={hourlyPicos(leases)} per="h" /> now
    </>
  )
}

function NoLeases({ isFiltered }: { isFiltered: boolean }): ReactElement {
  if (isFiltered)
    return (
      <Empty
        action={
          <Link to="/leases" className={buttonClass('plain')}>
            Show all leases
          </Link>
        }
      >
        No lease matches these filters.
      </Empty>
    )
  return (
    <Empty
      action={
        <Link to="/leases/new" className={buttonClass('plain')}>
          Create the first lease
        </Link>
      }
    >
      Leases would be listed here: commands running on GPUs of the pool, each with its price and its
      cost so far.
    </Empty>
  )
}

export function LeasesPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  const pages = useLeasePages(search)
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data])
  const columns = useMemo(() => leaseColumns(role === 'operator'), [role])
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  const isFiltered = Boolean(search.state ?? search.kind ?? search.pool)
  return (
    <>
      <PageHead
        title="Leases"
        line={<Line />}
        actions={
          <Link to="/leases/new" className={buttonClass('primary')}>
            <Icon name="plus" size={14} />
            Create lease
          </Link>
        }
      />
      <Answered query={pages}>
        {() => (
          <DataTable
            label="Leases"
            rows={rows}
            rowId={(lease) => lease.id}
            columns={columns}
            view={search}
            onView={update}
            onOpen={(lease) =>
              void navigate({ to: '/leases/$leaseId', params: { leaseId: lease.id } })
            }
            filters={<LeaseFilters filters={search} onChange={update} />}
            empty={<NoLeases isFiltered={isFiltered} />}
          />
        )}
      </Answered>
      {pages.hasNextPage && (
        <div className="mt-3 flex items-center gap-3 text-muted">
          <Button isBusy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Load older leases
          </Button>
          {plural(rows.length, 'lease')} shown
        </div>
      )}
    </>
  )
}

interface LeaseFiltersProps {
  readonly filters: Filters
  readonly onChange: (filters: Filters) => void
}

function LeaseFilters({ filters, onChange }: LeaseFiltersProps): ReactElement {
  return (
    <>
      <FilterSelect
        label="State"
        value={filters.state ?? ''}
        options={LEASE_STATES.map((state) => [state, state] as const)}
        onPick={(state) => onChange({ state: LEASE_STATES.find((each) => each === state) })}
      />
      <FilterSelect
        label="Tier"
        value={filters.kind ?? ''}
        options={LEASE_KINDS.map((kind) => [kind, kindLook(kind).word] as const)}
        onPick={(kind) => onChange({ kind: LEASE_KINDS.find((each) => each === kind) })}
      />
      {filters.pool && (
        <Button look="quiet" icon="cross" onClick={() => onChange({ pool: undefined })}>
          pool {filters.pool}
        </Button>
      )}
    </>
  )
}
