/** Sets what a project lets be kept, and empties its cache. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { hasProject } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { CACHE_DAYS_KEPT_MS } from '../../limits.ts'
import { deleteCached, deleteDaysBefore } from './cache-store.ts'
import { lockPolicy, upsertPolicy } from './policy-store.ts'
import { type CacheMode, type ContentPolicy, DEFAULT_CACHE_TTL_S } from './policy.ts'
import { deleteStored, shortenStored } from './stored-store.ts'

export interface Owner {
  readonly projectId: string
  readonly organizationId: string
}

export interface PolicyChange extends Owner {
  readonly cache?: CacheMode | undefined
  readonly cacheTtlSeconds?: number | undefined
  readonly isSampledCached?: boolean | undefined
  /** Null: nothing is stored any more. */
  readonly storedDays?: number | null | undefined
  readonly setBy: string
}

export interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** Throws `project.not_found`, for another organization's as well. */
export async function requireProject(db: Db, { projectId, organizationId }: Owner): Promise<void> {
  if (!(await hasProject(db, { id: projectId, organizationId })))
    throw new Fault('project.not_found', `There is no project ${projectId}.`)
}

/** Where the cache is changed it starts anew; what is stored longer than is now wanted goes. */
export async function setPolicy(
  tx: Db,
  { cacheTtlSeconds, storedDays, ...change }: PolicyChange,
  { now, ids }: Context,
): Promise<ContentPolicy> {
  const { projectId, organizationId, setBy } = change
  await requireProject(tx, change)
  const before = await lockPolicy(tx, projectId)
  const isAnew = [change.cache, change.isSampledCached, cacheTtlSeconds].some(
    (each) => each !== undefined,
  )
  const policy: ContentPolicy = {
    ...{ projectId, organizationId, setBy, setAt: now },
    generation: isAnew || before === null ? renderUuid(uuidBytes(ids)) : before.generation,
    cache: change.cache ?? before?.cache ?? 'off',
    cacheTtlS: cacheTtlSeconds ?? before?.cacheTtlS ?? DEFAULT_CACHE_TTL_S,
    isSampledCached: change.isSampledCached ?? before?.isSampledCached ?? false,
    storedDays: storedDays === undefined ? (before?.storedDays ?? null) : storedDays,
  }
  await upsertPolicy(tx, policy)
  if (isAnew) await deleteCached(tx, { projectId })
  const { storedDays: days } = policy
  if (days === null) await deleteStored(tx, { projectId })
  else await shortenStored(tx, { projectId, days })
  return policy
}

/** How many answers were deleted. What is being made meanwhile is of before, and is not kept. */
export async function purgeCache(
  tx: Db,
  owner: Owner,
  { ids }: Pick<Context, 'ids'>,
): Promise<number> {
  await requireProject(tx, owner)
  const policy = await lockPolicy(tx, owner.projectId)
  if (policy === null) return 0
  await upsertPolicy(tx, { ...policy, generation: renderUuid(uuidBytes(ids)) })
  return deleteCached(tx, { projectId: owner.projectId })
}

export async function deleteOldContent(db: Db, now: Date): Promise<void> {
  await deleteCached(db, { expiredAt: now })
  await deleteStored(db, { expiredAt: now })
  await deleteDaysBefore(db, new Date(now.getTime() - CACHE_DAYS_KEPT_MS))
}
