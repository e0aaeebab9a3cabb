/** The selected node: what it is and what is on it, with the ways to its page and to its leases. */
import type { FleetMapOwner } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { IconButton } from '../../../ui/button.tsx'
import { shortenId } from '../../../ui/copy.tsx'
import { KindWord } from '../../../ui/state-word.tsx'
import { slotRanges } from '../../leases/lease-looks.tsx'
import { type MapNode, letterUse } from './fleet-model.ts'
import { NodeStateWord } from './node-state-word.tsx'

export interface SlotGroup {
  readonly use: string
  readonly owner: FleetMapOwner | null
  readonly slots: readonly number[]
}

/** Slots of one use and one owner together, in the order of their first slots. */
export function groupSlots(node: MapNode): readonly SlotGroup[] {
  const groups = new Map<string, { use: string; owner: FleetMapOwner | null; slots: number[] }>()
  for (const [slot, letter] of Array.from(node.slots).entries()) {
    const owner = node.owners[slot] ?? null
    const use = letterUse(letter)
    const key = `${use} ${owner?.leaseId ?? owner?.organization ?? ''}`
    const group = groups.get(key) ?? { use, owner, slots: [] }
    group.slots.push(slot)
    groups.set(key, group)
  }
  return [...groups.values()]
}

interface NodePanelProps {
  readonly node: MapNode
  readonly onClose: () => void
}

export function NodePanel({ node, onClose }: NodePanelProps): ReactElement {
  return (
    <aside
      aria-label={`Node ${node.name}`}
      className="mt-2 max-h-[50vh] overflow-auto rounded-base border border-line-strong bg-bg p-3 md:absolute md:top-2 md:right-2 md:mt-0 md:w-[300px]"
    >
      <div className="flex items-center justify-between gap-2">
        <h2 className="num min-w-0 truncate font-bold">
          <Link
            to="/fleet/nodes/$nodeId"
            params={{ nodeId: node.id }}
            className="text-accent"
            title={node.name}
          >
            {node.name}
          </Link>
        </h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <p className="mb-2 flex flex-wrap gap-x-2 text-muted">
        <NodeStateWord node={node} />
        <span>
          {node.pool.site} · {node.pool.name}
          {node.rack !== null && ` · ${node.rack}`}
        </span>
      </p>
      <ul className="border-t border-line">
        {groupSlots(node).map((group) => (
          <GroupLine key={`${group.use} ${group.slots[0]}`} group={group} />
        ))}
      </ul>
    </aside>
  )
}

export function GroupLine({ group: { use, owner, slots } }: { group: SlotGroup }): ReactElement {
  return (
    <li className="border-b border-line py-1.5 last:border-b-0">
      <span className="flex justify-between gap-2">
        <KindWord kind={use} />
        <span className="num text-muted">{slotRanges(slots)}</span>
      </span>
      {owner?.leaseId && (
        <Link
          to="/leases/$leaseId"
          params={{ leaseId: owner.leaseId }}
          className="block truncate text-accent"
          title={owner.lease ?? owner.leaseId}
        >
          {owner.lease ?? shortenId(owner.leaseId)}
        </Link>
      )}
      {owner?.organization && <span className="block truncate">{owner.organization}</span>}
    </li>
  )
}
