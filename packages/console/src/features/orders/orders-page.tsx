/** The list of orders: what is open, filled and over, with filters in the address; one opens beside it. */
import { type Order, OrderState } from '@spillway/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { Money } from '../../ui/figures.tsx'
import { sumAmounts } from '../../ui/format/money.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { useSession } from '../session/session.ts'
import { orderColumns } from './order-columns.tsx'
import { OrderDrawer } from './order-drawer.tsx'
import { isOpen } from './order-looks.tsx'

const route = getRouteApi('/app/orders')
const PAGE_SIZE = 200
const POLL_MS = 30_000

function useOrders() {
  const { state, pool } = route.useSearch()
  const filters = {
    ...(state === undefined ? {} : { state }),
    ...(pool === undefined ? {} : { pool }),
  }
  return useInfiniteQuery({
    queryKey: ['listOrders', 'pages', filters],
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam }
      return call('listOrders', { query: { ...filters, limit: PAGE_SIZE, ...cursor } }, { signal })
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
        label="State"
        value={search.state ?? ''}
        onPick={(state) => choose({ state: OrderState.options.find((each) => each === state) })}
        options={OrderState.options.map((state) => [state, state] as const)}
      />
      <FilterSelect
        label="Pool"
        value={search.pool ?? ''}
        onPick={(pool) => choose({ pool: pool || undefined })}
        options={(pools.data?.items ?? []).map(({ name }) => [name, name] as const)}
      />
    </>
  )
}

function Line({ orders }: { orders: readonly Order[] }): ReactElement {
  const open = orders.filter(isOpen)
  return (
    <>
      {open.length} open · <Money amount={sumAmounts(open.map(({ heldUsd }) => heldUsd))} /> held
    </>
  )
}

/** An order of the address that is not among those shown is asked for by itself. */
function Chosen({
  id,
  among,
  onClose,
}: {
  id: string
  among: readonly Order[]
  onClose: () => void
}): ReactElement | null {
  const listed = among.find((order) => order.id === id)
  const query = useQuery({ ...apiQuery('getOrder', { params: { id } }), enabled: !listed })
  const order = listed ?? query.data
  return order ? <OrderDrawer order={order} onClose={onClose} /> : null
}

export function OrdersPage(): ReactElement {
  const query = useOrders()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  const rows = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data])
  const columns = useMemo(() => orderColumns(role === 'operator'), [role])
  const choose = (order: string | undefined): void =>
    void navigate({ search: { ...search, order }, replace: true })
  const isFiltered = Boolean(search.state ?? search.pool)
  return (
    <>
      <PageHead
        title="Orders"
        line={query.data ? <Line orders={rows} /> : <>&nbsp;</>}
        actions={
          <>
            <Link to="/offers" className={buttonClass()}>
              <Icon name="search" size={14} />
              Find GPUs
            </Link>
            <Link to="/orders/new" className={buttonClass('primary')}>
              <Icon name="plus" size={14} />
              Order spot
            </Link>
          </>
        }
      />
      <Answered query={query}>
        {() => (
          <DataTable
            label="Orders"
            rows={rows}
            rowId={({ id }) => id}
            columns={columns}
            filters={<Filters />}
            view={{ sort: search.sort, hide: search.hide }}
            onView={(view) => void navigate({ search: { ...search, ...view }, replace: true })}
            onOpen={({ id }) => choose(id)}
            empty={<NoOrders isFiltered={isFiltered} />}
          />
        )}
      </Answered>
      {query.hasNextPage && (
        <div className="mt-3">
          <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load older orders
          </Button>
        </div>
      )}
      {search.order && <Chosen id={search.order} among={rows} onClose={() => choose(undefined)} />}
    </>
  )
}

function NoOrders({ isFiltered }: { isFiltered: boolean }): ReactElement {
  if (isFiltered)
    return (
      <Empty
        action={
          <Link to="/orders" className={buttonClass('plain')}>
            Show all orders
          </Link>
        }
      >
        No order matches these filters.
      </Empty>
    )
  return (
    <Empty
      action={
        <Link to="/orders/new" className={buttonClass('plain')}>
          Order spot
        </Link>
      }
    >
      Orders would be listed here: what was asked for at which limit, and what became of it.
    </Empty>
  )
}
