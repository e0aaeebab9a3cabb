/** The leases that live now, as several pages need them. */
import type { Lease } from '@spillway/contract'
import { useQueries } from '@tanstack/react-query'
import { apiQuery } from '../../api/queries.ts'
import { parsePicos } from '../../ui/format/money.ts'

const ACTIVE_STATES = ['reclaiming', 'running', 'starting', 'pending'] as const

interface ActiveLeases {
  /** In the order of urgency: reclaiming first, pending last. */
  readonly leases: readonly Lease[]
  /** Whether all of them are there; until then no sum over them means anything. */
  readonly isKnown: boolean
}

function combine(
  answers: readonly { data: { items: readonly Lease[] } | undefined }[],
): ActiveLeases {
  return {
    leases: answers.flatMap((answer) => answer.data?.items ?? []),
    isKnown: answers.every((answer) => answer.data !== undefined),
  }
}

export function useActiveLeases(): ActiveLeases {
  return useQueries({
    queries: ACTIVE_STATES.map((state) => apiQuery('listLeases', { query: { state, limit: 200 } })),
    combine,
  })
}

/** Whether a lease is charged at this moment. */
export function isCharged(lease: Lease): boolean {
  return (
    (lease.state === 'running' || lease.state === 'reclaiming') && lease.priceUsdPerGpuHour !== null
  )
}

/** What leases cost an hour now, exact. */
export function hourlyPicos(leases: readonly Lease[]): bigint {
  return leases
    .filter(isCharged)
    .reduce(
      (sum, lease) => sum + parsePicos(lease.priceUsdPerGpuHour ?? '0') * BigInt(lease.gpus),
      0n,
    )
}
