/** Sets quotas, and decides what buyers ask of more. A lower quota takes nothing away: what is open stays open. */
import type { Tier } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { findPool } from '#modules/fleet/index.ts'
import { hasProject, listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { type Quota, renderScope } from './quota.ts'
import { closeRequest, insertRequest, lockRequest, type QuotaRequest } from './request-store.ts'
import { removeQuota, upsertQuota } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

interface AskedScope {
  readonly pool?: string | undefined
  readonly accelerator?: string | undefined
  readonly tier?: Tier | undefined
}

export interface QuotaSetting extends AskedScope {
  readonly organizationId?: string | undefined
  readonly projectId?: string | undefined
  readonly gpus: number
}

export function noOrganization(id: string): Fault {
  return new Fault('organization.not_found', `There is no organization ${id}.`)
}

export async function requireOrganization(db: Db, id: string): Promise<void> {
  if ((await listOrganizations(db)).every((each) => each.id !== id)) throw noOrganization(id)
}

async function requirePool(db: Db, pool: string | undefined): Promise<void> {
  if (pool !== undefined && (await findPool(db, pool)) === null)
    throw new Fault('pool.not_found', `There is no pool ${pool}.`)
}

async function requireProject(
  tx: Db,
  { organizationId, projectId: id }: Pick<QuotaSetting, 'organizationId' | 'projectId'>,
) {
  if (id === undefined) return
  if (organizationId !== undefined && (await hasProject(tx, { id, organizationId }))) return
  const [field, message] = ['body.projectId', 'is no project of the organization']
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

function scopeOf({ pool = null, accelerator = null, tier = null }: NullableScope) {
  return { pool, accelerator, tier }
}

type NullableScope = { readonly [Name in keyof AskedScope]: AskedScope[Name] | null }

async function tell(
  tx: Db,
  { organizationId, subject }: { readonly organizationId: string | null; readonly subject: string },
  { type, text, now }: { readonly type: string; readonly text: string; readonly now: Date },
): Promise<void> {
  if (organizationId === null) return
  await emitEvent(tx, { at: now, type, organizationId, subject, data: { text } })
}

function renderSet({ gpus, ...quota }: Quota): string {
  const where = renderScope(quota)
  return `At most ${gpus} GPUs${where === '' ? '' : ` ${where}`} at once.`
}

export async function setQuota(
  tx: Db,
  setting: QuotaSetting,
  { now, ids }: Context,
): Promise<Quota> {
  const { organizationId, projectId, gpus } = setting
  if (organizationId !== undefined) await requireOrganization(tx, organizationId)
  await requireProject(tx, setting)
  await requirePool(tx, setting.pool)
  const quota = await upsertQuota(tx, {
    ...{ id: newId('quota', ids), organizationId: organizationId ?? null },
    ...{ projectId: projectId ?? null, ...scopeOf(setting), gpus, setAt: now },
  })
  const whose = { organizationId: quota.organizationId, subject: quota.id }
  await tell(tx, whose, { type: 'quota.set', text: renderSet(quota), now })
  return quota
}

export async function deleteQuota(tx: Db, id: string, now: Date): Promise<void> {
  const quota = await removeQuota(tx, id)
  if (quota === null) throw new Fault('quota.not_found', `There is no quota ${id}.`)
  const whose = { organizationId: quota.organizationId, subject: id }
  await tell(tx, whose, { type: 'quota.deleted', text: 'This limit is gone.', now })
}

export async function requestQuota(
  tx: Db,
  asked: AskedScope & {
    readonly organizationId: string
    readonly projectId?: string | undefined
    readonly gpus: number
    readonly reason: string
  },
  { now, ids }: Context,
): Promise<QuotaRequest> {
  await requireProject(tx, asked)
  await requirePool(tx, asked.pool)
  const { organizationId, projectId = null, gpus, reason } = asked
  const request: QuotaRequest = {
    ...{ id: newId('quotaRequest', ids), organizationId, projectId, ...scopeOf(asked) },
    ...{ gpus, reason },
    ...{ state: 'open', createdAt: now, decidedAt: null, answer: null, grantedGpus: null },
  }
  await insertRequest(tx, request)
  const whose = { organizationId, subject: request.id }
  const text = `Asked for ${gpus} GPUs: ${reason}`
  await tell(tx, whose, { type: 'quota_request.created', text, now })
  return request
}

export interface QuotaDecision {
  readonly id: string
  readonly decision: 'grant' | 'decline'
  readonly gpus?: number | undefined
  readonly answer?: string | undefined
}

/** Granted, it is the organization's quota for what was asked, at once. */
export async function decideRequest(
  tx: Db,
  { id, decision, gpus, answer = '' }: QuotaDecision,
  context: Context,
): Promise<QuotaRequest> {
  const request = await lockRequest(tx, id)
  if (request === null) throw new Fault('quota_request.not_found', `There is no request ${id}.`)
  if (request.state !== 'open')
    throw new Fault('quota_request.decided', `This request was ${request.state} already.`)
  const isGranted = decision === 'grant'
  const grantedGpus = isGranted ? (gpus ?? request.gpus) : null
  const closing = {
    ...{ state: isGranted ? ('granted' as const) : ('declined' as const), grantedGpus },
    ...{ decidedAt: context.now, answer },
  }
  await closeRequest(tx, id, closing)
  const { organizationId, projectId, pool, accelerator, tier } = request
  if (grantedGpus !== null) {
    const scope = {
      projectId: projectId ?? undefined,
      pool: pool ?? undefined,
      accelerator: accelerator ?? undefined,
      tier: tier ?? undefined,
    }
    await setQuota(tx, { organizationId, ...scope, gpus: grantedGpus }, context)
  }
  const whose = { organizationId, subject: id }
  const text = isGranted ? `Granted ${grantedGpus} GPUs. ${answer}` : `Declined. ${answer}`
  await tell(tx, whose, {
    type: `quota_request.${closing.state}`,
    text: text.trim(),
    now: context.now,
  })
  return { ...request, ...closing }
}
