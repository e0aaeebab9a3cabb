/** SQL of simulations. */
import type { SimulationState, SimulationVariant } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Plan } from './plan.ts'

export interface Simulation {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly state: SimulationState
  readonly progress: number
  readonly variants: readonly string[]
  readonly seeds: number
  readonly horizonDays: number
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly failure: string | null
}

export interface NewSimulation {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly scenario: string
  readonly plan: Plan
  readonly notes: readonly string[]
  readonly createdAt: Date
}

export interface SimulationFull extends Simulation {
  readonly scenario: string
  readonly notes: readonly string[]
  readonly result: SimulationVariant[] | null
}

type Row = Selectable<Schema['simulation']>

/** Everything of a row but what may be large. */
const SHORT = [
  ...(['id', 'organization_id', 'name', 'state', 'progress', 'failure'] as const),
  ...(['created_at', 'started_at', 'ended_at'] as const),
] as const

const OUTLINE = sql<{ variants: string[]; seeds: number; horizonDays: number }>`
  jsonb_build_object(
    'variants', jsonb_path_query_array(plan, '$.variants[*].name'),
    'seeds', plan->'seeds',
    'horizonDays', plan->'horizonDays')`

function toSimulation(
  row: Pick<Row, (typeof SHORT)[number]> & {
    readonly outline: { variants: string[]; seeds: number; horizonDays: number }
  },
): Simulation {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    state: row.state as SimulationState,
    progress: row.progress,
    ...row.outline,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    failure: row.failure,
  }
}

export async function insertSimulation(tx: Db, made: NewSimulation): Promise<void> {
  await tx
    .insertInto('simulation')
    .values({
      id: made.id,
      organization_id: made.organizationId,
      name: made.name,
      state: 'queued',
      scenario: made.scenario,
      plan: JSON.stringify(made.plan),
      notes: JSON.stringify(made.notes),
      created_at: made.createdAt,
    })
    .execute()
}

export async function listSimulations(
  db: Db,
  { organizationId, limit }: { readonly organizationId: string; readonly limit: number },
): Promise<readonly Simulation[]> {
  const rows = await db
    .selectFrom('simulation')
    .select([...SHORT])
    .select(OUTLINE.as('outline'))
    .where('organization_id', '=', organizationId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSimulation)
}

export async function findSimulation(db: Db, id: string): Promise<SimulationFull | null> {
  const row = await db
    .selectFrom('simulation')
    .select([...SHORT, 'scenario', 'notes', 'result'])
    .select(OUTLINE.as('outline'))
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  const { scenario } = row
  const notes = row.notes as string[]
  const result = row.result as SimulationVariant[] | null
  return { ...toSimulation(row), scenario, notes, result }
}

export async function findPlan(db: Db, id: string): Promise<Plan | null> {
  const row = await db
    .selectFrom('simulation')
    .select('plan')
    .where('id', '=', id)
    .executeTakeFirst()
  return (row?.plan as Plan | undefined) ?? null
}

/** Those that are not over, under a lock that lets one be made after the other. */
export async function countOpen(tx: Db, organizationId: string): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`simulations of ${organizationId}`}, 0))`.execute(
    tx,
  )
  const row = await tx
    .selectFrom('simulation')
    .select((each) => each.fn.countAll<string>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export interface Advance {
  readonly state: SimulationState
  readonly progress?: number
  readonly startedAt?: Date
  readonly endedAt?: Date
  readonly result?: readonly SimulationVariant[]
  readonly failure?: string
}

/** Changes one that is not over; false when it is. */
export async function advanceSimulation(tx: Db, id: string, change: Advance): Promise<boolean> {
  const done = await tx
    .updateTable('simulation')
    .set({
      state: change.state,
      ...(change.progress === undefined ? {} : { progress: change.progress }),
      ...(change.startedAt ? { started_at: change.startedAt } : {}),
      ...(change.endedAt ? { ended_at: change.endedAt } : {}),
      ...(change.result ? { result: JSON.stringify(change.result) } : {}),
      ...(change.failure === undefined ? {} : { failure: change.failure }),
    })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

export async function deleteOldSimulations(tx: Db, before: Date): Promise<void> {
  await tx.deleteFrom('simulation').where('ended_at', '<', before).execute()
}
