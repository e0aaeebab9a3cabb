/** Takes up again, at a start, what was under way: every lease that has slots is looked at by its own step. */
import type { Database } from '#platform/db/database.ts'
import { wakeLease, wakeMarket } from './record.ts'
import { listOpenLeases } from './store.ts'

/** Returns how many leases have slots. */
export async function resumeLeases(database: Database, now: Date): Promise<number> {
  const open = await listOpenLeases(database)
  const holding = open.filter((lease) => lease.state !== 'pending')
  for (const lease of holding) await wakeLease(database, lease.id, now)
  await wakeMarket(database, now)
  return holding.length
}
