/**
 * A mutation with an Idempotency-Key answers the same however often it is sent. The stored answer is encrypted under
 * the installation's pepper, because some answers hold a secret that is shown once.
 */
import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import { openText, sealText } from '#platform/sealed-text.ts'

export interface RepeatableRequest {
  readonly organizationId: string
  readonly endpoint: string
  readonly key: string
  /** Over everything that makes it this request: path, query and body. */
  readonly requestHash: string
}

/** Under the pepper, because a body may hold a secret that could be guessed against a plain hash. */
export function hashRequest(pepper: string, parts: readonly string[]): string {
  return createHmac('sha256', pepper).update(JSON.stringify(parts)).digest('base64url')
}

const PURPOSE = 'idempotent answers'

/** The earlier answer to this request, if there was one. Waits for one that is being made right now. */
export async function findAnswer(
  tx: Db,
  request: RepeatableRequest,
  pepper: string,
): Promise<{ readonly status: number; readonly answer: unknown } | null> {
  const { organizationId, endpoint, key, requestHash } = request
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${organizationId} ${endpoint} ${key}`}, 0))`.execute(
    tx,
  )
  const row = await tx
    .selectFrom('idempotent_request')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('endpoint', '=', endpoint)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!row) return null
  if (row.request_hash !== requestHash)
    throw new Fault(
      'request.idempotency_conflict',
      'This Idempotency-Key belongs to a different request.',
    )
  const { sealed } = row.answer as { sealed: string }
  return { status: row.status, answer: JSON.parse(openText(sealed, { pepper, purpose: PURPOSE })) }
}

export async function storeAnswer(
  tx: Db,
  request: RepeatableRequest,
  outcome: {
    readonly status: number
    readonly answer: unknown
    readonly pepper: string
    readonly now: Date
  },
): Promise<void> {
  await tx
    .insertInto('idempotent_request')
    .values({
      organization_id: request.organizationId,
      endpoint: request.endpoint,
      key: request.key,
      request_hash: request.requestHash,
      status: outcome.status,
      answer: JSON.stringify({
        sealed: sealText(JSON.stringify(outcome.answer), {
          pepper: outcome.pepper,
          purpose: PURPOSE,
        }),
      }),
      at: outcome.now,
    })
    .execute()
}

export async function deleteOldAnswers(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('idempotent_request').where('at', '<', before).execute()
}
