/** The list of simulations: what was planned, how far it is, and the way to a new one. */
import type { Simulation } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { isUnderWay, ProgressBar, SimulationStateWord } from './simulation-looks.tsx'

const route = getRouteApi('/app/plan')
const LISTED_MAX = 200
const POLL_MS = 30_000
const POLL_RUNNING_MS = 1000

const COLUMNS: readonly TableColumn<Simulation>[] = [
  {
    id: 'state',
    header: 'State',
    value: ({ state }) => state,
    cell: (simulation) => <SimulationStateWord simulation={simulation} />,
  },
  {
    id: 'name',
    header: 'Plan',
    isWide: true,
    value: ({ name }) => name,
    cell: ({ id, name }) => (
      <Link
        to="/plan/$simulationId"
        params={{ simulationId: id }}
        className="text-text no-underline hover:text-accent hover:underline"
      >
        {name}
      </Link>
    ),
  },
  {
    id: 'progress',
    header: 'Progress',
    from: 'narrow',
    value: ({ progress }) => progress,
    cell: (simulation) =>
      isUnderWay(simulation) ? (
        <ProgressBar simulation={simulation} />
      ) : (
        <span className="text-muted">—</span>
      ),
  },
  {
    id: 'variants',
    header: 'Variants',
    isNumeric: true,
    value: ({ variants }) => variants.length,
    cell: ({ variants }) => (
      <span className="num" title={variants.join(', ')}>
        {variants.length}
      </span>
    ),
  },
  {
    id: 'days',
    header: 'Days',
    isNumeric: true,
    from: 'medium',
    value: ({ horizonDays }) => horizonDays,
    cell: ({ horizonDays }) => <span className="num">{horizonDays}</span>,
  },
  {
    id: 'seeds',
    header: 'Seeds',
    isNumeric: true,
    from: 'medium',
    value: ({ seeds }) => seeds,
    cell: ({ seeds }) => <span className="num">{seeds}</span>,
  },
  {
    id: 'created',
    header: 'Made',
    isNumeric: true,
    value: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <Ago at={createdAt} />,
  },
]

export function PlansPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery({
    ...apiQuery('listSimulations', { query: { limit: LISTED_MAX } }),
    refetchInterval: ({ state }) =>
      state.data?.items.some(isUnderWay) ? POLL_RUNNING_MS : POLL_MS,
  })
  const running = query.data?.items.filter(isUnderWay).length ?? 0
  return (
    <>
      <PageHead
        title="Plan"
        line={query.data ? `${plural(running, 'simulation')} under way` : <>&nbsp;</>}
        actions={
          <Link to="/plan/new" className={buttonClass('primary')}>
            <Icon name="plus" size={14} />
            New plan
          </Link>
        }
      />
      <Answered query={query}>
        {({ items }) => (
          <DataTable
            label="Simulations"
            rows={items}
            rowId={({ id }) => id}
            columns={COLUMNS}
            view={search}
            onView={(view) =>
              void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
            }
            onOpen={({ id }) =>
              void navigate({ to: '/plan/$simulationId', params: { simulationId: id } })
            }
            empty={
              <Empty
                action={
                  <Link to="/plan/new" className={buttonClass('plain')}>
                    Make the first plan
                  </Link>
                }
              >
                Simulations would be listed here: what the fleet would sell and earn, and what would
                change with other nodes, prices, policies or demand.
              </Empty>
            }
          />
        )}
      </Answered>
    </>
  )
}
