/** Sessions and keys over HTTP. */
import { ROLES } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { Routes } from '#platform/http/handler.ts'
import { hashSecret } from './key.ts'
import type { Principal } from './principal.ts'
import { authenticate, createApiKey, type IdentityDeps, openSession } from './service.ts'
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

function renderKey(key: store.ApiKeyRow) {
  return {
    ...key,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  }
}

type Names =
  | 'createSession'
  | 'getSession'
  | 'deleteSession'
  | 'listApiKeys'
  | 'createApiKey'
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
      const { organizationId, projectId } = principal
      const { apiKey, secret } = await createApiKey(
        db,
        { organizationId, projectId, now, ...body },
        deps,
      )
      setTarget(apiKey.id)
      return { apiKey: renderKey(apiKey), secret }
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
