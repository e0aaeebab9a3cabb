/** Removes the files that leases left, once they have been kept for as long as was promised. */
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { ARTIFACTS_KEPT_MS } from '../../limits.ts'
import { listKeptFiles, noteFilesDiscarded } from './files-store.ts'
import { attemptId } from './lease.ts'

const AT_ONCE = 500

/**
 * A crash in between does no harm: what is removed already is removed again. An engine that fails keeps its own files for
 * now, and holds up nobody else's; so do those of a pool that the fleet file does not have any more.
 */
export async function discardOldFiles(
  database: Database,
  engines: Engines,
  now: Date,
): Promise<readonly unknown[]> {
  const before = new Date(now.getTime() - ARTIFACTS_KEPT_MS)
  const failures: unknown[] = []
  for (const { pool, engine } of engines.all())
    try {
      for (const kept of await listKeptFiles(database, { pool, before, limit: AT_ONCE })) {
        for (let attempt = 1; attempt <= kept.attempts; attempt++)
          await engine.discard(attemptId({ id: kept.leaseId, attempt }))
        await noteFilesDiscarded(database, kept.leaseId, now)
      }
    } catch (error) {
      failures.push(error)
    }
  return failures
}
