/** The times this lease was taken back, each as its chain; and what its terms allow. */
import type { Lease, Reclaim } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { Ago, Money } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { ReclaimChain } from '../reclaims/reclaim-chain.tsx'
import { ReclaimDrawer } from '../reclaims/reclaim-drawer.tsx'

export function LeaseReclaims({ lease }: { lease: Lease }): ReactElement | null {
  const { data } = useQuery(apiQuery('listLeaseReclaims', { params: { id: lease.id } }))
  const [openId, setOpenId] = useState<string | null>(null)
  const reclaims = data?.items ?? []
  const opened = reclaims.find(({ id }) => id === openId)
  if (reclaims.length === 0) return null
  return (
    <div className="mt-3">
      <h3 className="mb-1 font-bold">Taken back {plural(reclaims.length, 'time')}</h3>
      <ul>
        {reclaims.map((reclaim) => (
          <ReclaimLine key={reclaim.id} reclaim={reclaim} onOpen={() => setOpenId(reclaim.id)} />
        ))}
      </ul>
      {opened && <ReclaimDrawer reclaim={opened} onClose={() => setOpenId(null)} />}
    </div>
  )
}

interface ReclaimLineProps {
  readonly reclaim: Reclaim
  readonly onOpen: () => void
}

function ReclaimLine({ reclaim, onOpen }: ReclaimLineProps): ReactElement {
  return (
    <li className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-1">
      <button type="button" onClick={onOpen} className="text-accent">
        Attempt {reclaim.attempt}
      </button>
      <span className="max-sm:hidden">
        <ReclaimChain reclaim={reclaim} />
      </span>
      <span className="min-w-0 flex-1 truncate text-muted" title={reclaim.text}>
        {reclaim.text}
      </span>
      {reclaim.compensationUsd !== null && <Money amount={reclaim.compensationUsd} />}
      <Ago at={reclaim.decidedAt} />
    </li>
  )
}
