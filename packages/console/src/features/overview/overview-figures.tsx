/** The figures on top of the overview: what is free and sold, what it earns or costs, tokens. */
import type { PoolBooks } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { type Answer, call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { useNow } from '../../ui/clock.ts'
import { Money } from '../../ui/figures.tsx'
import { formatMoney, sumAmounts } from '../../ui/format/money.ts'
import { formatCount, formatShare, plural } from '../../ui/format/numbers.ts'
import { type Figure, FigureRow, Unit } from '../../ui/page.tsx'
import { hourlyPicos, isCharged, useActiveLeases } from '../leases/active-leases.ts'
import { usePermission } from '../session/session.ts'
import { hourStart, recentHours } from './recent-hours.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** The books are an audited read, so that an open overview asks for them rarely. */
const BOOKS_EVERY_MS = 5 * MINUTE_MS

type LinkTo = NonNullable<LinkProps['to']>

function linkTo(to: LinkTo): (children: ReactNode) => ReactElement {
  return (children) => (
    <Link to={to} className="text-text no-underline after:absolute after:inset-0 hover:text-accent">
      {children}
    </Link>
  )
}

export function OverviewFigures(): ReactElement {
  const isOperator = usePermission('books.read')
  return isOperator ? <OperatorFigures /> : <BuyerFigures />
}

function useCapacity(): Figure[] {
  const pools = useQuery(apiQuery('listPools')).data?.items
  const { leases, isKnown } = useActiveLeases()
  const free = pools?.reduce((sum, pool) => sum + pool.slotsFree, 0)
  const total = pools?.reduce((sum, pool) => sum + pool.slotsTotal, 0)
  const sold = leases
    .filter((lease) => lease.placements.length > 0 && lease.kind !== 'anchor')
    .reduce((sum, lease) => sum + lease.gpus, 0)
  const anchor = leases
    .filter((lease) => lease.placements.length > 0 && lease.kind === 'anchor')
    .reduce((sum, lease) => sum + lease.gpus, 0)
  return [
    {
      label: 'Free now',
      value: <Count value={free} of={total} />,
      note: pools && `in ${plural(pools.length, 'pool')}`,
      link: linkTo('/leases/new'),
    },
    {
      label: 'Sold now',
      value: <Count value={isKnown ? sold : undefined} of={total} />,
      note:
        isKnown && total ? `${formatShare(sold / total)} sold, ${formatCount(anchor)} anchor` : '',
      link: linkTo('/leases'),
    },
  ]
}

function Count({ value, of }: { value: number | undefined; of: number | undefined }): ReactElement {
  if (value === undefined || of === undefined) return <Waiting />
  return (
    <>
      <span className="num">{formatCount(value)}</span>
      <Unit>of {formatCount(of)} slots</Unit>
    </>
  )
}

function Waiting(): ReactElement {
  return (
    <span className="skeleton inline-block h-6 w-20 align-middle">
      <span className="sr-only">still loading</span>
    </span>
  )
}

/** What there is to compare with: the whole hour before. */
function hourBefore(before: bigint): string {
  if (before === 0n) return 'nothing the hour before'
  return `${formatMoney(before)} the hour before`
}

function useHourlyBooks(fromMs: number, toMs: number | null) {
  return useQuery({
    queryKey: ['getBooks', 'hour', fromMs],
    queryFn: ({ signal }) =>
      call(
        'getBooks',
        {
          query: {
            from: new Date(fromMs).toISOString(),
            ...(toMs === null ? {} : { to: new Date(toMs).toISOString() }),
          },
        },
        { signal },
      ),
    staleTime: toMs === null ? BOOKS_EVERY_MS : Infinity,
    refetchInterval: toMs === null ? BOOKS_EVERY_MS : false,
  })
}

function revenueOf(books: Answer<'getBooks'> | undefined): bigint | null {
  return books ? sumAmounts(books.pools.map((pool: PoolBooks) => pool.revenueUsd)) : null
}

function tokensOf(books: Answer<'getBooks'> | undefined): bigint | null {
  if (books === undefined) return null
  return books.revenueBySku
    .filter((row) => row.unit === 'token')
    .reduce((sum, row) => sum + BigInt(row.quantity), 0n)
}

function OperatorFigures(): ReactElement {
  const capacity = useCapacity()
  const { leases, isKnown } = useActiveLeases()
  const start = hourStart(useNow(MINUTE_MS))
  const now = useHourlyBooks(start, null).data
  const before = useHourlyBooks(start - HOUR_MS, start).data
  const [revenue, revenueBefore, tokens, tokensBefore] = [
    revenueOf(now),
    revenueOf(before),
    tokensOf(now),
    tokensOf(before),
  ]
  return (
    <FigureRow
      figures={[
        ...capacity,
        {
          label: 'Leases earn',
          value: isKnown ? <Money amount={hourlyPicos(leases)} per="h" /> : <Waiting />,
          note: isKnown && `${plural(leases.filter(isCharged).length, 'lease')} running for money`,
          link: linkTo('/leases'),
        },
        {
          label: 'Revenue this hour',
          value: revenue === null ? <Waiting /> : <Money amount={revenue} />,
          note: revenueBefore === null ? '' : hourBefore(revenueBefore),
          link: linkTo('/books'),
        },
        {
          label: 'Tokens this hour',
          value: tokens === null ? <Waiting /> : <span className="num">{formatCount(tokens)}</span>,
          note: tokensBefore === null ? '' : `${formatCount(tokensBefore)} the hour before`,
          link: linkTo('/models'),
        },
      ]}
    />
  )
}

function BuyerFigures(): ReactElement {
  const [free] = useCapacity()
  const { leases, isKnown } = useActiveLeases()
  const balance = useQuery(apiQuery('getBalance')).data
  const nowMs = useNow(MINUTE_MS)
  const from = new Date(hourStart(nowMs) - HOUR_MS).toISOString()
  const usage = useQuery(apiQuery('getUsage', { query: { from, step: 'hour' } })).data
  const hours = usage && recentHours(usage.rows, nowMs)
  const running = leases.filter((lease) => lease.state === 'running')
  return (
    <FigureRow
      figures={[
        {
          label: 'Available',
          value: balance ? <Money amount={balance.availableUsd} /> : <Waiting />,
          note: balance && (
            <>
              <Money amount={balance.heldUsd} /> held for running work
            </>
          ),
          link: linkTo('/usage'),
        },
        {
          label: 'Spend this hour',
          value: hours ? <Money amount={hours.now.chargedPicos} /> : <Waiting />,
          note: hours && hourBefore(hours.before.chargedPicos),
          link: linkTo('/usage'),
        },
        {
          label: 'Running leases',
          value: isKnown ? <span className="num">{running.length}</span> : <Waiting />,
          note: (
            <>
              <Money amount={hourlyPicos(leases)} per="h" /> now
            </>
          ),
          link: linkTo('/leases'),
        },
        {
          label: 'Tokens this hour',
          value: hours ? <span className="num">{formatCount(hours.now.tokens)}</span> : <Waiting />,
          note: hours && `${formatCount(hours.before.tokens)} the hour before`,
          link: linkTo('/models'),
        },
        ...(free ? [free] : []),
      ]}
    />
  )
}
