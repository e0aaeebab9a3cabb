/** The market of a pool: what each tier costs now and did before, how the spot price is made, and the windows that made it. */
import type { Pool, Tier } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass, IconButton, Segmented } from '../../ui/button.tsx'
import { kindLook } from '../../ui/claim-kind.ts'
import { Icon } from '../../ui/icons.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { KindSwatch } from '../../ui/state-word.tsx'
import { useSession } from '../session/session.ts'
import { CalendarSection } from './calendar-section.tsx'
import { Clearings } from './clearings.tsx'
import { Guarantees } from './guarantees.tsx'
import { MarketFigures } from './market-figures.tsx'
import { PoolLine } from './pool-line.tsx'
import { PriceHistory } from './price-history.tsx'
import { PriceRule } from './price-rule.tsx'
import type { PriceRange } from './price-shape.ts'
import { TransferSection } from './transfer-section.tsx'
import { WorthSection } from './worth-section.tsx'

const route = getRouteApi('/app/market')
const TIERS = ['on_demand', 'spot', 'flex'] as const
const RANGES: readonly { readonly value: PriceRange; readonly label: string }[] = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
]

export function MarketPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pools = useQuery(apiQuery('listPools'))
  const items = pools.data?.items ?? []
  const pool = items.find(({ name }) => name === search.pool) ?? items[0]
  return (
    <>
      <PageHead
        title="Market"
        line={
          pool ? (
            <PoolLine
              pools={items}
              pool={pool}
              onPick={(name) =>
                void navigate({ search: (before) => ({ ...before, pool: name }), replace: true })
              }
            />
          ) : (
            <>&nbsp;</>
          )
        }
        actions={
          <>
            <Link to="/offers" className={buttonClass()}>
              <Icon name="search" size={14} />
              Find GPUs
            </Link>
            <Link
              to="/orders/new"
              search={pool ? { pool: pool.name } : {}}
              className={buttonClass('primary')}
            >
              <Icon name="plus" size={14} />
              Order spot
            </Link>
          </>
        }
      />
      <Answered query={pools} skeleton={<BlockSkeleton height={420} />}>
        {() =>
          pool === undefined ? (
            <Empty>The fleet has no pool yet; what its GPUs cost would be here.</Empty>
          ) : (
            <PoolMarket pool={pool} />
          )
        }
      </Answered>
    </>
  )
}

function PoolMarket({ pool }: { pool: Pool }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const reserve = useQuery(apiQuery('getReservePrice', { params: { pool: pool.name } }))
  const benchmark = useQuery(apiQuery('getBenchmarkPrice', { params: { pool: pool.name } }))
  const { role } = useSession()
  const tier: Tier = search.tier ?? 'spot'
  const range = search.range ?? '24h'
  const update = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  return (
    <>
      <MarketFigures pool={pool} reserve={reserve.data} benchmark={benchmark.data} />
      <div className="mb-7 grid gap-x-8 gap-y-7 lg:grid-cols-12">
        <Section
          className="lg:col-span-8"
          title={
            <>
              Price over time{' '}
              <span className="text-13 font-normal text-muted">$ per GPU-hour, UTC</span>
            </>
          }
          aside={
            <>
              <Segmented<Tier>
                label="Tier"
                value={tier}
                choices={TIERS.map((value) => ({
                  value,
                  label: (
                    <span className="inline-flex items-center gap-1.5">
                      <KindSwatch kind={value} />
                      {kindLook(value).word}
                    </span>
                  ),
                }))}
                onChange={(value) => update({ tier: value })}
              />
              <Segmented<PriceRange>
                label="Range"
                value={range}
                choices={RANGES}
                onChange={(value) => update({ range: value })}
              />
              <IconButton
                icon={search.view === 'table' ? 'chart' : 'table'}
                label={search.view === 'table' ? 'View as chart' : 'View as table'}
                onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
              />
            </>
          }
        >
          <PriceHistory pool={pool} tier={tier} range={range} isTable={search.view === 'table'} />
        </Section>
        <Section className="lg:col-span-4" title="How the reserve is made">
          <Answered query={reserve} skeleton={<BlockSkeleton height={248} />}>
            {(answer) => (
              <>
                <PriceRule
                  rule={answer.rule}
                  utilisationPpm={answer.utilisationPpm}
                  previousUsd={answer.previousUsdPerGpuHour}
                  reserveUsd={answer.reserveUsdPerGpuHour}
                />
                <Guarantees guarantees={answer.guarantees} />
              </>
            )}
          </Answered>
        </Section>
        <Section
          className={role === 'operator' ? 'lg:col-span-7' : 'lg:col-span-12'}
          title={
            <>
              Free in the next week{' '}
              <span className="text-13 font-normal text-muted">by hour of UTC, as known now</span>
            </>
          }
        >
          <CalendarSection pool={pool} />
        </Section>
        {role === 'operator' && (
          <Section
            className="lg:col-span-5"
            title={
              <>
                Worth of an hour{' '}
                <span className="text-13 font-normal text-muted">$ per GPU-hour by GPUs</span>
              </>
            }
          >
            <Answered query={benchmark} skeleton={<BlockSkeleton height={232} />}>
              {(answer) => (
                <WorthSection
                  benchmark={answer}
                  reserveUsd={reserve.data?.reserveUsdPerGpuHour ?? '0'}
                />
              )}
            </Answered>
          </Section>
        )}
      </div>
      {role === 'operator' && <Transfer pool={pool} />}
      <Clearings pool={pool} />
    </>
  )
}

function Transfer({ pool }: { pool: Pool }): ReactElement {
  const transfer = useQuery(apiQuery('getTransferPrice', { params: { pool: pool.name } }))
  return (
    <Section
      className="mb-7"
      title={
        <>
          Transfer price <span className="text-13 font-normal text-muted">of the last day</span>
        </>
      }
    >
      <Answered query={transfer} skeleton={<BlockSkeleton height={220} />}>
        {(answer) => <TransferSection transfer={answer} />}
      </Answered>
    </Section>
  )
}
