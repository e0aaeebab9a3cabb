/** What is known of the node or slot under the pointer. */
import type { ReactElement } from 'react'
import { kindLookOf } from '../../../ui/claim-kind.ts'
import { shortenId } from '../../../ui/copy.tsx'
import { KindWord } from '../../../ui/state-word.tsx'
import { claimedSlots, isLeaving, kindOf, type MapNode, letterUse } from './fleet-model.ts'
import { NodeStateWord } from './node-state-word.tsx'

export function MapTip({ node, slot }: { node: MapNode; slot: number | null }): ReactElement {
  const letter = slot === null ? null : (node.slots[slot] ?? null)
  const owner = slot === null ? null : node.owners[slot]
  return (
    <>
      <p className="mb-1 flex justify-between gap-2">
        <NodeStateWord node={node} />
        <span className="num truncate text-muted">
          {node.name}
          {slot === null ? '' : `:${slot}`}
        </span>
      </p>
      <p className="text-muted">
        {node.rack === null ? node.pool.name : `${node.pool.name} · ${node.rack}`}
      </p>
      {letter === null ? (
        <p>
          {claimedSlots(node)} of {node.slots.length} slots claimed
        </p>
      ) : (
        <p>
          <KindWord kind={letterUse(letter)} />
          {isLeaving(letter) && (
            <span className="text-muted"> was {kindLookOf(kindOf(letter)).word}</span>
          )}
        </p>
      )}
      {owner?.lease && <p className="truncate font-medium">{owner.lease}</p>}
      {owner?.leaseId && <p className="num text-12 text-muted">{shortenId(owner.leaseId)}</p>}
      {owner?.organization && <p className="truncate">{owner.organization}</p>}
    </>
  )
}
