/** Budgets: the most money that may be spent on models in a period. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ApiKeyId,
  BudgetId,
  Done,
  Instant,
  OrganizationId,
  PositiveAmount,
  ProjectId,
  list,
} from './primitives.ts'

/** A calendar period in UTC, weeks from Monday; `total` never ends. */
export const BudgetPeriod = z.enum(['day', 'week', 'month', 'total'])
export type BudgetPeriod = z.infer<typeof BudgetPeriod>

const EndUser = z
  .string()
  .min(1)
  .max(256)
  .meta({ description: 'As requests name them; `*` is each end user by itself.' })

export const Budget = z.object({
  id: BudgetId,
  organizationId: OrganizationId,
  organization: z.string(),
  /** Who may change it: the operator\u2019s stand beside the organization\u2019s own. */
  setBy: z.enum(['operator', 'organization']),
  /** Null: of all together; so for what follows. */
  projectId: ProjectId.nullable(),
  apiKeyId: ApiKeyId.nullable(),
  endUser: EndUser.nullable(),
  period: BudgetPeriod,
  amountUsd: Amount,
  /** Percent of the amount at which an event tells. */
  alerts: z.array(z.number().int()),
  setAt: Instant,
  /** Of the period that runs; so for what follows. */
  startsAt: Instant,
  endsAt: Instant.nullable(),
  /** Of requests that have ended and are posted. */
  spentUsd: Amount,
  /** Set aside for requests that run or come next. */
  heldUsd: Amount,
  /** Null where each end user has its own. */
  leftUsd: Amount.nullable(),
  /** How many end users have spent, where each has its own. */
  endUsers: z.number().int().nullable(),
})
export type Budget = z.infer<typeof Budget>

export const listBudgets = endpoint({
  id: 'budget.list',
  method: 'GET',
  path: '/budgets',
  summary:
    'List the organization\u2019s budgets with what is spent; for the operator all that are set',
  permission: 'budget.list',
  returns: list(Budget),
})

export const setBudget = endpoint({
  id: 'budget.set',
  method: 'POST',
  path: '/budgets',
  summary: 'Set the most that may be spent on models in a period; one for the same is replaced',
  permission: 'budget.set',
  body: z.strictObject({
    /** For the operator; default: the caller\u2019s own. */
    organizationId: OrganizationId.optional(),
    projectId: ProjectId.optional(),
    apiKeyId: ApiKeyId.optional(),
    endUser: EndUser.optional(),
    period: BudgetPeriod.default('month'),
    amountUsd: PositiveAmount,
    alerts: z.array(z.number().int().min(1).max(100)).max(10).default([80, 100]),
  }),
  returns: Budget,
  errors: ['organization.not_found'],
  status: 201,
})

export const deleteBudget = endpoint({
  id: 'budget.delete',
  method: 'DELETE',
  path: '/budgets/{id}',
  summary: 'Delete a budget: what it limited is limited by others only',
  permission: 'budget.set',
  params: z.strictObject({ id: BudgetId }),
  returns: Done,
  errors: ['budget.not_found'],
})
