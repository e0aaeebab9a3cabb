/** Reporting what became of tasks, and what a success costs: every attempt counted, held against what was charged. */
import { assert, present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { judge, type LedgerCheck } from '#modules/ledger/index.ts'
import { listUsage } from '#modules/metering/index.ts'
import { type Db, inTransaction } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { TASK_KEPT_MS } from '../../limits.ts'
import {
  isSameReport,
  knownSince,
  type Outcome,
  type Report,
  type TaskPeriod,
  taskPeriod,
} from './outcome.ts'
import { type ChargedHour, reconcileTasks, type TaskReconciliation } from './reconciliation.ts'
import { sumTasks, type TaskGroup } from './report-store.ts'
import { countCutTasks, findReport, insertOutcome, sumAttemptHours, type Period } from './store.ts'

/** Keeps what is reported. The same report under the same key is the same one, however late it comes again. */
export async function reportOutcome(
  tx: Db,
  report: Report,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<Outcome> {
  const kept = { ...report, id: newId('outcome', ids), reportedAt: now }
  const outcome = await insertOutcome(tx, kept)
  if (outcome === null) return repeated(tx, report)
  const { organizationId, taskId, isSuccess } = outcome
  const data = { result: isSuccess ? 'success' : 'failure' }
  await emitEvent(tx, { at: now, type: 'outcome.reported', organizationId, subject: taskId, data })
  return outcome
}

async function repeated(tx: Db, report: Report): Promise<Outcome> {
  const earlier = present(await findReport(tx, report), 'the report that stood in the way')
  if (isSameReport(earlier, report)) return earlier
  throw new Fault(
    'request.idempotency_conflict',
    'This Idempotency-Key belongs to another report of the same task.',
  )
}

export interface CostAsked extends Period {
  readonly organizationId: string
  readonly by: 'route' | 'model'
}

export interface CostOfOutcomes {
  readonly period: TaskPeriod
  readonly knownSince: Date
  readonly groups: readonly TaskGroup[]
  readonly total: TaskGroup
  readonly cutTasks: number
  readonly reconciliation: TaskReconciliation
}

/** What tasks cost and came to, all of one snapshot. */
export function costOfOutcomes(db: Db, asked: CostAsked, now: Date): Promise<CostOfOutcomes> {
  if (db.isTransaction) return costIn(db, asked, now)
  return inTransaction(db, (tx) => costIn(tx, asked, now), 'repeatable read')
}

async function costIn(db: Db, asked: CostAsked, now: Date): Promise<CostOfOutcomes> {
  const since = knownSince(now, TASK_KEPT_MS)
  const period = taskPeriod(asked, since)
  if (period === null)
    throw new Fault(
      'request.invalid',
      `query.to: of attempts before ${since.toISOString()} it is not known any more which task they were of.`,
    )
  const filter = { ...asked, from: period.from, to: period.to }
  const groups = await sumTasks(db, filter)
  return {
    ...{ period, knownSince: since },
    groups: groups.filter(({ model }) => model !== null),
    total: present(
      groups.find(({ model }) => model === null),
      'the sum of all tasks',
    ),
    cutTasks: await countCutTasks(db, filter),
    reconciliation: await reconcile(db, filter),
  }
}

/** Of one organization, or of all. */
async function reconcile(
  db: Db,
  filter: Period & { readonly organizationId: string | null },
): Promise<TaskReconciliation> {
  const { rows } = await listUsage(db, { ...filter, step: 'hour' })
  const charged = rows.map((row): ChargedHour => {
    const { organizationId, projectId, resource, hour, quantity } = row
    assert(hour !== null, 'usage by the hour has its hour')
    const isTokens = row.price.unit === 'token'
    return { organizationId, projectId, resource, hour, quantity, isTokens, charged: row.charged }
  })
  return reconcileTasks(charged, await sumAttemptHours(db, filter))
}

/** A check for the verification of all books: what tasks cost is part of what was charged. */
export async function verifyTasks(db: Db, now: Date): Promise<LedgerCheck> {
  const from = knownSince(now, TASK_KEPT_MS)
  const to = new Date(8.64e15)
  const { differences } = await reconcile(db, { organizationId: null, from, to })
  return judge('tasks_within_charges', differences, {
    held: 'What tasks cost is part of what was charged, hour by hour, and all of it where all was of tasks.',
    broken: 'Hours in which tasks cost another amount than was charged',
  })
}
