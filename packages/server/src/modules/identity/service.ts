/** Identity's use cases: organizations with their first key, keys, sessions. */
import { randomBytes } from 'node:crypto'
import type { Role } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { KeyBounds } from '#kernel/key-bounds.ts'
import type { Db } from '#platform/db/database.ts'
import { hashSecret, hintOf, type KeyKind, parseKey, renderKey } from './key.ts'
import type { Principal } from './principal.ts'
import * as store from './store.ts'

export interface IdentityDeps {
  readonly pepper: string
  readonly ids: IdSource
}

const SESSION_MS = 30 * 24 * 3600 * 1000

/** What a caller presents: a key, or the cookie of a signed-in browser. */
export type Credential =
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'session'; readonly text: string }

/** Who a credential stands for; null when it is mistyped, unknown, revoked or expired. */
export async function authenticate(
  db: Db,
  credential: Credential,
  { pepper, now }: { readonly pepper: string; readonly now: Date },
): Promise<Principal | null> {
  const hash = hashSecret(pepper, credential.text)
  if (credential.kind === 'session') return store.findPrincipalBySession(db, hash, now)
  return parseKey(credential.text) ? store.findPrincipalByKey(db, hash, now) : null
}

interface NewOrganization {
  readonly name: string
  readonly kind: store.OrganizationRow['kind']
  readonly now: Date
}

/** Creates an organization with its default project. Throws `organization.name_taken`. */
export async function createOrganization(
  tx: Db,
  { name, kind, now }: NewOrganization,
  { ids }: IdentityDeps,
): Promise<store.OrganizationRow & { readonly projectId: string }> {
  const organization = { id: newId('organization', ids), name, kind, createdAt: now }
  const projectId = newId('project', ids)
  const isNew = await store.insertOrganization(tx, {
    ...organization,
    projectId,
    projectName: 'default',
  })
  if (!isNew)
    throw new Fault('organization.name_taken', `An organization named ${name} exists already.`)
  return { ...organization, projectId }
}

interface NewKey {
  readonly organizationId: string
  readonly projectId: string
  readonly name: string
  readonly role: Role
  readonly now: Date
  /** Absent: kept to nothing but its role. */
  readonly bounds?: Partial<KeyBounds>
  /** The first of the keys whose place it takes. */
  readonly succeeds?: string
}

const UNBOUNDED: KeyBounds = { scopes: null, models: null, networks: null, expiresAt: null }

/** Creates a key; the secret is in the answer and nowhere else. */
export async function createApiKey(
  tx: Db,
  { organizationId, projectId, name, role, now, bounds, succeeds }: NewKey,
  { pepper, ids }: IdentityDeps,
): Promise<{ readonly apiKey: store.ApiKeyRow; readonly secret: string }> {
  const kind: KeyKind = role === 'operator' ? 'operator' : 'buyer'
  const secret = renderKey(kind, randomBytes(32))
  const apiKey = {
    id: newId('apiKey', ids),
    name,
    hint: hintOf(secret),
    role,
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
    replacedBy: null,
    ...UNBOUNDED,
    ...bounds,
  }
  await store.insertApiKey(tx, {
    ...apiKey,
    organizationId,
    projectId,
    succeeds: succeeds ?? null,
    secretHash: hashSecret(pepper, secret),
  })
  return { apiKey, secret }
}

export interface Rotation {
  readonly id: string
  readonly organizationId: string
  readonly graceS: number
  readonly now: Date
}

/**
 * Makes a key with the bounds of another, which goes on for the grace and is refused after it. A key that was to end
 * sooner does; the new one gets as long a life as the old one had.
 */
export async function rotateApiKey(
  tx: Db,
  { id, organizationId, graceS, now }: Rotation,
  deps: IdentityDeps,
): Promise<{
  readonly apiKey: store.ApiKeyRow
  readonly secret: string
  readonly replaced: store.ApiKeyRow
}> {
  const old = await store.lockApiKey(tx, { id, organizationId })
  if (!old) throw new Fault('api_key.not_found', `You have no API key ${id}.`)
  const { name, role, projectId, scopes, models, networks, expiresAt, createdAt } = old
  if (old.revokedAt || old.replacedBy || (expiresAt && expiresAt <= now))
    throw new Fault('api_key.over', `The key ${name} is revoked, expired or replaced already.`)
  const lifeMs = expiresAt === null ? null : expiresAt.getTime() - createdAt.getTime()
  const bounds = {
    scopes,
    models,
    networks,
    expiresAt: lifeMs === null ? null : later(now, lifeMs),
  }
  const succeeds = old.succeeds ?? id
  const key = { organizationId, projectId, name, role, now, bounds, succeeds }
  const made = await createApiKey(tx, key, deps)
  const graceEnds = later(now, graceS * 1000)
  const ends = expiresAt !== null && expiresAt < graceEnds ? expiresAt : graceEnds
  await store.replaceApiKey(tx, { id, by: made.apiKey.id, expiresAt: ends })
  return { ...made, replaced: { ...old, expiresAt: ends, replacedBy: made.apiKey.id } }
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms)
}

/** Opens a session for a principal; returns the cookie's secret. */
export async function openSession(
  tx: Db,
  principal: Principal,
  { pepper, now }: { readonly pepper: string; readonly now: Date },
): Promise<{ readonly secret: string; readonly expiresAt: Date }> {
  const secret = randomBytes(32).toString('base64url')
  const expiresAt = new Date(now.getTime() + SESSION_MS)
  await store.insertSession(tx, {
    secretHash: hashSecret(pepper, secret),
    apiKeyId: principal.apiKeyId,
    now,
    expiresAt,
  })
  return { secret, expiresAt }
}
