/** The plan of a drain: what happens to each lease, and when the node could be empty. */
import type { NodeDetail } from '@spillway/contract'
import type { ReactElement } from 'react'
import { plural } from '../../../ui/format/numbers.ts'
import { formatDuration } from '../../../ui/format/time.ts'
import { KindWord } from '../../../ui/state-word.tsx'
import { slotRanges } from '../../leases/lease-looks.tsx'
import { emptyAfterMs, fateOf } from './fate.ts'

interface DrainPlanProps {
  readonly node: NodeDetail
  readonly isEvacuating: boolean
}

export function DrainPlan({ node, isEvacuating }: DrainPlanProps): ReactElement {
  const free = node.slotsByKind['free'] ?? 0
  const emptyMs = emptyAfterMs(node.leases, isEvacuating)
  return (
    <section
      aria-label="What will happen"
      className="rounded-base border border-line bg-surface p-3"
    >
      <p className="mb-2">
        {plural(free, 'free slot')} of {node.slotCount} are held for maintenance at once.{' '}
        {node.leases.length === 0
          ? 'Nothing runs there.'
          : emptyMs === null
            ? 'The node is empty when the last of these ends.'
            : `The node can be empty in about ${formatDuration(emptyMs)}.`}
      </p>
      <ul className="max-h-[30vh] overflow-auto">
        {node.leases.map((lease) => (
          <li key={lease.id} className="border-t border-line py-1.5">
            <span className="flex flex-wrap items-baseline gap-x-3">
              <KindWord kind={lease.kind} />
              <span className="min-w-0 truncate font-medium">{lease.name}</span>
              <span className="truncate text-muted">{lease.organization}</span>
              <span className="num text-muted">{slotRanges(lease.slots)}</span>
            </span>
            <span className="block text-muted">{fateOf(lease, isEvacuating).words}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
