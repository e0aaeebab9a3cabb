/** Sets rate limits and deletes them. An organization changes its own, the operator its own of any; neither the other's. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { findFirstKeyId, hasProject, listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { RateLimit } from './rate.ts'
import { findLimit, removeLimit, upsertLimit } from './store.ts'

export type RateSetting = Omit<RateLimit, 'id' | 'setAt'>

function wrong(field: string, message: string): Fault {
  return new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

/** Requires that all of it is of the organization; the key that it names, or the first of those that it succeeds. */
async function requireOwner(
  tx: Db,
  { organizationId, projectId, apiKeyId }: RateSetting,
): Promise<string | null> {
  if (organizationId === null) {
    if (projectId !== null) throw wrong('body.projectId', 'needs the organization that it is of')
    if (apiKeyId !== null) throw wrong('body.apiKeyId', 'needs the organization that it is of')
    return null
  }
  if ((await listOrganizations(tx)).every(({ id }) => id !== organizationId))
    throw new Fault('organization.not_found', `There is no organization ${organizationId}.`)
  if (projectId !== null && !(await hasProject(tx, { id: projectId, organizationId })))
    throw wrong('body.projectId', 'is no project of the organization')
  if (apiKeyId === null) return null
  const firstKeyId = await findFirstKeyId(tx, { id: apiKeyId, organizationId })
  if (firstKeyId === null) throw wrong('body.apiKeyId', 'is no key of the organization')
  return firstKeyId
}

export async function setRateLimit(
  tx: Db,
  setting: RateSetting,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<RateLimit> {
  const { requestsPerMinute, tokensPerMinute, concurrency } = setting
  if (requestsPerMinute === null && tokensPerMinute === null && concurrency === null)
    throw wrong('body', 'must limit requests, tokens or requests at once')
  const apiKeyId = await requireOwner(tx, setting)
  const limit = await upsertLimit(tx, {
    ...setting,
    apiKeyId,
    id: newId('rateLimit', ids),
    setAt: now,
  })
  await tell(tx, limit, { type: 'rate_limit.set', now })
  return limit
}

/** Another's limit and a missing one are the same to an organization; the operator's it sees and keeps. */
export async function deleteRateLimit(
  tx: Db,
  { id, organizationId, setBy }: Pick<RateLimit, 'id' | 'organizationId' | 'setBy'>,
  now: Date,
): Promise<void> {
  const limit = await findLimit(tx, id)
  const isSeen =
    setBy === 'operator' ||
    limit?.organizationId === organizationId ||
    limit?.organizationId === null
  if (limit === null || !isSeen)
    throw new Fault('rate_limit.not_found', `There is no rate limit ${id}.`)
  if (limit.setBy !== setBy)
    throw new Fault('permission.denied', `This rate limit is the ${limit.setBy}\u2019s to change.`)
  await removeLimit(tx, id)
  await tell(tx, limit, { type: 'rate_limit.deleted', now })
}

async function tell(
  tx: Db,
  { id, organizationId }: RateLimit,
  { type, now }: { readonly type: string; readonly now: Date },
): Promise<void> {
  await emitEvent(tx, { at: now, type, organizationId, subject: id })
}
