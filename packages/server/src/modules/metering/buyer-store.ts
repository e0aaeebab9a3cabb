/** SQL of who used something lately: those who have to be told when it goes. */
import type { Db } from '#platform/db/database.ts'

/** Organizations with usage of a resource in an hour from an instant on. */
export async function listBuyers(
  db: Db,
  resource: string,
  since: Date,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('usage_hour')
    .distinct()
    .select('organization_id')
    .where('resource', '=', resource)
    .where('hour', '>=', since)
    .orderBy('organization_id')
    .execute()
  return rows.map((row) => row.organization_id)
}
