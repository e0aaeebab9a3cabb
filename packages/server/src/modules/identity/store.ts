/** SQL of organizations, projects, keys and sessions. */
import type { KeyScope, Role } from '@spillway/contract'
import type { KeyBounds } from '#kernel/key-bounds.ts'
import type { Db } from '#platform/db/database.ts'
import type { Principal } from './principal.ts'

export interface OrganizationRow {
  readonly id: string
  readonly name: string
  readonly kind: 'operator' | 'internal' | 'customer'
  readonly createdAt: Date
}

export interface ApiKeyRow extends KeyBounds {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly role: Role
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  readonly replacedBy: string | null
}

function principals(db: Db, now: Date) {
  return db
    .selectFrom('api_key')
    .innerJoin('organization', 'organization.id', 'api_key.organization_id')
    .innerJoin('project', 'project.id', 'api_key.project_id')
    .where('api_key.revoked_at', 'is', null)
    .where((where) =>
      where.or([where('api_key.expires_at', 'is', null), where('api_key.expires_at', '>', now)]),
    )
    .select([
      'api_key.id as apiKeyId',
      'organization.id as organizationId',
      'organization.name as organizationName',
      'organization.kind as organizationKind',
      'project.id as projectId',
      'project.name as projectName',
      'api_key.role as role',
      'api_key.scopes as scopes',
      'api_key.models as models',
      'api_key.networks as networks',
      'api_key.expires_at as expiresAt',
      'api_key.succeeds as succeeds',
    ])
}

type PrincipalRow = Omit<Principal, 'bounds' | 'firstKeyId'> &
  KeyBounds & { readonly succeeds: string | null }

function toPrincipal(row: unknown): Principal | null {
  if (row === undefined) return null
  const { scopes, models, networks, expiresAt, succeeds, ...known } = row as PrincipalRow
  const principal = succeeds === null ? known : { ...known, firstKeyId: succeeds }
  const bounds = { scopes, models, networks, expiresAt }
  const isBounded = Object.values(bounds).some((bound) => bound !== null)
  return isBounded ? { ...principal, bounds } : principal
}

/** The principal of a key that is in force. */
export async function findPrincipalByKey(
  db: Db,
  secretHash: string,
  now: Date,
): Promise<Principal | null> {
  const query = principals(db, now).where('api_key.secret_hash', '=', secretHash)
  return toPrincipal(await query.executeTakeFirst())
}

/** The principal of a session that has not expired. */
export async function findPrincipalBySession(
  db: Db,
  secretHash: string,
  now: Date,
): Promise<Principal | null> {
  const row = await principals(db, now)
    .innerJoin('session', 'session.api_key_id', 'api_key.id')
    .where('session.secret_hash', '=', secretHash)
    .where('session.expires_at', '>', now)
    .executeTakeFirst()
  return toPrincipal(row)
}

export async function insertSession(
  db: Db,
  session: {
    readonly secretHash: string
    readonly apiKeyId: string
    readonly now: Date
    readonly expiresAt: Date
  },
): Promise<void> {
  await db.deleteFrom('session').where('expires_at', '<', session.now).execute()
  await db
    .insertInto('session')
    .values({
      secret_hash: session.secretHash,
      api_key_id: session.apiKeyId,
      created_at: session.now,
      expires_at: session.expiresAt,
    })
    .execute()
}

export async function deleteSession(db: Db, secretHash: string): Promise<void> {
  await db.deleteFrom('session').where('secret_hash', '=', secretHash).execute()
}

export async function insertOrganization(
  db: Db,
  organization: OrganizationRow & { readonly projectId: string; readonly projectName: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto('organization')
    .values({
      id: organization.id,
      name: organization.name,
      kind: organization.kind,
      created_at: organization.createdAt,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!inserted) return false
  await db
    .insertInto('project')
    .values({
      id: organization.projectId,
      organization_id: organization.id,
      name: organization.projectName,
      created_at: organization.createdAt,
    })
    .execute()
  return true
}

export async function listOrganizations(db: Db): Promise<readonly OrganizationRow[]> {
  const rows = await db.selectFrom('organization').selectAll().orderBy('created_at').execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    kind: row.kind as OrganizationRow['kind'],
    createdAt: row.created_at,
  }))
}

/** The organization's first project, where work lands that names none. */
export async function firstProject(
  db: Db,
  organizationId: string,
): Promise<{ id: string; name: string }> {
  return db
    .selectFrom('project')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .orderBy('created_at')
    .executeTakeFirstOrThrow()
}

export async function hasProject(
  db: Db,
  { id, organizationId }: { readonly id: string; readonly organizationId: string },
): Promise<boolean> {
  const query = db.selectFrom('project').select('id').where('id', '=', id)
  const row = await query.where('organization_id', '=', organizationId).executeTakeFirst()
  return row !== undefined
}

/** Whose a project is; null where there is none. */
export async function organizationOf(db: Db, projectId: string): Promise<string | null> {
  const query = db.selectFrom('project').select('organization_id').where('id', '=', projectId)
  return (await query.executeTakeFirst())?.organization_id ?? null
}

export async function insertApiKey(
  db: Db,
  key: ApiKeyRow & {
    readonly organizationId: string
    readonly projectId: string
    readonly secretHash: string
    readonly succeeds: string | null
  },
): Promise<void> {
  await db
    .insertInto('api_key')
    .values({
      id: key.id,
      organization_id: key.organizationId,
      project_id: key.projectId,
      name: key.name,
      role: key.role,
      secret_hash: key.secretHash,
      hint: key.hint,
      created_at: key.createdAt,
      scopes: key.scopes === null ? null : [...key.scopes],
      models: key.models === null ? null : [...key.models],
      networks: key.networks === null ? null : [...key.networks],
      expires_at: key.expiresAt,
      succeeds: key.succeeds,
    })
    .execute()
}

function toApiKey(row: {
  id: string
  name: string
  hint: string
  role: string
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
  scopes: string[] | null
  models: string[] | null
  networks: string[] | null
  expires_at: Date | null
  replaced_by: string | null
}): ApiKeyRow {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    role: row.role as Role,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    scopes: row.scopes as KeyScope[] | null,
    models: row.models,
    networks: row.networks,
    expiresAt: row.expires_at,
    replacedBy: row.replaced_by,
  }
}

export async function listApiKeys(db: Db, organizationId: string): Promise<readonly ApiKeyRow[]> {
  const rows = await db
    .selectFrom('api_key')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map(toApiKey)
}

/** Revokes a key of the organization; one already revoked stays as it was. Null: it has no such key. */
export async function revokeApiKey(
  db: Db,
  key: { readonly id: string; readonly organizationId: string; readonly now: Date },
): Promise<ApiKeyRow | null> {
  const row = await db
    .updateTable('api_key')
    .set((value) => ({ revoked_at: value.fn.coalesce('revoked_at', value.val(key.now)) }))
    .where('id', '=', key.id)
    .where('organization_id', '=', key.organizationId)
    .returningAll()
    .executeTakeFirst()
  return row ? toApiKey(row) : null
}

export interface OwnKey {
  readonly id: string
  readonly organizationId: string
}

export interface LockedKey extends ApiKeyRow {
  readonly projectId: string
  readonly succeeds: string | null
}

/** A key with the project it is of, locked until the transaction ends. Null: the organization has no such key. */
export async function lockApiKey(db: Db, key: OwnKey): Promise<LockedKey | null> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('id', '=', key.id)
    .where('organization_id', '=', key.organizationId)
    .forUpdate()
    .executeTakeFirst()
  return row ? { ...toApiKey(row), projectId: row.project_id, succeeds: row.succeeds } : null
}

/** The first of a key and those that it succeeds. Null: the organization has no such key. */
export async function findFirstKeyId(
  db: Db,
  { id, organizationId }: OwnKey,
): Promise<string | null> {
  const query = db.selectFrom('api_key').select('succeeds').where('id', '=', id)
  const row = await query.where('organization_id', '=', organizationId).executeTakeFirst()
  return row === undefined ? null : (row.succeeds ?? id)
}

/** Notes the key that takes another's place, and when that one ends. */
export async function replaceApiKey(
  db: Db,
  { id, by, expiresAt }: { readonly id: string; readonly by: string; readonly expiresAt: Date },
): Promise<void> {
  await db
    .updateTable('api_key')
    .set({ replaced_by: by, expires_at: expiresAt })
    .where('id', '=', id)
    .execute()
}

/** Notes that keys were used; called seldom, with many at once. */
export async function touchApiKeys(db: Db, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('api_key')
    .set({ last_used_at: now })
    .where('id', 'in', [...ids])
    .execute()
}
