/** Finds the way to a lease's port for somebody of its organization. Everybody else gets the 404 of a missing lease. */
import { servicePath } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import type { Address, Engines, ServiceDoor } from '#platform/engines/engine.ts'
import { standingOf } from './door.ts'
import { attemptId, type Lease } from './lease.ts'
import * as store from './store.ts'

export interface DoorSource {
  readonly db: Db
  readonly engines: Engines
}

export interface DoorRequest {
  readonly id: string
  readonly organizationId: string
  readonly now: Date
}

/** What the engine is told; nothing for what is no service. */
export function doorOf({
  id,
  mode,
  service,
  idleLimitMs,
}: Pick<Lease, 'id' | 'mode' | 'service' | 'idleLimitMs'>): { readonly service?: ServiceDoor } {
  const basePath = servicePath(id)
  if (mode === 'interactive') return { service: { port: 0, basePath, terminal: { idleLimitMs } } }
  return service === null ? {} : { service: { port: service.port, basePath } }
}

/** A lease of this organization that things can be sent to now. */
async function findReachable(
  { db }: DoorSource,
  { id, organizationId, now }: DoorRequest,
): Promise<Lease> {
  const lease = await store.findLease(db, id)
  if (lease?.organizationId !== organizationId)
    throw new Fault('lease.not_found', `You have no lease ${id}.`)
  const standing = standingOf(lease, now)
  if (standing.kind === 'ended')
    throw new Fault('lease.already_ended', 'This lease has ended already.')
  if (standing.kind === 'closed') throw new Fault('lease.not_running', standing.text)
  return lease
}

/** Where the service of a lease answers. Throws a fault that says why it does not. */
export async function findServiceAddress(
  source: DoorSource,
  request: DoorRequest,
): Promise<Address> {
  const lease = await findReachable(source, request)
  if (lease.mode === 'job')
    throw new Fault('lease.not_a_service', `The lease ${lease.id} is a ${lease.mode}.`)
  const address = await source.engines
    .find(lease.pool)
    ?.address(attemptId(lease))
    .catch((cause: unknown) => {
      const text = 'The engine of its pool does not answer now.'
      throw new Fault('lease.service_unreachable', text, { cause })
    })
  if (address) return address
  throw new Fault(
    'lease.service_unreachable',
    lease.mode === 'interactive'
      ? 'Its terminal is not open yet.'
      : 'Nothing of the lease listens at its port yet.',
  )
}
