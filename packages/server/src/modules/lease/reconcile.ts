/** Brings the book and the engine together at start: what each has that the other lacks is found and settled by rule. */
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { attemptId } from './lease.ts'
import { wakeLease, wakeMarket } from './record.ts'
import { findLease, listOpenLeases } from './store.ts'

export interface Reconciliation {
  /** Leases that hold slots; each is looked at again, and adopted or closed by its own step. */
  readonly resumed: number
  /** Attempts of leases that ended, whose record the engine still had. */
  readonly forgotten: number
  /** Attempts the engine runs and the book does not know. They are stopped: nobody pays for them. */
  readonly strays: readonly string[]
}

interface ReconcileDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
}

/** The lease an attempt belongs to. */
function leaseIdOf(attempt: string): string {
  return attempt.slice(0, attempt.lastIndexOf('-'))
}

export async function reconcile({
  database,
  engines,
  now,
}: ReconcileDeps): Promise<Reconciliation> {
  const open = await listOpenLeases(database)
  const holding = open.filter((lease) => lease.state !== 'pending')
  for (const lease of holding) await wakeLease(database, lease.id, now())
  await wakeMarket(database, now())
  const current = new Set(holding.map(attemptId))
  const strays: string[] = []
  let forgotten = 0
  for (const { engine } of engines.all())
    for (const [attempt, seen] of await engine.list()) {
      if (current.has(attempt)) continue
      if (seen.state === 'gone') {
        await engine.forget(attempt)
        forgotten++
      } else if (
        (await findLease(database, leaseIdOf(attempt))) === null ||
        seen.state !== 'absent'
      ) {
        strays.push(attempt)
        await engine.stop(attempt, 0)
      }
    }
  return { resumed: holding.length, forgotten, strays }
}
