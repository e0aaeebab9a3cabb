/** SQL of what tasks cost and came to, by what they have in common. A period's attempts are counted, whole tasks or not. */
import { sql } from 'kysely'
import { money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Period } from './store.ts'
import type { TaskSums } from './task-statistics.ts'

export interface TaskGroup extends TaskSums {
  /** Null: of all. */
  readonly model: string | null
  readonly routeVersion: number | null
  readonly attempts: number
  readonly tries: number
  readonly retried: number
  readonly fellBack: number
  readonly valueMean: number | null
  readonly values: number
  readonly secondsToOutcome: number | null
}

export interface GroupFilter extends Period {
  readonly organizationId: string
  readonly by: 'route' | 'model'
}

interface Row {
  readonly name: string | null
  readonly version: number | null
  readonly tasks: number
  readonly judged: number
  readonly successes: number
  readonly attempts: number
  readonly tries: number
  readonly retried: number
  readonly fell_back: number
  readonly cost: string
  readonly judged_cost: string
  readonly success_cost: string
  readonly squares: string
  readonly value_mean: number | null
  readonly values: number
  readonly took: number | null
}

/**
 * By the first route that was tried, or by the model that answered last; and of all. One look over the attempts: of each
 * task what it cost, of each group the sums that intervals follow from.
 */
export async function sumTasks(db: Db, filter: GroupFilter): Promise<readonly TaskGroup[]> {
  const { organizationId, from, to, by } = filter
  const name = by === 'route' ? sql`asked` : sql`model`
  const version = by === 'route' ? sql`route_version` : sql`NULL::integer`
  const { rows } = await sql<Row>`
    WITH own AS (
      SELECT task_id, sum(amount) AS cost, count(*) AS attempts, sum(tries) AS tries,
        min(from_at) AS began, bool_or(model <> asked) AS fell_back,
        (array_agg(asked ORDER BY from_at, id))[1] AS asked,
        (array_agg(route_version ORDER BY from_at, id))[1] AS route_version,
        (array_agg(model ORDER BY to_at DESC, id DESC))[1] AS model
      FROM task_attempt
      WHERE organization_id = ${organizationId} AND from_at >= ${from} AND from_at < ${to}
      GROUP BY task_id
    ), told AS (
      SELECT ${name} AS name, ${version} AS version, cost, attempts, tries, fell_back, is_success, value,
        extract(epoch FROM reported_at - began) AS took
      FROM own LEFT JOIN LATERAL (
        SELECT is_success, value, reported_at FROM outcome
        WHERE organization_id = ${organizationId} AND outcome.task_id = own.task_id
        ORDER BY place DESC LIMIT 1
      ) latest ON true
    )
    SELECT name, version, count(*)::integer AS tasks, count(is_success)::integer AS judged,
      (count(*) FILTER (WHERE is_success))::integer AS successes,
      coalesce(sum(attempts), 0)::integer AS attempts, coalesce(sum(tries), 0)::integer AS tries,
      (count(*) FILTER (WHERE attempts > 1))::integer AS retried,
      (count(*) FILTER (WHERE fell_back))::integer AS fell_back,
      coalesce(sum(cost), 0)::text AS cost,
      coalesce(sum(cost) FILTER (WHERE is_success IS NOT NULL), 0)::text AS judged_cost,
      coalesce(sum(cost) FILTER (WHERE is_success), 0)::text AS success_cost,
      trunc(coalesce(sum(cost * cost) FILTER (WHERE is_success IS NOT NULL), 0) * 1e24)::text AS squares,
      avg(value)::double precision AS value_mean, count(value)::integer AS values,
      (percentile_cont(0.5) WITHIN GROUP (ORDER BY took::double precision)
        FILTER (WHERE is_success IS NOT NULL)) AS took
    FROM told GROUP BY GROUPING SETS ((name, version), ())`.execute(db)
  return rows.map((row) => ({
    ...{ model: row.name, routeVersion: row.version },
    ...{ tasks: row.tasks, judged: row.judged, successes: row.successes },
    ...{ attempts: row.attempts, tries: row.tries, retried: row.retried, fellBack: row.fell_back },
    ...{ cost: money(row.cost), judgedCost: money(row.judged_cost) },
    ...{ successCost: money(row.success_cost), judgedCostSquares: BigInt(row.squares) },
    ...{ valueMean: row.value_mean, values: row.values, secondsToOutcome: row.took },
  }))
}
