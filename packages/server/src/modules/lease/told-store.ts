/** SQL of what a lease was told about being taken back, as its facts say: by its engine, and by webhooks. */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Lease } from './lease.ts'

type AttemptOf = Pick<Lease, 'id' | 'attempt'>

export interface Told {
  readonly type: string
  /** The instant that the notice or the warning named; null where it named none. */
  readonly time: string | null
}

/** The last of these facts about the current attempt that is the engine's doing; null where there is none. */
export async function lastTold(
  db: Db,
  { id, attempt }: AttemptOf,
  types: readonly string[],
): Promise<Told | null> {
  const { rows } = await sql<Told>`
    SELECT type, data->>'time' AS time FROM lease_fact
    WHERE lease_id = ${id} AND type = ANY(${[...types]})
      AND data->>'attempt' = ${String(attempt)} AND data->>'channel' = 'engine'
    ORDER BY id DESC LIMIT 1`.execute(db)
  return rows[0] ?? null
}

export interface WebhookTold {
  readonly leaseId: string
  readonly attempt: number
  readonly at: Date
  readonly host: string
  readonly isDelivered: boolean
  /** As the timeline says it. */
  readonly text: string
}

/** How the webhooks of its organization fared with the notices of these leases, in order. */
export async function listToldByWebhook(
  db: Db,
  leaseIds: readonly string[],
): Promise<readonly WebhookTold[]> {
  if (leaseIds.length === 0) return []
  const { rows } = await sql<WebhookTold>`
    SELECT lease_id AS "leaseId", (data->>'attempt')::integer AS attempt, at, data->>'host' AS host,
      type = 'lease.notice_delivered' AS "isDelivered", text
    FROM lease_fact
    WHERE lease_id = ANY(${[...leaseIds]}) AND data->>'channel' = 'webhook'
      AND data->>'notice' LIKE 'lease.notice%'
    ORDER BY lease_id, id`.execute(db)
  return rows
}
