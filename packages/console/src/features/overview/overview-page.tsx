/** The overview: what is running, what it costs, what happens next. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button, buttonClass, IconButton, Segmented } from '../../ui/button.tsx'
import { kindLook } from '../../ui/claim-kind.ts'
import { formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { slotsOfKind } from '../../ui/format/slots.ts'
import { Icon } from '../../ui/icons.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { KindSwatch } from '../../ui/state-word.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { useActiveLeases } from '../leases/active-leases.ts'
import { leaseColumns } from '../leases/lease-columns.tsx'
import { useSession } from '../session/session.ts'
import { EventFeed } from './event-feed.tsx'
import { OverviewFigures } from './overview-figures.tsx'
import { PoolStrip } from './pool-strip.tsx'
import { UtilisationChart } from './utilisation-chart.tsx'
import { spanOf, type Range } from './utilisation.ts'

const route = getRouteApi('/app/')
const NO_KINDS: readonly string[] = []
const ACTIVE_SHOWN_MAX = 8

export function OverviewPage(): ReactElement {
  const pools = useQuery(apiQuery('listPools'))
  return (
    <>
      <PageHead
        title="Overview"
        actions={
          <Link to="/leases/new" className={buttonClass('primary')}>
            <Icon name="plus" size={14} />
            Create lease
          </Link>
        }
      />
      <OverviewFigures />
      <Answered query={pools} skeleton={<BlockSkeleton height={380} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>The fleet has no pool yet; its slots would be here.</Empty>
          ) : (
            <Pools pools={items} />
          )
        }
      </Answered>
    </>
  )
}

function Pools({ pools }: { pools: readonly Pool[] }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const chosen = useMemo(() => (search.kinds ? search.kinds.split(',') : NO_KINDS), [search.kinds])
  const pool = pools.find((each) => each.name === search.pool) ?? pools[0]
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  const span = useMemo(
    () => spanOf({ range: search.range, from: search.from, to: search.to }),
    [search.range, search.from, search.to],
  )
  if (pool === undefined) return <Empty>The fleet has no pool yet.</Empty>
  return (
    <div className="grid gap-x-8 gap-y-7 lg:grid-cols-12">
      <Section
        className="lg:col-span-12"
        title={<PoolTitle pools={pools} pool={pool} onPick={(name) => update({ pool: name })} />}
        aside={<PoolPrices pool={pool} />}
      >
        <PoolStrip
          pool={pool}
          chosen={chosen}
          onChoose={(kinds) => update({ kinds: kinds.length === 0 ? undefined : kinds.join(',') })}
        />
      </Section>
      <Section
        className="lg:col-span-8"
        title={
          <>
            Use over time <span className="text-13 font-normal text-muted">slots, UTC</span>
          </>
        }
        aside={
          <>
            {span.kind === 'fixed' && (
              <Button
                look="quiet"
                icon="cross"
                onClick={() => update({ from: undefined, to: undefined })}
              >
                zoom
              </Button>
            )}
            <Segmented<Range>
              label="Range"
              value={span.kind === 'latest' ? span.range : ('' as Range)}
              choices={[
                { value: '1h', label: '1 h' },
                { value: '6h', label: '6 h' },
                { value: '24h', label: '24 h' },
              ]}
              onChange={(range) => update({ range, from: undefined, to: undefined })}
            />
            <IconButton
              icon={search.view === 'table' ? 'chart' : 'table'}
              label={search.view === 'table' ? 'View as chart' : 'View as table'}
              onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
            />
          </>
        }
      >
        <UtilisationChart
          pool={pool}
          span={span}
          chosen={chosen}
          isTable={search.view === 'table'}
          onZoom={(from, to) => update({ from, to })}
        />
      </Section>
      <Section className="lg:col-span-4" title="Latest events">
        <EventFeed />
      </Section>
      <Section
        className="lg:col-span-12"
        title="Running and waiting"
        aside={
          <Link to="/leases" className="text-accent">
            all leases
          </Link>
        }
      >
        <ActiveLeases />
      </Section>
    </div>
  )
}

function ActiveLeases(): ReactElement {
  const navigate = route.useNavigate()
  const { leases, isKnown } = useActiveLeases()
  const { role } = useSession()
  const columns = useMemo(
    () => leaseColumns(role === 'operator').filter((column) => column.id !== 'created'),
    [role],
  )
  const shown = useMemo(() => leases.slice(0, ACTIVE_SHOWN_MAX), [leases])
  if (!isKnown) return <BlockSkeleton height={96} />
  return (
    <>
      <DataTable
        label="Running and waiting leases"
        rows={shown}
        rowId={(lease) => lease.id}
        columns={columns}
        onOpen={(lease) => void navigate({ to: '/leases/$leaseId', params: { leaseId: lease.id } })}
        empty={
          <Empty
            action={
              <Link to="/leases/new" className={buttonClass('plain')}>
                Create a lease
              </Link>
            }
          >
            Nothing runs or waits. Leases that do would be here.
          </Empty>
        }
      />
      {leases.length > shown.length && (
        <p className="mt-2 text-muted">and {plural(leases.length - shown.length, 'more lease')}</p>
      )}
    </>
  )
}

interface PoolTitleProps {
  readonly pools: readonly Pool[]
  readonly pool: Pool
  readonly onPick: (name: string) => void
}

function PoolTitle({ pools, pool, onPick }: PoolTitleProps): ReactElement {
  const place = `${slotsOfKind(pool.slotsTotal, pool)} · region ${pool.region} · engine ${pool.engine}`
  return (
    <span className="flex flex-wrap items-baseline gap-x-2">
      {pools.length > 1 ? (
        <select
          aria-label="Pool"
          value={pool.name}
          onChange={(event) => onPick(event.target.value)}
          className="control font-bold"
        >
          {pools.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
        </select>
      ) : (
        <span>{pool.name}</span>
      )}
      <span className="text-13 font-normal text-muted">{place}</span>
    </span>
  )
}

function PoolPrices({ pool }: { pool: Pool }): ReactElement {
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-1">
      {(['on_demand', 'spot', 'flex'] as const).map((tier) => (
        <div key={tier} className="flex items-center gap-1.5">
          <dt className="flex items-center gap-1.5 text-muted">
            <KindSwatch kind={tier} />
            {kindLook(tier).word}
          </dt>
          <dd className="num" title={`${pool.priceUsdPerGpuHour[tier]} USD per GPU-hour`}>
            {formatMoney(pool.priceUsdPerGpuHour[tier])}
            <span className="text-muted">/h</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
