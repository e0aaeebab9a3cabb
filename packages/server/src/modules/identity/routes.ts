/** Sessions and keys over HTTP. */
import { ROLES } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { isNarrowed } from '#kernel/key-bounds.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { hashSecret } from './key.ts'
import type { Principal } from './principal.ts'
import {
  authenticate,
  createApiKey,
  type IdentityDeps,
  openSession,
  rotateApiKey,
} from './service.ts'
import * as store from './store.ts'

/** One-time codes that sign the console in, printed at start. */
export interface SignInCodes {
  /** The principal that a code signs in; the code is spent. Null when unknown, spent or old. */
  readonly redeem: (code: string, now: Date) => Principal | null
}

function renderSession(principal: Principal) {
  return {
    organization: {
      id: principal.organizationId,
      name: principal.organizationName,
      kind: principal.organizationKind,
    },
    project: { id: principal.projectId, name: principal.projectName },
    role: principal.role,
    permissions: [...ROLES[principal.role]],
  }
}

/** Else a key could free itself of what it is kept to. */
function requireUnbounded({ bounds }: Caller): void {
  if (bounds !== undefined && isNarrowed(bounds))
    throw new Fault(
      'permission.denied',
      'A key that is kept to scopes, models or networks makes no keys.',
    )
}

function renderKey(key: store.ApiKeyRow) {
  return {
    ...key,
    scopes: key.scopes === null ? null : [...key.scopes],
    models: key.models === null ? null : [...key.models],
    networks: key.networks === null ? null : [...key.networks],
    expiresAt: key.expiresAt?.toISOString() ?? null,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  }
}

function alreadyPast(): Fault {
  const [field, message] = ['body.expiresAt', 'must be in the future']
  return new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

type Names =
  | 'createSession'
  | 'getSession'
  | 'deleteSession'
  | 'listApiKeys'
  | 'createApiKey'
  | 'rotateApiKey'
  | 'revokeApiKey'

export function identityRoutes(
  deps: IdentityDeps & { readonly codes: SignInCodes },
): Pick<Routes, Names> {
  const { pepper, codes } = deps
  return {
    createSession: async ({ db, body, now, actAs, setCookie }) => {
      const credential = { kind: 'key' as const, text: body.credential.trim() }
      const principal =
        codes.redeem(credential.text, now) ?? (await authenticate(db, credential, { pepper, now }))
      if (!principal)
        throw new Fault(
          'credential.invalid',
          'This is neither a key of this installation nor a fresh sign-in code.',
        )
      actAs(principal)
      const session = await openSession(db, principal, { pepper, now })
      setCookie(session.secret, session.expiresAt)
      return renderSession(principal)
    },
    getSession: async ({ principal }) => renderSession(principal),
    deleteSession: async ({ db, sessionSecret, setCookie }) => {
      if (sessionSecret) await store.deleteSession(db, hashSecret(pepper, sessionSecret))
      setCookie('', new Date(0))
      return { ok: true as const }
    },
    listApiKeys: async ({ db, principal }) => {
      const keys = await store.listApiKeys(db, principal.organizationId)
      return { items: keys.map(renderKey), nextCursor: null }
    },
    createApiKey: async ({ db, principal, body, now, setTarget }) => {
      requireUnbounded(principal)
      const { organizationId, projectId } = principal
      const { name, role, expiresAt, ...kept } = body
      if (expiresAt !== undefined && new Date(expiresAt) <= now) throw alreadyPast()
      const bounds = {
        scopes: kept.scopes ?? null,
        models: kept.models ?? null,
        networks: kept.networks ?? null,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      }
      const key = { organizationId, projectId, name, role, bounds, now }
      const { apiKey, secret } = await createApiKey(db, key, deps)
      setTarget(apiKey.id)
      return { apiKey: renderKey(apiKey), secret }
    },
    rotateApiKey: async ({ db, principal, params, body, now }) => {
      requireUnbounded(principal)
      const { organizationId } = principal
      const rotation = { id: params.id, organizationId, graceS: body.graceS, now }
      const { apiKey, secret, replaced } = await rotateApiKey(db, rotation, deps)
      return { apiKey: renderKey(apiKey), secret, replaced: renderKey(replaced) }
    },
    revokeApiKey: async ({ db, principal, params, now }) => {
      const key = await store.revokeApiKey(db, {
        id: params.id,
        organizationId: principal.organizationId,
        now,
      })
      if (!key) throw new Fault('api_key.not_found', `You have no API key ${params.id}.`)
      return renderKey(key)
    },
  }
}
