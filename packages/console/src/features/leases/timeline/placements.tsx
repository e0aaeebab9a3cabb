/** Where a lease runs: each node of the gang with the slots it has there. */
import type { Lease } from '@spillway/contract'
import { permits } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { plural } from '../../../ui/format/numbers.ts'
import { KindSwatch } from '../../../ui/state-word.tsx'
import { useSession } from '../../session/session.ts'
import { slotRanges } from '../lease-looks.tsx'

const SHOWN_MAX = 24

export function Placements({ lease }: { lease: Lease }): ReactElement | null {
  const [isAll, setIsAll] = useState(false)
  const session = useSession()
  const canOpen = permits(session.role, 'node.list')
  const { placements } = lease
  if (placements.length === 0) return null
  const shown = isAll ? placements : placements.slice(0, SHOWN_MAX)
  return (
    <div className="mt-3">
      <h3 className="mb-1 font-bold">
        {plural(lease.gpus, 'GPU')} on {plural(placements.length, 'node')}
      </h3>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(220px,1fr))] gap-x-6">
        {shown.map(({ node, nodeId, slots }) => (
          <li key={nodeId} className="flex h-7 items-center gap-2 border-b border-line">
            {canOpen ? (
              <Link
                to="/fleet/nodes/$nodeId"
                params={{ nodeId }}
                className="num min-w-0 truncate text-accent"
                title={node}
              >
                {node}
              </Link>
            ) : (
              <span className="num min-w-0 truncate" title={node}>
                {node}
              </span>
            )}
            <span className="flex-1" />
            <span aria-hidden="true" className="inline-flex gap-[2px]">
              {slots.slice(0, 8).map((slot) => (
                <KindSwatch key={slot} kind={lease.kind} />
              ))}
            </span>
            <span className="num text-muted" title={`${slots.length} slots`}>
              {slotRanges(slots)}
            </span>
          </li>
        ))}
      </ul>
      {placements.length > SHOWN_MAX && (
        <Button look="quiet" onClick={() => setIsAll(!isAll)}>
          {isAll ? 'Show fewer' : `Show all ${placements.length} nodes`}
        </Button>
      )}
    </div>
  )
}
