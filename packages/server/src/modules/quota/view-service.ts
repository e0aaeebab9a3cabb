/** Renders quotas with what counts against them, and what was asked of more. */
import type { Quota as QuotaAnswer, QuotaRequest as RequestAnswer } from '@spillway/contract'
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Part, type Quota, type Standing, usedOf } from './quota.ts'
import type { QuotaRequest } from './request-store.ts'
import { readStandings } from './service.ts'
import { selectQuotas } from './store.ts'

async function namesOf(db: Db): Promise<ReadonlyMap<string, string>> {
  return new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
}

function renderUse(quota: Quota, standing: Standing) {
  const of = (part: Part) => usedOf(quota, standing, [part])
  const gpus = usedOf(quota, standing)
  return {
    ...{ held: of('held'), waiting: of('waiting'), ordered: of('ordered'), quoted: of('quoted') },
    ...{ gpus, gpusLeft: Math.max(0, quota.gpus - gpus) },
  }
}

function render(
  quota: Quota,
  { names, standing }: { names: ReadonlyMap<string, string>; standing: Standing | undefined },
): QuotaAnswer {
  const { id, organizationId, projectId, pool, accelerator, tier, gpus } = quota
  return {
    ...{ id, organizationId, projectId, pool, accelerator, tier, gpus },
    organization: organizationId === null ? null : (names.get(organizationId) ?? ''),
    use: standing === undefined ? null : renderUse(quota, standing),
    setAt: quota.setAt.toISOString(),
  }
}

/** The quotas that hold for an organization. */
export async function listInForce(
  db: Db,
  organizationId: string,
  now: Date,
): Promise<QuotaAnswer[]> {
  const standing = (await readStandings(db, [organizationId], { now })).get(organizationId)
  if (standing === undefined) return []
  const names = await namesOf(db)
  return standing.quotas.map((quota) => render(quota, { names, standing }))
}

/** All that are set; use is told of those that are somebody's. */
export async function listSet(db: Db, now: Date): Promise<QuotaAnswer[]> {
  const quotas = await selectQuotas(db)
  const ids = quotas.flatMap(({ organizationId }) => organizationId ?? [])
  const standings = await readStandings(db, ids, { now })
  const names = await namesOf(db)
  return quotas.map((quota) =>
    render(quota, { names, standing: standings.get(quota.organizationId ?? '') }),
  )
}

/** One of them, as it is now. */
export async function renderQuota(db: Db, quota: Quota, now: Date): Promise<QuotaAnswer> {
  const { organizationId } = quota
  const ids = organizationId === null ? [] : [organizationId]
  const standings = await readStandings(db, ids, { now })
  return render(quota, {
    names: await namesOf(db),
    standing: organizationId === null ? undefined : standings.get(organizationId),
  })
}

export async function renderRequests(
  db: Db,
  requests: readonly QuotaRequest[],
): Promise<RequestAnswer[]> {
  const names = await namesOf(db)
  return requests.map(({ createdAt, decidedAt, ...request }) => ({
    ...request,
    organization: names.get(request.organizationId) ?? '',
    createdAt: createdAt.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
  }))
}
