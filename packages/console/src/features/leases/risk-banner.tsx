/** Above every page: leases of which a reclaim has become likely. A warning; the notice, with its time, comes apart. */
import type { Lease } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { Lasted } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { Banner } from '../../ui/notices.tsx'
import { useSession } from '../session/session.ts'
import { leaseName } from './lease-name.ts'

const SHOWN_MAX = 2
const LISTED_MAX = 50

export function RiskBanner(): ReactElement | null {
  const { data } = useQuery(
    apiQuery('listLeases', { query: { state: 'running', atRisk: 'true', limit: LISTED_MAX } }),
  )
  const leases = data?.items ?? []
  if (leases.length === 0) return null
  const more = leases.length - SHOWN_MAX
  return (
    <div>
      {leases.slice(0, SHOWN_MAX).map((lease) => (
        <Warning key={lease.id} lease={lease} />
      ))}
      {more > 0 && (
        <Banner tone="accent">
          <Link to="/leases" search={{ state: 'running' }} className="text-accent">
            {plural(more, 'more lease is', 'more leases are')} likely to be reclaimed
          </Link>
        </Banner>
      )}
    </div>
  )
}

function Warning({ lease }: { lease: Lease }): ReactElement {
  const session = useSession()
  return (
    <Banner tone="accent">
      <span className="font-medium">Likely to be reclaimed</span>
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: lease.id }}
        className="max-w-[40ch] truncate text-accent"
      >
        {leaseName(lease)}
      </Link>
      {lease.organization !== session.organization.name && (
        <span className="text-muted">of {lease.organization}</span>
      )}
      {lease.riskElevatedAt !== null && (
        <span className="text-muted">
          for <Lasted from={lease.riskElevatedAt} />
        </span>
      )}
      <span className="flex-1" />
      <span>{advice(lease.noticeMs)}</span>
    </Banner>
  )
}

function advice(noticeMs: number): string {
  if (noticeMs === 0) return 'save its work: it may stop at once'
  return `save its work: once it gets notice, ${formatDuration(noticeMs)} remain`
}
