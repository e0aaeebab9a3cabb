/** Sets budgets and deletes them. An organization changes its own, the operator its own of any; neither the other's. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { findFirstKeyId, hasProject, listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { Budget } from './budget.ts'
import { findBudget, removeBudget, upsertBudget } from './store.ts'

export type BudgetSetting = Omit<Budget, 'id' | 'setAt'>

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

function wrong(field: string, message: string): Fault {
  return new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

export async function requireOrganization(db: Db, id: string): Promise<void> {
  if ((await listOrganizations(db)).every((each) => each.id !== id))
    throw new Fault('organization.not_found', `There is no organization ${id}.`)
}

export async function setBudget(
  tx: Db,
  setting: BudgetSetting,
  { now, ids }: Context,
): Promise<Budget> {
  const { organizationId, projectId, apiKeyId } = setting
  await requireOrganization(tx, organizationId)
  if (projectId !== null && !(await hasProject(tx, { id: projectId, organizationId })))
    throw wrong('body.projectId', 'is no project of the organization')
  const firstKeyId =
    apiKeyId === null ? null : await findFirstKeyId(tx, { id: apiKeyId, organizationId })
  if (firstKeyId === null && apiKeyId !== null)
    throw wrong('body.apiKeyId', 'is no key of the organization')
  const alerts = [...new Set(setting.alerts)].toSorted((a, b) => a - b)
  const budget = await upsertBudget(tx, {
    ...setting,
    apiKeyId: firstKeyId,
    alerts,
    ...{ id: newId('budget', ids), setAt: now },
  })
  await tell(tx, budget, { type: 'budget.set', now })
  return budget
}

/** Another's budget and a missing one are the same to an organization; the operator's it sees and keeps. */
export async function deleteBudget(
  tx: Db,
  { id, organizationId, setBy }: Pick<Budget, 'id' | 'organizationId' | 'setBy'>,
  now: Date,
): Promise<void> {
  const budget = await findBudget(tx, id)
  const isSeen = setBy === 'operator' || budget?.organizationId === organizationId
  if (budget === null || !isSeen) throw new Fault('budget.not_found', `There is no budget ${id}.`)
  if (budget.setBy !== setBy)
    throw new Fault('permission.denied', `This budget is the ${budget.setBy}\u2019s to change.`)
  await removeBudget(tx, id)
  await tell(tx, budget, { type: 'budget.deleted', now })
}

async function tell(
  tx: Db,
  { id, organizationId }: Budget,
  { type, now }: { readonly type: string; readonly now: Date },
): Promise<void> {
  await emitEvent(tx, { at: now, type, organizationId, subject: id })
}
