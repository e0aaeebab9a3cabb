/** Whose work may run on which pool: what customers run is trusted nowhere, and some pools cannot keep it apart. */
import { isAbsolute } from 'node:path/posix'
import { Fault } from '#kernel/fault.ts'
import type { Pool } from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'

export interface WhoseWork {
  readonly organizationId: string
  readonly pool?: string | undefined
  readonly workingDirectory?: string | undefined
  /** The container image that it runs from. */
  readonly image?: string | undefined
}

/** Work of the operator and of what is of his house is trusted; all else is a customer's. */
export async function tenantOf(db: Db, organizationId: string): Promise<Tenant> {
  return (await tenantsOf(db, [organizationId])).get(organizationId) ?? 'customer'
}

type Tenant = 'owner' | 'customer'

export async function tenantsOf(
  db: Db,
  organizationIds: readonly string[],
): Promise<ReadonlyMap<string, Tenant>> {
  const organizations = await listOrganizations(db)
  const owners = new Set(
    organizations.filter(({ kind }) => kind !== 'customer').map(({ id }) => id),
  )
  return new Map(organizationIds.map((id) => [id, owners.has(id) ? 'owner' : 'customer']))
}

function isClosed({ isolation }: Pool): boolean {
  return isolation.kind === 'owner_only'
}

/** The pools on which work of an organization may run at all. */
export async function openPools(
  db: Db,
  pools: readonly Pool[],
  organizationId: string,
): Promise<readonly Pool[]> {
  if (!pools.some(isClosed) || (await tenantOf(db, organizationId)) === 'owner') return pools
  return pools.filter((pool) => !isClosed(pool))
}

/** The pools that may run it. Throws when it is for want of isolation alone that there is none. */
export async function poolsFor(
  db: Db,
  pools: readonly Pool[],
  { organizationId, pool: named }: WhoseWork,
): Promise<readonly Pool[]> {
  const open = await openPools(db, pools, organizationId)
  const wanted =
    pools.find((pool) => pool.name === named) ?? (open.length === 0 ? pools[0] : open[0])
  if (wanted === undefined || open.includes(wanted)) return open
  throw new Fault(
    'lease.isolation_unavailable',
    `Customers may not lease on ${wanted.name}: ${wanted.isolation.text}.`,
  )
}

/** In a sandbox there are no paths of the machine; what is relative is so to the work folder. */
export async function refuseHostPath(
  db: Db,
  pool: Pool,
  { organizationId, workingDirectory, image }: WhoseWork,
): Promise<void> {
  if (workingDirectory === undefined || !isAbsolute(workingDirectory)) return
  // It is a path of the image then.
  if (image !== undefined) return
  if (pool.isolation.kind !== 'sandbox' || (await tenantOf(db, organizationId)) === 'owner') return
  throw new Fault(
    'lease.path_refused',
    `The command would not see ${workingDirectory}: on ${pool.name}, commands of customers have a root of their own.`,
  )
}
