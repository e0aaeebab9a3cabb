/** SQL of logins at registries. */
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface RegistryLogin {
  readonly organizationId: string
  readonly registry: string
  readonly username: string
  readonly sealedPassword: string
  readonly setAt: Date
}

function toLogin(row: Selectable<Schema['registry_login']>): RegistryLogin {
  return {
    organizationId: row.organization_id,
    registry: row.registry,
    username: row.username,
    sealedPassword: row.sealed_password,
    setAt: row.set_at,
  }
}

/** One that was kept before gives way. */
export async function saveLogin(tx: Db, login: RegistryLogin): Promise<void> {
  const told = {
    username: login.username,
    sealed_password: login.sealedPassword,
    set_at: login.setAt,
  }
  await tx
    .insertInto('registry_login')
    .values({ organization_id: login.organizationId, registry: login.registry, ...told })
    .onConflict((conflict) => conflict.columns(['organization_id', 'registry']).doUpdateSet(told))
    .execute()
}

export async function listLogins(
  db: Db,
  organizationId: string,
): Promise<readonly RegistryLogin[]> {
  const rows = await db
    .selectFrom('registry_login')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('registry')
    .execute()
  return rows.map(toLogin)
}

export async function findLogin(
  db: Db,
  { organizationId, registry }: Pick<RegistryLogin, 'organizationId' | 'registry'>,
): Promise<RegistryLogin | null> {
  const row = await db
    .selectFrom('registry_login')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('registry', '=', registry)
    .executeTakeFirst()
  return row ? toLogin(row) : null
}

export async function deleteLogin(
  tx: Db,
  { organizationId, registry }: Pick<RegistryLogin, 'organizationId' | 'registry'>,
): Promise<RegistryLogin | null> {
  const row = await tx
    .deleteFrom('registry_login')
    .where('organization_id', '=', organizationId)
    .where('registry', '=', registry)
    .returningAll()
    .executeTakeFirst()
  return row ? toLogin(row) : null
}
