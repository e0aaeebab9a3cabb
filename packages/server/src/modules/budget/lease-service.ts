/**
 * Leases on budgets: what a gateway may spend of one without asking. Taken before, spent by what is posted from the
 * gateway's journal, ended by its last word in there or when it is dead. In no order of events do leases and what was
 * spent pass the amount.
 */
import { type IdSource, newId } from '#kernel/ids.ts'
import { add, type Money, picos, renderMoney, ZERO } from '#kernel/money.ts'
import type { UsageEvent } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { type BudgetKey, dueAlert } from './budget.ts'
import {
  closeLeases,
  findAvailable,
  findSpent,
  growLease,
  growLeased,
  insertLease,
  noteAlert,
  openPeriod,
  type SpentPeriod,
  spendLeases,
} from './store.ts'

export type LeaseOutcome<Held> =
  | ({ readonly kind: 'held' } & Held)
  | { readonly kind: 'refused'; readonly available: Money }

/** What may still be leased of a period; nothing where the budget is gone. */
export async function availableOf(db: Db, key: BudgetKey): Promise<Money> {
  return (await findAvailable(db, key)) ?? ZERO
}

async function refused(tx: Db, key: BudgetKey): Promise<LeaseOutcome<never>> {
  return { kind: 'refused', available: await availableOf(tx, key) }
}

export async function openLease(
  tx: Db,
  key: BudgetKey,
  { amount, writer, ids }: LeaseRequest,
): Promise<LeaseOutcome<{ readonly leaseId: string }>> {
  await openPeriod(tx, key)
  if (!(await growLeased(tx, key, amount))) return refused(tx, key)
  const leaseId = newId('budgetLease', ids)
  await insertLease(tx, { ...key, id: leaseId, writer, granted: amount })
  return { kind: 'held', leaseId }
}

interface LeaseRequest {
  readonly amount: Money
  /** The gateway process: whoever finds it dead ends its leases. */
  readonly writer: string
  readonly ids: IdSource
}

/** Adds to a lease, or refuses. One that is closed is refused as well. */
export async function raiseLease(
  tx: Db,
  { leaseId, key, by }: { readonly leaseId: string; readonly key: BudgetKey; readonly by: Money },
): Promise<LeaseOutcome<object>> {
  if ((await growLease(tx, leaseId, by)) === null) return refused(tx, key)
  if (await growLeased(tx, key, by)) return { kind: 'held' }
  await growLease(tx, leaseId, picos(-by))
  return refused(tx, key)
}

/** Enters what newly posted requests cost, and tells whom it concerns when that passes an alert. */
export async function spendBudgets(
  tx: Db,
  events: readonly UsageEvent[],
  now: Date,
): Promise<void> {
  const costs = new Map<string, Money>()
  for (const { budgets } of events)
    for (const id of budgets?.leaseIds ?? [])
      costs.set(id, add(costs.get(id) ?? ZERO, budgets?.cost ?? ZERO))
  if (costs.size === 0) return
  await spendLeases(tx, costs)
  for (const period of await findSpent(tx, [...costs.keys()])) await alert(tx, period, now)
}

async function alert(tx: Db, period: SpentPeriod, now: Date): Promise<void> {
  const percent = dueAlert(period, period)
  if (percent === null || !(await noteAlert(tx, period, percent))) return
  const { budgetId, organizationId, subject, startsAt, spent, amount } = period
  const [spentUsd, amountUsd] = [renderMoney(spent), renderMoney(amount)]
  const whose = subject === '' ? '' : ` of ${subject}`
  await emitEvent(tx, {
    ...{ at: now, type: 'budget.alerted', organizationId, subject: budgetId },
    data: {
      ...{ percent, spentUsd, amountUsd, endUser: subject || null },
      startsAt: startsAt.toISOString(),
      text: `${percent} % of the budget${whose} is spent: ${spentUsd} of ${amountUsd} USD.`,
    },
  })
}

/** Ends these leases, or all of a gateway that is dead. */
export async function endLeases(
  tx: Db,
  which: { readonly ids: readonly string[] } | { readonly writer: string },
): Promise<void> {
  if ('ids' in which && which.ids.length === 0) return
  await closeLeases(tx, which)
}
