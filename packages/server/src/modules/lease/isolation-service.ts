/** Whose work may run on which pool: what customers run is trusted nowhere, and some pools cannot keep it apart. */
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'

/** Work of the operator and of what is of his house is trusted; all else is a customer's. */
export async function tenantOf(db: Db, organizationId: string): Promise<'owner' | 'customer'> {
  const organization = (await listOrganizations(db)).find((each) => each.id === organizationId)
  return organization === undefined || organization.kind === 'customer' ? 'customer' : 'owner'
}
