/** One clearing in full: its market drawn, how the price was made, every bid with its outcome, and whether it computes again. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import type { Answer } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Id } from '../../ui/copy.tsx'
import { Money } from '../../ui/figures.tsx'
import { formatCount, formatShare, plural } from '../../ui/format/numbers.ts'
import { exactInstant, formatHour } from '../../ui/format/time.ts'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { type Figure, FigureRow, PageHead, Section, Unit } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { useSession } from '../session/session.ts'
import { bidColumns } from './clearing-columns.tsx'
import { ClearingCurves } from './clearing-curves.tsx'
import { PriceRule } from './price-rule.tsx'

const route = getRouteApi('/app/market/clearings/$clearingId')
const OWN_LOOKED_AT = 1000

type Whole = Answer<'getClearing'>

export function ClearingPage(): ReactElement {
  const { clearingId } = route.useParams()
  const query = useQuery(apiQuery('getClearing', { params: { id: clearingId } }))
  const clearing = query.data
  return (
    <>
      <PageHead
        back={
          <Link
            to="/market"
            search={clearing ? { pool: clearing.pool } : {}}
            className="text-muted hover:text-accent"
          >
            Market
          </Link>
        }
        title={
          clearing ? (
            <>
              Window until {formatHour(clearing.windowEndsAt)}
              <Id id={clearing.id} />
            </>
          ) : (
            'Clearing'
          )
        }
        name="Clearing"
        line={clearing ? <Line clearing={clearing} /> : <>&nbsp;</>}
      />
      <Answered query={query} skeleton={<BlockSkeleton height={420} />}>
        {(answer) => <Content clearing={answer} />}
      </Answered>
    </>
  )
}

function Line({ clearing }: { clearing: Whole }): ReactElement {
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      pool {clearing.pool} ·{' '}
      <time dateTime={clearing.windowEndsAt}>{exactInstant(clearing.windowEndsAt)}</time> ·
      {clearing.differences.length === 0 ? (
        <StateWord
          tone="good"
          title="Computed again from the log alone, everything comes out the same."
        >
          computes again
        </StateWord>
      ) : (
        <StateWord tone="bad">does not compute again</StateWord>
      )}
    </span>
  )
}

function figuresOf({ log, isQuoted }: Whole): readonly Figure[] {
  const { figures } = log
  return [
    {
      label: 'Price',
      value: <Money amount={log.priceUsd} per="h" />,
      note: isQuoted ? 'quoted: the reserve' : 'one for everybody accepted',
    },
    {
      label: 'Sold',
      value: (
        <>
          <span className="num">{formatCount(figures.gpusSold)}</span>
          <Unit>of {plural(log.gpusMax, 'GPU')}</Unit>
        </>
      ),
      note: log.gpusMax === 0 ? 'nothing was free' : formatShare(figures.gpusSold / log.gpusMax),
    },
    {
      label: 'Accepted',
      value: (
        <>
          <span className="num">
            {formatCount(log.bids.filter(({ outcome }) => outcome === 'accepted').length)}
          </span>
          <Unit>of {plural(log.bids.length, 'bid')}</Unit>
        </>
      ),
      note: figures.rationed > 0 ? `${figures.rationed} rationed by the cap` : 'none rationed',
    },
    {
      label: 'Buyers’ surplus',
      value: <Money amount={figures.surplusUsd} per="h" />,
      note: (
        <>
          <Money amount={figures.surplusLostUsd} /> lost because gangs are whole
        </>
      ),
    },
    {
      label: 'Passed over above the price',
      value: <span className="num">{formatCount(figures.paradoxicallyRejected)}</span>,
      note: plural(figures.paradoxicallyRejectedGpus, 'GPU'),
    },
  ]
}

function Content({ clearing }: { clearing: Whole }): ReactElement {
  const { log, differences } = clearing
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  // The operator sees the orders of everybody, and has none.
  const orders = useQuery({
    ...apiQuery('listOrders', { query: { pool: clearing.pool, limit: OWN_LOOKED_AT } }),
    enabled: role !== 'operator',
  })
  const columns = useMemo(
    () => bidColumns(new Set(orders.data?.items.map(({ sequence }) => sequence))),
    [orders.data],
  )
  return (
    <>
      <FigureRow figures={figuresOf(clearing)} />
      {differences.length > 0 && (
        <ul className="mb-4 border-l-2 border-bad pl-3">
          {differences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <div className="grid gap-x-8 gap-y-7 lg:grid-cols-12">
        <Section
          className="lg:col-span-7"
          title={
            <>
              Supply and bids{' '}
              <span className="text-13 font-normal text-muted">$ per GPU-hour by GPUs</span>
            </>
          }
        >
          <ClearingCurves log={log} />
        </Section>
        <Section className="lg:col-span-5" title="How the reserve was made">
          <PriceRule
            rule={log.rule}
            utilisationPpm={log.utilisationPpm}
            previousUsd={log.previousUsd}
            reserveUsd={log.reserveUsd}
          />
        </Section>
        <section className="min-w-0 lg:col-span-12">
          <DataTable
            label="Bids"
            rows={log.bids}
            rowId={(bid) => String(bid.sequence)}
            columns={columns}
            filters={<h2 className="text-15 font-bold">Bids</h2>}
            view={search}
            onView={(view) =>
              void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
            }
            empty={<Empty>Nobody bid in this window.</Empty>}
          />
        </section>
      </div>
    </>
  )
}
