/** What projects let be kept, and their caches, over HTTP. Each organization sees and sets its own. */
import type { IdSource } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { CACHE_SHOWN_MS } from '../../limits.ts'
import { selectDays, sizeOfCache } from './cache-store.ts'
import { type Owner, purgeCache, requireProject, setPolicy } from './policy-service.ts'
import { selectPolicies } from './policy-store.ts'
import type { ContentPolicy } from './policy.ts'
import { readStored, removeStored } from './stored-service.ts'
import { selectStored, type StoredFound } from './stored-store.ts'

type Names =
  | 'listContentPolicies'
  | 'setContentPolicy'
  | 'getCache'
  | 'purgeCache'
  | 'listStoredContents'
  | 'getStoredContent'
  | 'deleteStoredContent'

function render(all: ContentPolicy) {
  const { generation: _, cacheTtlS, setAt, ...policy } = all
  return { ...policy, cacheTtlSeconds: cacheTtlS, setAt: setAt.toISOString() }
}

async function renderCache(db: Db, { projectId, organizationId }: Owner, now: Date) {
  await requireProject(db, { projectId, organizationId })
  const policy = (await selectPolicies(db)).find((each) => each.projectId === projectId)
  const since = new Date(now.getTime() - CACHE_SHOWN_MS)
  const days = await selectDays(db, { projectId, since })
  const sum = (of: 'hits' | 'misses') => days.reduce((total, each) => total + each[of], 0)
  const [hits, misses] = [sum('hits'), sum('misses')]
  const hitPercent = hits + misses === 0 ? null : (100 * hits) / (hits + misses)
  const size = await sizeOfCache(db, { projectId, now })
  return {
    ...{ projectId, mode: policy?.cache ?? ('off' as const), ...size },
    ...{ hits, misses, hitPercent, days: [...days] },
  }
}

/** What is known of a stored request without opening it. */
function renderStored(all: StoredFound) {
  const { sealed: _, organizationId: __, at, expiresAt, ...row } = all
  return { ...row, at: at.toISOString(), expiresAt: expiresAt.toISOString() }
}

export interface ContentRouteDeps {
  readonly ids: IdSource
  readonly pepper: string
}

export function contentRoutes({ ids, pepper }: ContentRouteDeps): Pick<Routes, Names> {
  return {
    ...storedRoutes(pepper),
    listContentPolicies: async ({ db, principal: { organizationId } }) => {
      const all = await selectPolicies(db)
      const own = all.filter((each) => each.organizationId === organizationId)
      return { items: own.map(render), nextCursor: null }
    },
    setContentPolicy: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId: own, apiKeyId: setBy } = principal
      const { projectId = own, ...change } = body
      setTarget(projectId)
      const wanted = { ...change, projectId, organizationId, setBy }
      return render(await setPolicy(db, wanted, { now, ids }))
    },
    getCache: ({ db, principal: { organizationId, projectId: own }, query, now }) =>
      renderCache(db, { projectId: query.projectId ?? own, organizationId }, now),
    purgeCache: async ({ db, principal, body, setTarget }) => {
      const { organizationId, projectId: own } = principal
      const { projectId = own } = body
      setTarget(projectId)
      return { deleted: await purgeCache(db, { projectId, organizationId }, { ids }) }
    },
  }
}

function storedRoutes(
  pepper: string,
): Pick<Routes, 'listStoredContents' | 'getStoredContent' | 'deleteStoredContent'> {
  return {
    listStoredContents: async ({ db, principal, query, now }) => {
      const { organizationId, projectId: own } = principal
      const { projectId = own, cursor, limit } = query
      await requireProject(db, { projectId, organizationId })
      const rows = await selectStored(db, { projectId, cursor, limit, now })
      return {
        items: rows.map(renderStored),
        nextCursor: rows.length === limit ? (rows.at(-1)?.requestId ?? null) : null,
      }
    },
    getStoredContent: async ({ db, principal: { organizationId }, params: { id }, now }) => {
      const reading = { organizationId, requestId: id, now, pepper }
      const { row, content } = await readStored(db, reading)
      return { ...renderStored(row), ...content }
    },
    deleteStoredContent: async ({ db, principal: { organizationId }, params: { id } }) => {
      await removeStored(db, { organizationId, requestId: id })
      return { ok: true as const }
    },
  }
}
