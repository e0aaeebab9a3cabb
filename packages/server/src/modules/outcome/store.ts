/** SQL of attempts of tasks, and of what was reported of them. */
import { type Selectable, sql } from 'kysely'
import { money, renderMoney, type Money } from '#kernel/money.ts'
import type { TaskedUsage } from '#modules/metering/index.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Outcome, Report } from './outcome.ts'
import type { TaskedHour } from './reconciliation.ts'

/** Each has the id of its usage event, which is posted once. */
export async function insertAttempts(tx: Db, tasked: readonly TaskedUsage[]): Promise<void> {
  const events = tasked.map(({ event }) => event)
  const tasks = tasked.map(({ task }) => task)
  const tokens = events.map(({ lines }) => lines.reduce((sum, { quantity }) => sum + quantity, 0n))
  await sql`
    INSERT INTO task_attempt (id, organization_id, project_id, task_id, asked, model, route_version,
      tries, tokens, amount, from_at, to_at)
    SELECT * FROM unnest(
      ${arrayText(events.map(({ id }) => id))}::uuid[],
      ${arrayText(events.map(({ organizationId }) => organizationId))}::text[],
      ${arrayText(events.map(({ projectId }) => projectId))}::text[],
      ${arrayText(tasks.map(({ id }) => id))}::text[],
      ${arrayText(tasks.map(({ asked }) => asked))}::text[],
      ${arrayText(events.map(({ resource }) => resource))}::text[],
      ${arrayText(tasks.map(({ routeVersion }) => routeVersion))}::integer[],
      ${arrayText(tasks.map(({ tries }) => tries))}::smallint[],
      ${arrayText(tokens)}::bigint[],
      ${arrayText(tasked.map(({ amount }) => renderMoney(amount)))}::numeric[],
      ${arrayText(events.map(({ from }) => from.toISOString()))}::timestamptz[],
      ${arrayText(events.map(({ to }) => to.toISOString()))}::timestamptz[]
    )`.execute(tx)
}

export interface Attempt {
  readonly id: string
  readonly asked: string
  readonly model: string
  readonly routeVersion: number | null
  readonly tries: number
  readonly tokens: bigint
  readonly amount: Money
  readonly from: Date
  readonly to: Date
}

export interface TaskKey {
  readonly organizationId: string
  readonly taskId: string
}

/** The newest of them, oldest first. */
export async function listAttempts(
  db: Db,
  { organizationId, taskId }: TaskKey,
  limit: number,
): Promise<readonly Attempt[]> {
  const rows = await db
    .selectFrom('task_attempt')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('task_id', '=', taskId)
    .orderBy('from_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed().map((row) => ({
    ...{ id: row.id, asked: row.asked, model: row.model, routeVersion: row.route_version },
    ...{ tries: row.tries, tokens: row.tokens, amount: money(row.amount) },
    ...{ from: row.from_at, to: row.to_at },
  }))
}

export async function sumAttempts(db: Db, { organizationId, taskId }: TaskKey): Promise<Money> {
  const { rows } = await sql<{ cost: string }>`
    SELECT coalesce(sum(amount), 0)::text AS cost FROM task_attempt
    WHERE organization_id = ${organizationId} AND task_id = ${taskId}`.execute(db)
  return money(rows[0]?.cost ?? '0')
}

export interface Period {
  readonly from: Date
  /** Not included. */
  readonly to: Date
}

/** What attempts were charged, hour by hour; of all organizations where none is named. */
export async function sumAttemptHours(
  db: Db,
  { organizationId, from, to }: Period & { readonly organizationId: string | null },
): Promise<readonly TaskedHour[]> {
  const { rows } = await sql<{
    organization_id: string
    project_id: string
    resource: string
    hour: Date
    tokens: string
    amount: string
  }>`
    SELECT organization_id, project_id, model AS resource,
      date_trunc('hour', from_at, 'UTC') AS hour, sum(tokens)::text AS tokens, sum(amount)::text AS amount
    FROM task_attempt
    WHERE from_at >= ${from} AND from_at < ${to}
      AND (${organizationId}::text IS NULL OR organization_id = ${organizationId})
    GROUP BY 1, 2, 3, 4`.execute(db)
  return rows.map((row) => ({
    ...{ organizationId: row.organization_id, projectId: row.project_id },
    ...{ resource: row.resource, hour: row.hour },
    ...{ tokens: BigInt(row.tokens), amount: money(row.amount) },
  }))
}

/** Tasks of a period that have attempts outside of it too. */
export async function countCutTasks(
  db: Db,
  { organizationId, from, to }: Period & { readonly organizationId: string },
): Promise<number> {
  const { rows } = await sql<{ tasks: string }>`
    SELECT count(DISTINCT task_id)::text AS tasks FROM task_attempt a
    WHERE organization_id = ${organizationId} AND from_at >= ${from} AND from_at < ${to}
      AND EXISTS (
        SELECT 1 FROM task_attempt b
        WHERE b.organization_id = a.organization_id AND b.task_id = a.task_id
          AND (b.from_at < ${from} OR b.from_at >= ${to})
      )`.execute(db)
  return Number(rows[0]?.tasks)
}

function toOutcome(row: Selectable<Schema['outcome']>, isCurrent: boolean): Outcome {
  return {
    ...{ id: row.id, organizationId: row.organization_id, taskId: row.task_id },
    ...{ isSuccess: row.is_success, value: row.value, note: row.note, reporter: row.reporter },
    ...{ idempotencyKey: row.idempotency_key, reportedAt: row.reported_at, isCurrent },
  }
}

/** Keeps a report. Null: one under the same key was kept before. */
export async function insertOutcome(
  tx: Db,
  report: Report & { readonly id: string; readonly reportedAt: Date },
): Promise<Outcome | null> {
  const row = await tx
    .insertInto('outcome')
    .values({
      ...{ id: report.id, organization_id: report.organizationId, task_id: report.taskId },
      ...{ is_success: report.isSuccess, value: report.value, note: report.note },
      ...{ reporter: report.reporter, idempotency_key: report.idempotencyKey },
      reported_at: report.reportedAt,
    })
    .onConflict((conflict) => conflict.constraint('outcome_once').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? null : toOutcome(row, true)
}

/** Whether a report is the latest of its task. */
const IS_CURRENT = sql<boolean>`place = (
  SELECT max(place) FROM outcome later
  WHERE later.organization_id = outcome.organization_id AND later.task_id = outcome.task_id
)`

/** What was reported of a task under a key before. */
export async function findReport(db: Db, report: Report): Promise<Outcome | null> {
  const row = await db
    .selectFrom('outcome')
    .selectAll()
    .select(IS_CURRENT.as('is_current'))
    .where('organization_id', '=', report.organizationId)
    .where('task_id', '=', report.taskId)
    .where('reporter', '=', report.reporter)
    .where('idempotency_key', '=', report.idempotencyKey)
    .executeTakeFirst()
  return row === undefined ? null : toOutcome(row, row.is_current)
}

export interface OutcomePage {
  readonly organizationId: string
  readonly taskId?: string | undefined
  /** The id of the last one that was seen. */
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listOutcomes(
  db: Db,
  { organizationId, taskId, cursor, limit }: OutcomePage,
): Promise<readonly Outcome[]> {
  let query = db
    .selectFrom('outcome')
    .selectAll()
    .select(IS_CURRENT.as('is_current'))
    .where('organization_id', '=', organizationId)
    .orderBy('place', 'desc')
    .limit(limit)
  if (taskId !== undefined) query = query.where('task_id', '=', taskId)
  if (cursor !== undefined)
    query = query.where(
      'place',
      '<',
      sql<bigint>`(SELECT place FROM outcome seen WHERE seen.id = ${cursor}
        AND seen.organization_id = ${organizationId})`,
    )
  return (await query.execute()).map((row) => toOutcome(row, row.is_current))
}

/** Forgets attempts from before an instant, and what was reported before it of tasks that have none left. */
export async function deleteOldTasks(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('task_attempt').where('from_at', '<', before).execute()
  await sql`
    DELETE FROM outcome WHERE reported_at < ${before} AND NOT EXISTS (
      SELECT 1 FROM task_attempt a
      WHERE a.organization_id = outcome.organization_id AND a.task_id = outcome.task_id
    )`.execute(db)
}
