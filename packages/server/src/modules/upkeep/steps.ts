/** Reconciliation as durable steps: a strand a pool, so that an engine that hangs holds up nobody else's pool. */
import type { Db } from '#platform/db/database.ts'
import { type StepOutcome, wakeStrand } from '#platform/jobs/strand.ts'
import { RECONCILE_AGAIN_MS, RECONCILE_EVERY_MS } from '../../limits.ts'
import { type ReconcileDeps, reconcilePool, reconcileUndeclared } from './reconcile-service.ts'

export const RECONCILIATION_PROGRAM = 'reconciliation'

/** The pool should be compared as soon as this commits. */
export async function wakeReconciliation(tx: Db, pool: string, now: Date): Promise<void> {
  await wakeStrand(tx, { program: RECONCILIATION_PROGRAM, subject: pool }, now)
}

/** A step of the strand `reconciliation/<pool>`. What may settle by itself is remembered only here, from step to step. */
export function createReconciliation(deps: ReconcileDeps): (pool: string) => Promise<StepOutcome> {
  const seen = new Map<string, ReadonlySet<string>>()
  return async (pool) => {
    const engine = deps.engines.find(pool)
    if (!engine) {
      if (!(await reconcileUndeclared(deps, pool))) return { kind: 'done' }
      return { kind: 'wait', untilMs: deps.now().getTime() + RECONCILE_EVERY_MS }
    }
    const compared = await reconcilePool(deps, { pool, engine }, seen.get(pool) ?? new Set())
    seen.set(pool, compared.seen)
    const afterMs = compared.isSettling ? RECONCILE_AGAIN_MS : RECONCILE_EVERY_MS
    return { kind: 'wait', untilMs: deps.now().getTime() + afterMs }
  }
}
