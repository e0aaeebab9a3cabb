/** The fleet: sites, their pools, nodes and slots; how each was found and what it costs to have. */
import type { Site } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { CopyButton, Id } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { slotsOfKind } from '../../ui/format/slots.ts'
import { Empty } from '../../ui/notices.tsx'
import { Facts, FigureRow, PageHead, Section, Unit } from '../../ui/page.tsx'
import { StateWord, Tag, type Tone } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { PoolStrip } from '../overview/pool-strip.tsx'

const route = getRouteApi('/app/fleet')

type FleetPool = Site['pools'][number]
type Node = FleetPool['nodes'][number]

/** Longer lists of nodes open on demand; the strip above shows them all. */
const NODES_OPEN_MAX = 12
const NO_KINDS: readonly string[] = []

export function FleetPage(): ReactElement {
  const fleet = useQuery(apiQuery('getFleet'))
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
        { label: 'Paid for it', value: <Money amount={capex} />, note: 'capex of all slots' },
        {
          label: 'Power at full load',
          value: (
            <>
              <span className="num">{Number(power.toPrecision(3))}</span>
              <Unit>kW</Unit>
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
      <div className="flex flex-col gap-8 border-t border-line pt-4">
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

function PoolPart({ pool }: { pool: FleetPool }): ReactElement {
  const { kinds } = route.useSearch()
  const navigate = route.useNavigate()
  const chosen = useMemo(() => (kinds ? kinds.split(',') : NO_KINDS), [kinds])
  return (
    <div className="grid gap-x-8 gap-y-4 lg:grid-cols-12">
      <div className="min-w-0 lg:col-span-8">
        <h3 className="mb-2 font-bold">
          {pool.name}{' '}
          <span className="font-normal text-muted">{slotsOfKind(slotsOf(pool), pool)}</span>
        </h3>
        <PoolStrip
          pool={pool}
          chosen={chosen}
          onChoose={(next) =>
            void navigate({
              search: { kinds: next.length === 0 ? undefined : next.join(',') },
              replace: true,
            })
          }
        />
        <details className="mt-4" open={pool.nodes.length <= NODES_OPEN_MAX}>
          <summary className="mb-1 font-medium">{plural(pool.nodes.length, 'node')}</summary>
          <DataTable
            label={`Nodes of ${pool.name}`}
            rows={pool.nodes}
            rowId={(node) => node.id}
            columns={NODE_COLUMNS}
            empty={<Empty>The pool has no node.</Empty>}
          />
        </details>
      </div>
      <div className="min-w-0 lg:col-span-4">
        <h3 className="mb-2 font-bold">How found, and what it costs</h3>
        <p className="mb-2 text-muted">{pool.finding}</p>
        <Facts
          facts={[
            ['Engine', pool.engine],
            [
              'Accelerator',
              pool.acceleratorKind === 'gpu'
                ? pool.accelerator
                : `none; CPU slots stand in for GPUs`,
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
    </div>
  )
}

const NODE_TONES: Record<Node['state'], Tone> = {
  ready: 'good',
  draining: 'warn',
  down: 'bad',
  faulty: 'bad',
}

const NODE_COLUMNS: readonly TableColumn<Node>[] = [
  {
    id: 'state',
    header: 'State',
    cell: (node) => <StateWord tone={NODE_TONES[node.state]}>{node.state}</StateWord>,
  },
  { id: 'name', header: 'Node', cell: (node) => <span className="num">{node.name}</span> },
  {
    id: 'hardware',
    header: 'Hardware',
    isWide: true,
    cell: (node) => <span title={node.hardware}>{node.hardware}</span>,
  },
  {
    id: 'slots',
    header: 'Slots',
    isNumeric: true,
    cell: (node) => <span className="num">{node.slotCount}</span>,
  },
  { id: 'id', header: 'Id', from: 'wide', cell: (node) => <Id id={node.id} /> },
  {
    id: 'since',
    header: 'Since',
    isNumeric: true,
    from: 'narrow',
    cell: (node) => <Ago at={node.since} />,
  },
]
