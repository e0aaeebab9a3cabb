/** SQL of the health of services. */
import type { HealthState } from '@spillway/contract'
import type { Db } from '#platform/db/database.ts'

export interface Health {
  readonly leaseId: string
  readonly attempt: number
  readonly state: HealthState
  readonly text: string
}

export async function saveHealth(tx: Db, health: Health, at: Date): Promise<void> {
  const { leaseId, ...rest } = health
  await tx
    .insertInto('lease_health')
    .values({ lease_id: leaseId, ...rest, at })
    .onConflict((conflict) => conflict.column('lease_id').doUpdateSet({ ...rest, at }))
    .execute()
}

/** Of the leases that have any, by lease. */
export async function findHealth(
  db: Db,
  leaseIds: readonly string[],
): Promise<ReadonlyMap<string, Health>> {
  if (leaseIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('lease_health')
    .selectAll()
    .where('lease_id', 'in', [...leaseIds])
    .execute()
  return new Map(
    rows.map(({ lease_id: leaseId, attempt, state, text }) => [
      leaseId,
      { leaseId, attempt, state: state as HealthState, text },
    ]),
  )
}
