/** Reconciliation in the Prometheus text format. */
import { listUnreachable } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { countCases, listRuns } from './store.ts'

export async function reconciliationLines(db: Db, now: Date): Promise<readonly string[]> {
  const [counts, runs, unreachable] = await Promise.all([
    countCases(db),
    listRuns(db),
    listUnreachable(db),
  ])
  const silentSeconds = (pool: string) => {
    const since = unreachable.get(pool)
    return since ? (now.getTime() - since.getTime()) / 1000 : 0
  }
  return [
    '# HELP spillway_reconciliation_cases_open Differences between book and engine now.',
    '# TYPE spillway_reconciliation_cases_open gauge',
    ...counts.map(
      ({ pool, kind, open }) =>
        `spillway_reconciliation_cases_open{pool="${pool}",kind="${kind}"} ${open}`,
    ),
    '# HELP spillway_reconciliation_cases_total Differences that were ever found.',
    '# TYPE spillway_reconciliation_cases_total counter',
    ...counts.map(
      ({ pool, kind, total }) =>
        `spillway_reconciliation_cases_total{pool="${pool}",kind="${kind}"} ${total}`,
    ),
    '# HELP spillway_reconciliation_seconds How long the last comparison took.',
    '# TYPE spillway_reconciliation_seconds gauge',
    ...runs.map(
      ({ pool, durationMs }) =>
        `spillway_reconciliation_seconds{pool="${pool}"} ${durationMs / 1000}`,
    ),
    '# HELP spillway_engine_silent_seconds How long the engine of a pool has not answered.',
    '# TYPE spillway_engine_silent_seconds gauge',
    ...runs.map(
      ({ pool }) => `spillway_engine_silent_seconds{pool="${pool}"} ${silentSeconds(pool)}`,
    ),
  ]
}
