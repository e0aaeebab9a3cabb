/**
 * A mutation with an Idempotency-Key answers the same however often it is sent. The stored answer is encrypted under
 * the installation's pepper, because some answers hold a secret that is shown once.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'

export interface RepeatableRequest {
  readonly organizationId: string
  readonly endpoint: string
  readonly key: string
  /** Over everything that makes it this request: path, query and body. */
  readonly requestHash: string
}

export function hashRequest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function cipherKey(pepper: string): Buffer {
  return Buffer.from(hkdfSync('sha256', pepper, '', 'idempotent answers', 32))
}

function seal(pepper: string, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', cipherKey(pepper), nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

function open(pepper: string, text: string): string {
  const bytes = Buffer.from(text, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', cipherKey(pepper), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
}

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
  return { status: row.status, answer: JSON.parse(open(pepper, sealed)) }
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
      answer: JSON.stringify({ sealed: seal(outcome.pepper, JSON.stringify(outcome.answer)) }),
      at: outcome.now,
    })
    .execute()
}

export async function deleteOldAnswers(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('idempotent_request').where('at', '<', before).execute()
}
