/**
 * Which budgets a request counts against, and which period of each. Pure.
 *
 * All that cover a request hold for it. A budget of each end user gives way to one of a particular end user for the
 * same; requests that name nobody share one.
 */
import type { Money } from '#kernel/money.ts'

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'
export type BudgetSetter = 'operator' | 'organization'

/** Stands for each end user by itself. */
export const EACH_END_USER = '*'

export interface Budget {
  readonly id: string
  readonly organizationId: string
  /** Null: of all together; so for what follows. */
  readonly projectId: string | null
  readonly apiKeyId: string | null
  /** `*`: of each by itself. */
  readonly endUser: string | null
  readonly period: BudgetPeriod
  readonly setBy: BudgetSetter
  readonly amount: Money
  readonly alerts: readonly number[]
  readonly setAt: Date
}

export interface Spender {
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  /** As the request names it; null: it names nobody. */
  readonly endUser: string | null
}

/** One purse: a period of a budget, of one end user where each has its own. */
export interface BudgetKey {
  readonly budgetId: string
  readonly startsAt: Date
  /** Empty where it is not of one end user. */
  readonly subject: string
}

const DAY_MS = 86_400_000
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const MONDAY_MS = 4 * DAY_MS

/** The period that an instant is in, in UTC. `endsAt` is null where it never ends. */
export function periodOf(
  period: BudgetPeriod,
  at: Date,
): { readonly startsAt: Date; readonly endsAt: Date | null } {
  const ms = at.getTime()
  switch (period) {
    case 'day': {
      const start = Math.floor(ms / DAY_MS) * DAY_MS
      return { startsAt: new Date(start), endsAt: new Date(start + DAY_MS) }
    }
    case 'week': {
      const week = 7 * DAY_MS
      const start = Math.floor((ms - MONDAY_MS) / week) * week + MONDAY_MS
      return { startsAt: new Date(start), endsAt: new Date(start + week) }
    }
    case 'month': {
      const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
      return {
        startsAt: new Date(Date.UTC(year, month)),
        endsAt: new Date(Date.UTC(year, month + 1)),
      }
    }
    case 'total':
      return { startsAt: new Date(0), endsAt: null }
  }
}

function isSameFor(a: Budget, b: Budget): boolean {
  return (
    a.projectId === b.projectId &&
    a.apiKeyId === b.apiKeyId &&
    a.period === b.period &&
    a.setBy === b.setBy
  )
}

function covers(budget: Budget, { organizationId, projectId, apiKeyId, endUser }: Spender) {
  return (
    budget.organizationId === organizationId &&
    (budget.projectId === null || budget.projectId === projectId) &&
    (budget.apiKeyId === null || budget.apiKeyId === apiKeyId) &&
    (budget.endUser === null || budget.endUser === EACH_END_USER || budget.endUser === endUser)
  )
}

/** The budgets that hold for a request, those that were set first before others. */
export function inForce(budgets: readonly Budget[], spender: Spender): readonly Budget[] {
  const found = budgets.filter((budget) => covers(budget, spender))
  const own = found.filter(({ endUser }) => endUser !== null && endUser !== EACH_END_USER)
  return found.filter(
    (budget) => budget.endUser !== EACH_END_USER || !own.some((each) => isSameFor(each, budget)),
  )
}

/** The purse that pays for a request at an instant. */
export function keyOf(budget: Budget, endUser: string | null, at: Date): BudgetKey {
  const { startsAt } = periodOf(budget.period, at)
  const isOfOne = budget.endUser !== null
  return { budgetId: budget.id, startsAt, subject: isOfOne ? (endUser ?? '') : '' }
}

/** The highest alert that spending has come to and that was not told yet; null where there is none. */
export function dueAlert(
  { amount, alerts }: Pick<Budget, 'amount' | 'alerts'>,
  { spent, alerted }: { readonly spent: Money; readonly alerted: number },
): number | null {
  const due = alerts.filter(
    (percent) => percent > alerted && spent * 100n >= amount * BigInt(percent),
  )
  return due.length === 0 ? null : Math.max(...due)
}
