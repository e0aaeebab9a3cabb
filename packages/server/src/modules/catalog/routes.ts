/** Aliases, retirements and access to models over HTTP. */
import type { Caller, Routes } from '#platform/http/handler.ts'
import { projectOf, readAccess, removeAccess, setAccess, type Setter } from './access-service.ts'
import { type AccessRule, listAccessRules } from './access-store.ts'
import { type AliasVersion, listAliases } from './alias-store.ts'
import {
  announceRetirement,
  getAliasVersions,
  removeAlias,
  setAlias,
  withdrawRetirement,
} from './name-service.ts'
import type { Retirement } from './retirement.ts'

type Names =
  | 'listModelAliases'
  | 'listModelAliasVersions'
  | 'setModelAlias'
  | 'deleteModelAlias'
  | 'listModelAccess'
  | 'setModelAccess'
  | 'deleteModelAccess'
  | 'announceModelRetirement'
  | 'withdrawModelRetirement'

export interface CatalogRouteDeps {
  /** Told in the transaction that announces it. */
  readonly onAnnounced: (tx: Parameters<typeof setAlias>[0], now: Date) => Promise<void>
}

const renderAlias = ({ setAt, ...alias }: AliasVersion) => ({
  ...alias,
  setAt: setAt.toISOString(),
})

const renderAccess = ({ setAt, models, ...access }: AccessRule) => ({
  ...access,
  models: [...models],
  setAt: setAt.toISOString(),
})

export function renderRetirement(
  { model, version, successor, announcedAt, retiresAt }: Retirement,
  now: Date,
) {
  return {
    ...{ model, version, successor },
    announcedAt: announcedAt.toISOString(),
    retiresAt: retiresAt.toISOString(),
    isRetired: retiresAt <= now,
  }
}

function setterOf({ role, organizationId }: Caller, now: Date): Setter {
  return { isOperator: role === 'operator', organizationId, now }
}

type AccessNames = 'listModelAccess' | 'setModelAccess' | 'deleteModelAccess'

const accessRoutes: Pick<Routes, AccessNames> = {
  listModelAccess: async ({ db, principal: { role, organizationId } }) => {
    const all = await listAccessRules(db)
    const own = all.filter((each) => role === 'operator' || each.organizationId === organizationId)
    return { items: own.map(renderAccess), nextCursor: null }
  },
  setModelAccess: async ({ db, principal, body, now, setTarget }) => {
    const { organizationId, projectId: named, ...change } = body
    const isOther = principal.role === 'operator' && organizationId !== undefined
    const own = isOther ? await projectOf(db, organizationId) : principal.projectId
    const projectId = named ?? own
    setTarget(projectId)
    return renderAccess(await setAccess(db, { projectId, ...change }, setterOf(principal, now)))
  },
  deleteModelAccess: async ({ db, principal, params, now, setTarget }) => {
    setTarget(params.projectId)
    await removeAccess(db, params.projectId, setterOf(principal, now))
    return { ok: true as const }
  },
}

export function catalogRoutes({ onAnnounced }: CatalogRouteDeps): Pick<Routes, Names> {
  return {
    ...accessRoutes,
    listModelAliases: async ({ db, principal }) => {
      const { isKnown } = await readAccess(db, principal)
      const items = (await listAliases(db)).filter(({ model }) => model !== null && isKnown(model))
      return { items: items.map(renderAlias), nextCursor: null }
    },
    listModelAliasVersions: async ({ db, params, principal }) => {
      const { isKnown } = await readAccess(db, principal)
      const versions = await getAliasVersions(db, params.alias)
      const items = versions.filter(({ model }) => model === null || isKnown(model))
      return { items: items.map(renderAlias), nextCursor: null }
    },
    setModelAlias: async ({ db, params, body, now, setTarget }) => {
      setTarget(params.alias)
      return renderAlias(await setAlias(db, { ...params, ...body }, now))
    },
    deleteModelAlias: async ({ db, params, now, setTarget }) => {
      setTarget(params.alias)
      await removeAlias(db, params.alias, now)
      return { ok: true as const }
    },
    announceModelRetirement: async ({ db, params, body, now }) => {
      const { retiresAt, successor = null, replaces } = body
      const wish = { model: params.id, retiresAt: new Date(retiresAt), successor, replaces }
      const announced = await announceRetirement(db, wish, now)
      await onAnnounced(db, now)
      return renderRetirement(announced, now)
    },
    withdrawModelRetirement: async ({ db, params }) => {
      await withdrawRetirement(db, params.id)
      return { ok: true as const }
    },
  }
}
