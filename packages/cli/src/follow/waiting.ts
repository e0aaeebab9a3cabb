/** What a lease waits for, as the progress line tells it: for room, for who gives way, for its own end. */
import type { Client, Lease, LeaseFact } from '@spillway/contract'
import { renderUntil } from '../output/time.ts'
import type { Surroundings } from '../surroundings.ts'

interface Asking {
  readonly client: Client
  readonly surroundings: Surroundings
}

/** Null when it waits for nothing. */
export async function describeWait(
  asking: Asking,
  lease: Lease,
  facts: readonly LeaseFact[],
): Promise<string | null> {
  const nowMs = asking.surroundings.nowMs()
  if (lease.state === 'starting') return 'starting'
  if (lease.state === 'reclaiming')
    return lease.stopAt === null ? 'stopping' : `stops ${renderUntil(lease.stopAt, nowMs)}`
  if (lease.state !== 'pending') return null
  const victims = await listVictims(asking, lease, facts)
  return renderWait(lease, victims, nowMs)
}

/** Those that give way now, and until when. Pure. */
export function renderWait(
  lease: Pick<Lease, 'waitingFor'>,
  victims: readonly Pick<Lease, 'id' | 'kind' | 'stopAt'>[],
  nowMs: number,
): string {
  const names = victims.map(({ id, kind, stopAt }) => {
    const until = stopAt === null ? '' : `, stops ${renderUntil(stopAt, nowMs)}`
    return `${id} (${kind}${until})`
  })
  if (names.length > 0) return `waiting for ${names.join(', ')} to give way`
  return `waiting for ${lease.waitingFor ?? 'room'}`
}

/** Only the operator may look at those that give way, and only its own work is told of them. */
async function listVictims(
  { client }: Asking,
  lease: Lease,
  facts: readonly LeaseFact[],
): Promise<readonly Lease[]> {
  if (lease.kind !== 'anchor') return []
  const ids = facts.map(({ data }) => data['victim']).filter((id) => typeof id === 'string')
  const leases = await Promise.all(
    [...new Set(ids)].map((id) =>
      // A progress line is not worth a failure; the watcher meets the same one.
      client.getLease({ params: { id } }).catch(() => null),
    ),
  )
  return leases.filter((victim) => victim?.state === 'reclaiming').filter((each) => each !== null)
}
