/** SQL of budgets, their periods and the leases on them. Leases are locked before periods, each kind in one order. */
import { type Selectable, sql } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Budget, BudgetKey, BudgetPeriod, BudgetSetter } from './budget.ts'

function toBudget(row: Selectable<Schema['budget']>): Budget {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    endUser: row.end_user,
    period: row.period as BudgetPeriod,
    setBy: row.set_by as BudgetSetter,
    amount: money(row.amount),
    alerts: row.alerts,
    setAt: row.set_at,
  }
}

/** Sets a budget; one for the same is replaced, keeps its id and what is spent of it. */
export async function upsertBudget(tx: Db, budget: Budget): Promise<Budget> {
  const changed = {
    amount: renderMoney(budget.amount),
    alerts: [...budget.alerts],
    set_at: budget.setAt,
  }
  const row = await tx
    .insertInto('budget')
    .values({
      id: budget.id,
      organization_id: budget.organizationId,
      project_id: budget.projectId,
      api_key_id: budget.apiKeyId,
      end_user: budget.endUser,
      period: budget.period,
      set_by: budget.setBy,
      ...changed,
    })
    .onConflict((conflict) => conflict.constraint('budget_once').doUpdateSet(changed))
    .returningAll()
    .executeTakeFirstOrThrow()
  return toBudget(row)
}

export async function findBudget(db: Db, id: string): Promise<Budget | null> {
  const row = await db.selectFrom('budget').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toBudget(row)
}

export async function removeBudget(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('budget').where('id', '=', id).execute()
}

/** In the order in which they were set; of all organizations where none is named. */
export async function selectBudgets(db: Db, organizationId?: string): Promise<readonly Budget[]> {
  const all = db.selectFrom('budget').selectAll().orderBy('set_at').orderBy('id')
  const query =
    organizationId === undefined ? all : all.where('organization_id', '=', organizationId)
  return (await query.execute()).map(toBudget)
}

export interface BudgetUse {
  readonly spent: Money
  /** Set aside for requests that run or may come, beyond what is spent. */
  readonly held: Money
  readonly endUsers: number
}

/** What is spent of the periods that began at these instants, by budget; those of which nothing is are absent. */
export async function sumUse(
  db: Db,
  periods: readonly { readonly budgetId: string; readonly startsAt: Date }[],
): Promise<ReadonlyMap<string, BudgetUse>> {
  const { rows } = await sql<{ id: string; spent: string; held: string; subjects: string }>`
    WITH asked AS (
      SELECT * FROM unnest(
        ${arrayText(periods.map(({ budgetId }) => budgetId))}::text[],
        ${arrayText(periods.map(({ startsAt }) => startsAt.toISOString()))}::timestamptz[]
      ) AS t (budget_id, starts_at)
    ), running AS (
      SELECT budget_id, sum(spent) AS spent FROM budget_lease JOIN asked USING (budget_id, starts_at)
      GROUP BY budget_id
    )
    SELECT budget_id AS id, count(*)::text AS subjects,
      (sum(budget_period.spent) + coalesce(max(running.spent), 0))::text AS spent,
      greatest(sum(leased) - coalesce(max(running.spent), 0), 0)::text AS held
    FROM budget_period JOIN asked USING (budget_id, starts_at) LEFT JOIN running USING (budget_id)
    GROUP BY budget_id`.execute(db)
  return new Map(
    rows.map(({ id, spent, held, subjects }) => [
      id,
      { spent: money(spent), held: money(held), endUsers: Number(subjects) },
    ]),
  )
}

/** What may still be leased; null: there is no such budget any more. */
export async function findAvailable(db: Db, key: BudgetKey): Promise<Money | null> {
  const { rows } = await sql<{ available: string }>`
    SELECT greatest(amount - coalesce(leased + spent, 0), 0)::text AS available
    FROM budget LEFT JOIN budget_period ON budget_id = id
      AND starts_at = ${key.startsAt} AND subject = ${key.subject}
    WHERE id = ${key.budgetId}`.execute(db)
  const [row] = rows
  return row === undefined ? null : money(row.available)
}

/** Makes the period's row where it is missing, unless there is no such budget any more. */
export async function openPeriod(
  tx: Db,
  { budgetId, startsAt, subject }: BudgetKey,
): Promise<void> {
  await sql`
    INSERT INTO budget_period (budget_id, subject, starts_at)
    SELECT id, ${subject}, ${startsAt} FROM budget WHERE id = ${budgetId}
    ON CONFLICT DO NOTHING`.execute(tx)
}

/** Adds to what is leased of a period, if the amount allows it. Two at once come one after the other. */
export async function growLeased(tx: Db, key: BudgetKey, by: Money): Promise<boolean> {
  const { rows } = await sql`
    UPDATE budget_period SET leased = leased + ${renderMoney(by)}::numeric
    FROM budget
    WHERE budget.id = budget_id AND budget_id = ${key.budgetId} AND starts_at = ${key.startsAt}
      AND subject = ${key.subject} AND leased + spent + ${renderMoney(by)}::numeric <= amount
    RETURNING 1`.execute(tx)
  return rows.length === 1
}

export async function insertLease(
  tx: Db,
  lease: BudgetKey & { readonly id: string; readonly writer: string; readonly granted: Money },
): Promise<void> {
  await tx
    .insertInto('budget_lease')
    .values({
      id: lease.id,
      budget_id: lease.budgetId,
      subject: lease.subject,
      starts_at: lease.startsAt,
      writer: lease.writer,
      granted: renderMoney(lease.granted),
    })
    .execute()
}

/** Adds to a lease, and locks it. Null: it is closed. */
export async function growLease(tx: Db, id: string, by: Money): Promise<BudgetKey | null> {
  const { rows } = await sql<{ budget_id: string; starts_at: Date; subject: string }>`
    UPDATE budget_lease SET granted = granted + ${renderMoney(by)}::numeric WHERE id = ${id}
    RETURNING budget_id, starts_at, subject`.execute(tx)
  const [row] = rows
  return row === undefined
    ? null
    : { budgetId: row.budget_id, startsAt: row.starts_at, subject: row.subject }
}

/** Adds costs to leases; those that are closed are left alone. */
export async function spendLeases(tx: Db, costs: ReadonlyMap<string, Money>): Promise<void> {
  const sorted = [...costs].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const ids = sorted.map(([id]) => id)
  await sql`SELECT 1 FROM budget_lease WHERE id = ANY (${arrayText(ids)}::text[]) ORDER BY id FOR UPDATE`.execute(
    tx,
  )
  await sql`
    UPDATE budget_lease SET spent = spent + t.cost
    FROM unnest(
      ${arrayText(ids)}::text[],
      ${arrayText(sorted.map(([, cost]) => renderMoney(cost)))}::numeric[]
    ) AS t (id, cost)
    WHERE budget_lease.id = t.id`.execute(tx)
}

/** Ends leases: what they spent stays spent, what they did not is to be had again. */
export async function closeLeases(
  tx: Db,
  which: { readonly ids: readonly string[] } | { readonly writer: string },
): Promise<void> {
  const chosen =
    'ids' in which ? sql`id = ANY (${arrayText(which.ids)}::text[])` : sql`writer = ${which.writer}`
  await sql`
    WITH gone AS (
      DELETE FROM budget_lease WHERE id IN (
        SELECT id FROM budget_lease WHERE ${chosen} ORDER BY id FOR UPDATE
      ) RETURNING budget_id, starts_at, subject, granted, spent
    ), total AS (
      SELECT budget_id, starts_at, subject, sum(granted) AS granted, sum(spent) AS spent FROM gone
      GROUP BY budget_id, starts_at, subject
    ), locked AS (
      SELECT budget_id, starts_at, subject FROM budget_period JOIN total USING (budget_id, starts_at, subject)
      ORDER BY budget_id, starts_at, subject FOR UPDATE OF budget_period
    )
    UPDATE budget_period SET leased = leased - total.granted, spent = budget_period.spent + total.spent
    FROM total JOIN locked USING (budget_id, starts_at, subject)
    WHERE budget_period.budget_id = total.budget_id AND budget_period.starts_at = total.starts_at
      AND budget_period.subject = total.subject`.execute(tx)
}

export interface SpentPeriod extends BudgetKey {
  readonly organizationId: string
  readonly amount: Money
  readonly alerts: readonly number[]
  readonly spent: Money
  readonly alerted: number
}

/** The periods of these leases with what is spent of each, where an alert could be due. */
export async function findSpent(
  db: Db,
  leaseIds: readonly string[],
): Promise<readonly SpentPeriod[]> {
  const { rows } = await sql<{
    budget_id: string
    starts_at: Date
    subject: string
    organization_id: string
    amount: string
    alerts: number[]
    spent: string
    alerted: number
  }>`
    SELECT p.budget_id, p.starts_at, p.subject, organization_id, amount::text, alerts, alerted,
      (p.spent + (SELECT coalesce(sum(l.spent), 0) FROM budget_lease l
        WHERE (l.budget_id, l.starts_at, l.subject) = (p.budget_id, p.starts_at, p.subject)))::text AS spent
    FROM budget_period p JOIN budget b ON b.id = p.budget_id
    WHERE (p.budget_id, p.starts_at, p.subject) IN (
      SELECT budget_id, starts_at, subject FROM budget_lease WHERE id = ANY (${arrayText(leaseIds)}::text[])
    ) AND alerted < ALL (SELECT max(percent) FROM unnest(alerts) AS percent)`.execute(db)
  return rows.map((row) => ({
    ...{ budgetId: row.budget_id, startsAt: row.starts_at, subject: row.subject },
    ...{ organizationId: row.organization_id, amount: money(row.amount), alerts: row.alerts },
    ...{ spent: money(row.spent), alerted: row.alerted },
  }))
}

/** Notes that an alert was told. False: another was quicker. */
export async function noteAlert(tx: Db, key: BudgetKey, percent: number): Promise<boolean> {
  const { rows } = await sql`
    UPDATE budget_period SET alerted = ${percent}
    WHERE budget_id = ${key.budgetId} AND starts_at = ${key.startsAt} AND subject = ${key.subject}
      AND alerted < ${percent} RETURNING 1`.execute(tx)
  return rows.length === 1
}
