/** SQL of the files that leases left: which are kept, and which were removed. */
import type { Db } from '#platform/db/database.ts'

export interface KeptFiles {
  readonly leaseId: string
  /** How many attempts may have left some. */
  readonly attempts: number
}

/** Leases of a pool that ended before an instant, and whose files were not removed yet; the oldest first. */
export async function listKeptFiles(
  db: Db,
  { pool, before, limit }: { readonly pool: string; readonly before: Date; readonly limit: number },
): Promise<readonly KeptFiles[]> {
  const rows = await db
    .selectFrom('lease')
    .select(['id', 'attempt'])
    .where('state', '=', 'ended')
    .where('pool_name', '=', pool)
    .where('files_discarded_at', 'is', null)
    .where('ended_at', '<', before)
    .orderBy('ended_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ leaseId: row.id, attempts: row.attempt }))
}

export async function noteFilesDiscarded(db: Db, leaseId: string, now: Date): Promise<void> {
  await db.updateTable('lease').set({ files_discarded_at: now }).where('id', '=', leaseId).execute()
}
