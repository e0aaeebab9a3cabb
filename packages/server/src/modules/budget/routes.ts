/** Budgets over HTTP. An organization sets its own beside those that the operator set for it. */
import type { Budget as BudgetAnswer } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { greatest, money, renderMoney, subtract, ZERO } from '#kernel/money.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { type Budget, EACH_END_USER, periodOf } from './budget.ts'
import { deleteBudget, setBudget } from './change-service.ts'
import { type BudgetUse, selectBudgets, sumUse } from './store.ts'

type Names = 'listBudgets' | 'setBudget' | 'deleteBudget'

const UNUSED: BudgetUse = { spent: ZERO, held: ZERO, endUsers: 0 }

function renderUse(budget: Budget, { spent, held, endUsers }: BudgetUse) {
  const isOfEach = budget.endUser === EACH_END_USER
  const left = greatest(ZERO, subtract(subtract(budget.amount, spent), held))
  return {
    ...{ spentUsd: renderMoney(spent), heldUsd: renderMoney(held) },
    leftUsd: isOfEach ? null : renderMoney(left),
    endUsers: isOfEach ? endUsers : null,
  }
}

async function renderBudgets(
  db: Db,
  budgets: readonly Budget[],
  now: Date,
): Promise<BudgetAnswer[]> {
  if (budgets.length === 0) return []
  const names = new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
  const periods = budgets.map(({ id, period }) => ({ budgetId: id, ...periodOf(period, now) }))
  const uses = await sumUse(db, periods)
  return budgets.map((budget, index) => ({
    ...{ id: budget.id, organizationId: budget.organizationId, setBy: budget.setBy },
    organization: names.get(budget.organizationId) ?? '',
    ...{ projectId: budget.projectId, apiKeyId: budget.apiKeyId, endUser: budget.endUser },
    ...{ period: budget.period, amountUsd: renderMoney(budget.amount), alerts: [...budget.alerts] },
    setAt: budget.setAt.toISOString(),
    startsAt: periods[index]?.startsAt.toISOString() ?? '',
    endsAt: periods[index]?.endsAt?.toISOString() ?? null,
    ...renderUse(budget, uses.get(budget.id) ?? UNUSED),
  }))
}

export function budgetRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listBudgets: async ({ db, principal, now }) => {
      const isOperator = principal.role === 'operator'
      const budgets = await selectBudgets(db, isOperator ? undefined : principal.organizationId)
      return { items: await renderBudgets(db, budgets, now), nextCursor: null }
    },
    setBudget: async ({ db, principal, body, now, setTarget }) => {
      const isOperator = principal.role === 'operator'
      const own = principal.organizationId
      const setting = {
        organizationId: isOperator ? (body.organizationId ?? own) : own,
        setBy: isOperator ? ('operator' as const) : ('organization' as const),
        ...{ projectId: body.projectId ?? null, apiKeyId: body.apiKeyId ?? null },
        ...{ endUser: body.endUser ?? null, period: body.period, alerts: body.alerts },
        amount: money(body.amountUsd),
      }
      if (body.organizationId !== undefined && body.organizationId !== setting.organizationId)
        throw otherOrganization(body.organizationId)
      const budget = await setBudget(db, setting, { now, ids })
      setTarget(budget.id)
      const [rendered] = await renderBudgets(db, [budget], now)
      return present(rendered, 'the budget that was rendered')
    },
    deleteBudget: async ({ db, principal, params, now }) => {
      const setBy = principal.role === 'operator' ? 'operator' : 'organization'
      const { organizationId } = principal
      await deleteBudget(db, { id: params.id, organizationId, setBy }, now)
      return { ok: true as const }
    },
  }
}

/** Another organization and a missing one are the same to a buyer. */
function otherOrganization(id: string): Fault {
  return new Fault('organization.not_found', `There is no organization ${id}.`)
}
