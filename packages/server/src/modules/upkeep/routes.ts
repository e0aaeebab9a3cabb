/** Reconciliation over HTTP, for the operator. */
import { Fault } from '#kernel/fault.ts'
import { listPools, listUnreachable } from '#modules/fleet/index.ts'
import type { Routes } from '#platform/http/handler.ts'
import { CASE_RULES } from './cases.ts'
import { wakeReconciliation } from './steps.ts'
import * as store from './store.ts'

const OPEN_CASES_MAX = 1000

function renderCase(found: store.SavedCase) {
  const { remedy, needsOperator } = CASE_RULES[found.kind]
  return {
    ...{ id: found.id, pool: found.pool, kind: found.kind, subject: found.subject },
    ...{ text: found.text, remedy, needsOperator, data: { ...found.data } },
    openedAt: found.openedAt.toISOString(),
    seenAt: found.seenAt.toISOString(),
    closedAt: found.closedAt?.toISOString() ?? null,
  }
}

type Names = 'getReconciliation' | 'listReconciliationCases' | 'runReconciliation'

export const reconciliationRoutes: Pick<Routes, Names> = {
  getReconciliation: async ({ db }) => {
    const [runs, cases, counts, unreachable] = await Promise.all([
      store.listRuns(db),
      store.listCases(db, { open: true, limit: OPEN_CASES_MAX }),
      store.countCases(db),
      listUnreachable(db),
    ])
    const byKind = Map.groupBy(counts, ({ kind }) => kind)
    return {
      pools: runs.map((run) => ({
        ...{ pool: run.pool, engine: run.engine, durationMs: run.durationMs, text: run.text },
        ...{ outcome: run.outcome, counts: { ...run.counts } },
        startedAt: run.startedAt.toISOString(),
        comparedAt: run.comparedAt?.toISOString() ?? null,
        unreachableSince: unreachable.get(run.pool)?.toISOString() ?? null,
        openCases: counts
          .filter(({ pool }) => pool === run.pool)
          .reduce((sum, { open }) => sum + open, 0),
      })),
      cases: cases.map(renderCase),
      counts: [...byKind].map(([kind, own]) => ({
        kind,
        open: own.reduce((sum, each) => sum + each.open, 0),
        total: own.reduce((sum, each) => sum + each.total, 0),
      })),
    }
  },
  listReconciliationCases: async ({ db, query }) => {
    const cases = await store.listCases(db, query)
    const nextCursor = cases.length === query.limit ? (cases.at(-1)?.id ?? null) : null
    return { items: cases.map(renderCase), nextCursor }
  },
  runReconciliation: async ({ db, body, now, setTarget }) => {
    const names = (await store.listRuns(db)).map((run) => run.pool)
    const known = new Set([...names, ...(await listPools(db)).map((pool) => pool.name)])
    if (body.pool !== undefined && !known.has(body.pool))
      throw new Fault('pool.not_found', `There is no pool ${body.pool}.`)
    const pools = body.pool === undefined ? [...known].toSorted() : [body.pool]
    for (const pool of pools) await wakeReconciliation(db, pool, now)
    setTarget(body.pool ?? 'every pool')
    return { pools, askedAt: now.toISOString() }
  },
}
