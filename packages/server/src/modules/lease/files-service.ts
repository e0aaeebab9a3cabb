/** Removes the files that leases left, once they have been kept for as long as was promised. */
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { ARTIFACTS_KEPT_MS } from '../../limits.ts'
import { listKeptFiles, noteFilesDiscarded } from './files-store.ts'
import { attemptId } from './lease.ts'

const AT_ONCE = 500

/** A crash in between does no harm: what is removed already is removed again. */
export async function discardOldFiles(
  database: Database,
  engines: Engines,
  now: Date,
): Promise<void> {
  const before = new Date(now.getTime() - ARTIFACTS_KEPT_MS)
  for (const { leaseId, pool, attempts } of await listKeptFiles(database, {
    before,
    limit: AT_ONCE,
  })) {
    const engine = engines.find(pool)
    for (let attempt = 1; attempt <= attempts; attempt++)
      await engine?.discard(attemptId({ id: leaseId, attempt }))
    await noteFilesDiscarded(database, leaseId, now)
  }
}
