/** One node: what its slots do now and did over time, what runs there, what is wrong with it, what happened to it. */
import type { NodeDetail, NodeLease } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../../api/answered.tsx'
import { apiQuery } from '../../../api/queries.ts'
import { kindLookOf } from '../../../ui/claim-kind.ts'
import { Id } from '../../../ui/copy.tsx'
import { Ago } from '../../../ui/figures.tsx'
import { plural } from '../../../ui/format/numbers.ts'
import { BlockSkeleton, Empty } from '../../../ui/notices.tsx'
import { Facts, type Figure, FigureRow, PageHead, Section } from '../../../ui/page.tsx'
import { SlotStrip } from '../../../ui/slots/slot-strip.tsx'
import type { StripSlot } from '../../../ui/slots/strip-slot.ts'
import { KindWord } from '../../../ui/state-word.tsx'
import type { TableColumn } from '../../../ui/table/column.ts'
import { DataTable } from '../../../ui/table/data-table.tsx'
import { Timeline, type TimelineFact } from '../../../ui/timeline.tsx'
import { factTone } from '../../leases/fact-tone.ts'
import { slotRanges } from '../../leases/lease-looks.tsx'
import { slotUse } from '../../overview/utilisation.ts'
import { NodeStateWord } from '../map/node-state-word.tsx'
import { NodeActions } from './node-actions.tsx'
import { NodeUse } from './node-use.tsx'

const route = getRouteApi('/app/fleet/nodes/$nodeId')

export function NodePage(): ReactElement {
  const { nodeId } = route.useParams()
  const node = useQuery(apiQuery('getNode', { params: { id: nodeId } }))
  return (
    <Answered query={node} skeleton={<BlockSkeleton height={320} />}>
      {(answer) => <Detail node={answer} />}
    </Answered>
  )
}

function Detail({ node }: { node: NodeDetail }): ReactElement {
  return (
    <>
      <PageHead
        name={node.name}
        back={
          <Link to="/fleet" search={{ node: node.id }} className="text-muted hover:text-accent">
            Fleet
          </Link>
        }
        title={
          <>
            <span className="num max-w-full truncate">{node.name}</span>
            <span className="text-13 font-normal">
              <NodeStateWord node={node} />
            </span>
          </>
        }
        line={<Id id={node.id} />}
        actions={<NodeActions node={node} />}
      />
      {node.reason !== null && <p className="mb-3 break-words text-muted">{node.reason}</p>}
      <FigureRow figures={figuresOf(node)} />
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-12">
        <div className="flex min-w-0 flex-col gap-6 lg:col-span-8">
          <Section title="Slots now">
            <Slots node={node} />
          </Section>
          <Section title="Leases">
            <Leases leases={node.leases} />
          </Section>
          <NodeUse node={node} />
        </div>
        <div className="flex min-w-0 flex-col gap-6 lg:col-span-4">
          <Section title="Faults">
            <Faults node={node} />
          </Section>
          <Section title="History">
            {node.facts.length === 0 ? (
              <p className="text-muted">Nothing has happened to it yet.</p>
            ) : (
              <Timeline facts={historyOf(node)} />
            )}
          </Section>
          <Section title="Details">
            <Facts
              facts={[
                ['Hardware', node.hardware],
                ['Pool', node.pool],
                ['Rack', node.rack ?? '—'],
                ['Fabric', node.fabric ?? '—'],
                ['Part of the fleet', <Ago key="since" at={node.since} />],
              ]}
            />
          </Section>
        </div>
      </div>
    </>
  )
}

function figuresOf(node: NodeDetail): Figure[] {
  const free = node.slotsByKind['free'] ?? 0
  const organizations = new Set(node.leases.map((lease) => lease.organization))
  return [
    {
      label: 'Slots claimed',
      value: <span className="num">{node.slotCount - free}</span>,
      note: `of ${node.slotCount}`,
    },
    {
      label: 'Leases',
      value: <span className="num">{node.leases.length}</span>,
      note: `of ${plural(organizations.size, 'organization')}`,
    },
    {
      label: 'Faults',
      value: <span className="num">{node.faultCount}</span>,
      note: node.faultCount === 0 ? 'all slots can be sold' : 'these slots are not sold',
    },
  ]
}

function Slots({ node }: { node: NodeDetail }): ReactElement {
  const navigate = useNavigate()
  const names = useMemo(() => new Map(node.leases.map(({ id, name }) => [id, name])), [node])
  const cells = node.slots.map((slot): StripSlot => {
    const isDraining = slot.kind === 'draining'
    const kind = isDraining ? (slot.drainingKind ?? 'draining') : slotUse(slot)
    const whose = names.get(slot.leaseId ?? '') ?? slot.organization ?? ''
    const word = isDraining ? `draining, was ${kindLookOf(kind).word}` : kindLookOf(kind).word
    return {
      ...{ id: String(slot.index), node: slot.node, index: slot.index, kind, isDraining },
      caption: slot.kind === null ? 'could be sold' : whose,
      sentence: `Slot ${slot.index}: ${word}${whose === '' ? '' : `, ${whose}`}`,
      isDimmed: false,
    }
  })
  const find = ({ index }: StripSlot) => node.slots.find((slot) => slot.index === index)
  return (
    <SlotStrip
      label={`Slots of ${node.name}`}
      slots={cells}
      onOpen={(cell) => {
        const leaseId = find(cell)?.leaseId
        if (leaseId) void navigate({ to: '/leases/$leaseId', params: { leaseId } })
      }}
      tip={(cell) => {
        const slot = find(cell)
        return (
          slot && (
            <>
              <p>
                <KindWord kind={slotUse(slot)} />
              </p>
              <p className="truncate font-medium">{cell.caption}</p>
              {slot.since && (
                <p className="text-muted">
                  since <Ago at={slot.since} />
                </p>
              )}
            </>
          )
        )
      }}
    />
  )
}

const LEASE_COLUMNS: readonly TableColumn<NodeLease>[] = [
  { id: 'kind', header: 'Tier', cell: (lease) => <KindWord kind={lease.kind} /> },
  {
    id: 'name',
    header: 'Lease',
    isWide: true,
    cell: (lease) => <span title={lease.name}>{lease.name}</span>,
  },
  { id: 'organization', header: 'Organization', from: 'narrow', cell: (l) => l.organization },
  { id: 'state', header: 'State', cell: (lease) => lease.state },
  {
    id: 'slots',
    header: 'Slots',
    isNumeric: true,
    cell: (lease) => <span className="num">{slotRanges(lease.slots)}</span>,
  },
  {
    id: 'nodes',
    header: 'Nodes in all',
    isNumeric: true,
    from: 'medium',
    cell: (lease) => <span className="num">{lease.nodes}</span>,
  },
]

function Leases({ leases }: { leases: readonly NodeLease[] }): ReactElement {
  const navigate = useNavigate()
  return (
    <DataTable
      label="Leases on the node"
      rows={leases}
      rowId={(lease) => lease.id}
      columns={LEASE_COLUMNS}
      onOpen={({ id }) => void navigate({ to: '/leases/$leaseId', params: { leaseId: id } })}
      empty={<Empty>Nothing runs here.</Empty>}
    />
  )
}

function Faults({ node }: { node: NodeDetail }): ReactElement {
  if (node.faults.length === 0) return <p className="text-muted">No fault is known.</p>
  return (
    <ul>
      {node.faults.map((fault) => (
        <li key={fault.slot} className="border-b border-line py-1.5 last:border-b-0">
          <span className="flex justify-between gap-2">
            <span className="font-medium">
              Slot <span className="num">{fault.slot}</span>
              {fault.isLost ? ' does not answer' : ''}
            </span>
            <Ago at={fault.since} />
          </span>
          <span className="block break-words">{fault.reason}</span>
          {fault.lastGoodAt && (
            <span className="block text-muted">
              last good <Ago at={fault.lastGoodAt} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

/** Oldest first, as every timeline; the newest facts are what the answer holds. */
function historyOf(node: NodeDetail): readonly TimelineFact[] {
  return node.facts.toReversed().map((fact) => ({
    at: fact.at,
    text: fact.text,
    tone: factTone(fact.type),
    ...(fact.actor === null ? {} : { detail: `by ${fact.actor}` }),
  }))
}
