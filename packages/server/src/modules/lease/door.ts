/** Whether requests may come in to a lease now. Pure. */
import type { Lease } from './lease.ts'

export type Standing =
  | { readonly kind: 'open' }
  /** Later it may be. */
  | { readonly kind: 'closed'; readonly text: string }
  | { readonly kind: 'ended' }

/** Whether something of the lease can be reached: from its start until its notice has run out. */
export function standingOf(
  lease: Pick<Lease, 'state' | 'stopAt' | 'waitingFor'>,
  now: Date,
): Standing {
  if (lease.state === 'ended') return { kind: 'ended' }
  if (lease.state === 'pending')
    return { kind: 'closed', text: `The lease waits for ${lease.waitingFor ?? 'room'}.` }
  if (lease.state === 'starting') return { kind: 'closed', text: 'The lease is being started.' }
  if (lease.state === 'reclaiming' && now >= (lease.stopAt ?? now))
    return { kind: 'closed', text: 'The lease is being stopped, and takes no new requests.' }
  return { kind: 'open' }
}
