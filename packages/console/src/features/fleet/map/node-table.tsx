/** The map as a table: the same nodes under the same filter, for readers of text and for spreadsheets. */
import { getRouteApi } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { formatCount } from '../../../ui/format/numbers.ts'
import { Empty } from '../../../ui/notices.tsx'
import { KindWord } from '../../../ui/state-word.tsx'
import type { TableColumn } from '../../../ui/table/column.ts'
import { DataTable } from '../../../ui/table/data-table.tsx'
import { claimedSlots, type MapNode, letterUse } from './fleet-model.ts'
import { NodeStateWord } from './node-state-word.tsx'

const route = getRouteApi('/app/fleet')
const USES_SHOWN = 3

function usesOf(node: MapNode): readonly (readonly [use: string, count: number])[] {
  return [...Map.groupBy(node.slots, letterUse)].map(([use, slots]) => [use, slots.length] as const)
}

function ownersOf(node: MapNode): string {
  return [
    ...new Set(node.owners.flatMap((owner) => owner?.lease ?? owner?.organization ?? [])),
  ].join(', ')
}

const COLUMNS: readonly TableColumn<MapNode>[] = [
  {
    id: 'state',
    header: 'State',
    cell: (node) => <NodeStateWord node={node} />,
    value: (node) => node.state,
  },
  {
    id: 'name',
    header: 'Node',
    cell: (node) => <span className="num">{node.name}</span>,
    value: (node) => node.name,
  },
  {
    id: 'site',
    header: 'Site',
    from: 'wide',
    cell: (node) => node.pool.site,
    value: (node) => node.pool.site,
  },
  {
    id: 'pool',
    header: 'Pool',
    from: 'medium',
    cell: (node) => node.pool.name,
    value: (node) => node.pool.name,
  },
  {
    id: 'rack',
    header: 'Rack',
    from: 'narrow',
    cell: (node) => node.rack ?? '—',
    value: (node) => node.rack,
  },
  {
    id: 'claimed',
    header: 'Claimed',
    isNumeric: true,
    cell: (node) => (
      <span className="num">
        {claimedSlots(node)} / {node.slots.length}
      </span>
    ),
    value: (node) => claimedSlots(node) / Math.max(1, node.slots.length),
  },
  {
    id: 'uses',
    header: 'Slots',
    from: 'medium',
    cell: (node) => (
      <span className="inline-flex gap-3">
        {usesOf(node)
          .slice(0, USES_SHOWN)
          .map(([use, count]) => (
            <span key={use} className="inline-flex gap-1">
              <span className="num">{count}</span> <KindWord kind={use} />
            </span>
          ))}
      </span>
    ),
    text: (node) => node.slots,
  },
  {
    id: 'owners',
    header: 'Leases',
    isWide: true,
    from: 'narrow',
    cell: (node) => <span title={ownersOf(node)}>{ownersOf(node) || '—'}</span>,
    text: ownersOf,
  },
]

interface NodeTableProps {
  readonly nodes: readonly MapNode[]
  readonly onOpen: (node: string) => void
}

export function NodeTable({ nodes, onOpen }: NodeTableProps): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <DataTable
      label={`Nodes of the fleet, ${formatCount(nodes.length)}`}
      rows={nodes}
      rowId={(node) => node.id}
      columns={COLUMNS}
      view={{ sort: search.sort, hide: search.hide }}
      onView={(view) =>
        void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
      }
      onOpen={(node) => onOpen(node.id)}
      empty={<Empty>No node matches what was asked for.</Empty>}
    />
  )
}
