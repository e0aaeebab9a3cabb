/** The fleet: sites, their pools, nodes and slots; how each was found and what it costs to have. */
import type { Site } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { Money } from '../../ui/figures.tsx'
import { exactMoney, formatLargeMoney, parsePicos } from '../../ui/format/money.ts'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { slotsOfKind } from '../../ui/format/slots.ts'
import { Banner, BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { Facts, FigureRow, PageHead, Section, Unit } from '../../ui/page.tsx'
import { Tag } from '../../ui/state-word.tsx'
import { MapSection } from './map/map-section.tsx'
import { useFleetMap } from './map/use-fleet-map.ts'
import { ReconciliationSection } from './reconciliation/reconciliation-section.tsx'

type FleetPool = Site['pools'][number]

export function FleetPage(): ReactElement {
  const fleet = useQuery(apiQuery('getFleet'))
  const map = useFleetMap()
  return (
    <>
      <PageHead
        title="Fleet"
        line={
          fleet.data ? (
            <span className="inline-flex max-w-full items-center gap-1">
              <span className="truncate">
                from <code title={fleet.data.fleetFile}>{fleet.data.fleetFile}</code>
              </span>
              <CopyButton text={fleet.data.fleetFile} label="Copy the path of the fleet file" />
            </span>
          ) : (
            <>&nbsp;</>
          )
        }
      />
      <Answered query={fleet}>
        {({ sites }) =>
          sites.length === 0 ? (
            <Empty>The fleet file names no site yet; sites, pools and nodes would be here.</Empty>
          ) : (
            <>
              <FleetFigures sites={sites} />
              <Answered query={map} skeleton={<BlockSkeleton height={480} />}>
                {(model) => <MapSection model={model} />}
              </Answered>
              <ReconciliationSection />
              <div className="flex flex-col gap-10">
                {sites.map((site) => (
                  <SiteSection key={site.name} site={site} />
                ))}
              </div>
            </>
          )
        }
      </Answered>
    </>
  )
}

function slotsOf(pool: FleetPool): number {
  return pool.nodes.reduce((sum, node) => sum + node.slotCount, 0)
}

function FleetFigures({ sites }: { sites: readonly Site[] }): ReactElement {
  const pools = sites.flatMap((site) => site.pools)
  const nodes = pools.flatMap((pool) => pool.nodes)
  const slots = pools.reduce((sum, pool) => sum + slotsOf(pool), 0)
  const capex = pools.reduce(
    (sum, pool) => sum + parsePicos(pool.capexUsdPerGpu) * BigInt(slotsOf(pool)),
    0n,
  )
  const power = pools.reduce((sum, pool) => sum + pool.powerKwPerGpu * slotsOf(pool), 0)
  const powerUnit = power >= 1000 ? ([1000, 'MW'] as const) : ([1, 'kW'] as const)
  const unwell = nodes.filter((node) => node.state !== 'ready').length
  return (
    <FigureRow
      figures={[
        {
          label: 'Sites',
          value: <span className="num">{sites.length}</span>,
          note: plural(pools.length, 'pool'),
        },
        {
          label: 'Nodes',
          value: <span className="num">{formatCount(nodes.length)}</span>,
          note: unwell === 0 ? 'all ready' : `${formatCount(unwell)} not ready`,
        },
        {
          label: 'Slots',
          value: <span className="num">{formatCount(slots)}</span>,
          note: 'one accelerator each',
        },
        {
          label: 'Paid for it',
          value: (
            <span className="num" title={exactMoney(capex)}>
              {formatLargeMoney(capex)}
            </span>
          ),
          note: 'capex of all slots',
        },
        {
          label: 'Power at full load',
          value: (
            <>
              <span className="num">{Number((power / powerUnit[0]).toPrecision(3))}</span>
              <Unit>{powerUnit[1]}</Unit>
            </>
          ),
          note: 'accelerators, before PUE',
        },
      ]}
    />
  )
}

function SiteSection({ site }: { site: Site }): ReactElement {
  return (
    <Section
      title={
        <span className="flex flex-wrap items-center gap-2">
          {site.name} <Tag>{site.ownership}</Tag>
        </span>
      }
      aside={<SiteLine site={site} />}
    >
      <div className="grid gap-x-8 gap-y-6 border-t border-line pt-4 lg:grid-cols-2 xl:grid-cols-3">
        {site.pools.map((pool) => (
          <PoolPart key={pool.name} pool={pool} />
        ))}
      </div>
    </Section>
  )
}

function SiteLine({ site }: { site: Site }): ReactElement {
  return (
    <p className="text-muted">
      {site.region}, {site.jurisdiction} · PUE {site.pue} ·{' '}
      <Money amount={site.powerUsdPerKwh} per="kWh" /> ·{' '}
      {site.powerCapKw === null ? 'no power cap' : `cap ${formatCount(site.powerCapKw)} kW`}
    </p>
  )
}

/** What an operator ought to change is said in front of what just is so. */
function Isolation({ pool: { isolation } }: { pool: FleetPool }): ReactElement {
  if (isolation.kind === 'none')
    return (
      <Banner tone="bad">No isolation: {isolation.text}. Lease only to people you trust.</Banner>
    )
  if (isolation.kind === 'owner_only')
    return <Banner tone="warn">Customers may not lease here: {isolation.text}.</Banner>
  return <p className="mb-2 text-muted">{isolation.text}</p>
}

function PoolPart({ pool }: { pool: FleetPool }): ReactElement {
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-bold">
        {pool.name}{' '}
        <span className="font-normal text-muted">{slotsOfKind(slotsOf(pool), pool)}</span>
      </h3>
      <h4 className="sr-only">How found, and what it costs</h4>
      <p className="mb-2 text-muted">{pool.finding}</p>
      <Isolation pool={pool} />
      <Facts
        facts={[
          ['Engine', pool.engine],
          [
            'Accelerator',
            pool.acceleratorKind === 'gpu' ? pool.accelerator : `none; CPU slots stand in for GPUs`,
          ],
          ['Capex', <Money key="capex" amount={pool.capexUsdPerGpu} per="slot" />],
          ['Written off over', `${pool.lifeYears} years`],
          [
            'Power',
            <span key="power">
              <span className="num">{pool.powerKwPerGpu}</span> kW per slot at full load
            </span>,
          ],
        ]}
      />
    </div>
  )
}
