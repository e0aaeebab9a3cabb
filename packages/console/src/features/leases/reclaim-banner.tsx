/** Above every page: leases that are being taken back, and how long they still have. */
import type { Lease } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { useNow } from '../../ui/clock.ts'
import { Countdown } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Banner } from '../../ui/notices.tsx'
import { useSession } from '../session/session.ts'
import { leaseName } from './lease-name.ts'

const SHOWN_MAX = 3
const SECOND_MS = 1000

export function ReclaimBanner(): ReactElement | null {
  const { data } = useQuery(apiQuery('listLeases', { query: { state: 'reclaiming', limit: 50 } }))
  const leases = data?.items ?? []
  if (leases.length === 0) return null
  return (
    <div>
      {leases.slice(0, SHOWN_MAX).map((lease) => (
        <Notice key={lease.id} lease={lease} />
      ))}
      {leases.length > SHOWN_MAX && (
        <Banner tone="warn">
          <Link to="/leases" search={{ state: 'reclaiming' }} className="text-accent">
            {plural(leases.length - SHOWN_MAX, 'more lease is', 'more leases are')} being reclaimed
          </Link>
        </Banner>
      )}
    </div>
  )
}

function Notice({ lease }: { lease: Lease }): ReactElement {
  const session = useSession()
  const nowMs = useNow(SECOND_MS)
  const isForeign = lease.organization !== session.organization.name
  const hasRunOut = lease.stopAt !== null && Date.parse(lease.stopAt) <= nowMs
  return (
    <Banner tone="warn">
      <span className="font-medium">Being reclaimed</span>
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: lease.id }}
        className="max-w-[40ch] truncate text-accent"
      >
        {leaseName(lease)}
      </Link>
      {isForeign && <span className="text-muted">of {lease.organization}</span>}
      <span className="flex-1" />
      {lease.stopAt === null || hasRunOut ? (
        <span>its processes are being stopped</span>
      ) : (
        <span>
          stops in{' '}
          <span className="text-15 font-bold">
            <Countdown until={lease.stopAt} />
          </span>
        </span>
      )}
      {lease.requeue !== 'never' && (
        <span className="text-muted">starts again when there is room</span>
      )}
    </Banner>
  )
}
