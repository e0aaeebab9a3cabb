/** SQL of the published rule for cancelling blocks. What was published stays; the last one is in force. */
import type { Db } from '#platform/db/database.ts'
import type { CancelTerms } from './cancel.ts'

export interface BlockPolicy extends CancelTerms {
  readonly setAt: Date
}

/** Null: none was set yet. */
export async function findPolicy(db: Db): Promise<BlockPolicy | null> {
  const query = db.selectFrom('block_policy').selectAll().orderBy('id', 'desc').limit(1)
  const row = await query.executeTakeFirst()
  if (row === undefined) return null
  return { freeHours: row.free_hours, feePercent: row.fee_percent, setAt: row.set_at }
}

export async function insertPolicy(
  tx: Db,
  { freeHours, feePercent, setAt }: BlockPolicy,
): Promise<void> {
  const row = { free_hours: freeHours, fee_percent: feePercent, set_at: setAt }
  await tx.insertInto('block_policy').values(row).execute()
}
