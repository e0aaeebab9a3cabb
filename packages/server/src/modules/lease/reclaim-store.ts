/** SQL of the records of reclaims. A record is written step by step and never deleted. */
import type { ReclaimCause, ReclaimTerms } from '@spillway/contract'
import type { Selectable } from 'kysely'
import { type Money, money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Lease } from './lease.ts'

export interface ReclaimRecord {
  readonly id: string
  readonly leaseId: string
  readonly attempt: number
  readonly organizationId: string
  readonly pool: string
  readonly kind: string
  readonly gpus: number
  readonly cause: ReclaimCause
  readonly reason: string
  readonly byKind: string | null
  readonly forLease: string | null
  readonly terms: ReclaimTerms
  readonly priceUsd: Money | null
  readonly startedAt: Date | null
  readonly decidedAt: Date
  readonly stopAt: Date | null
  readonly noticeDeliveredAt: Date | null
  readonly noticeDocument: boolean
  readonly noticeSignal: boolean
  readonly causeGoneAt: Date | null
  readonly stopAskedAt: Date | null
  readonly goneAt: Date | null
  /** Up to where it was charged; null where it never ran. */
  readonly billedUntil: Date | null
  readonly workLostGpuMs: bigint | null
  readonly compensationUsd: Money | null
  readonly compensationText: string | null
  readonly transactionId: string | null
}

function toRecord(row: Selectable<Schema['reclaim']>): ReclaimRecord {
  return {
    id: row.id,
    leaseId: row.lease_id,
    attempt: row.attempt,
    organizationId: row.organization_id,
    pool: row.pool_name,
    kind: row.kind,
    gpus: row.gpus,
    cause: row.cause as ReclaimCause,
    reason: row.reason,
    byKind: row.by_kind,
    forLease: row.for_lease,
    terms: row.terms as ReclaimTerms,
    priceUsd: row.price_usd === null ? null : money(row.price_usd),
    startedAt: row.started_at,
    decidedAt: row.decided_at,
    stopAt: row.stop_at,
    noticeDeliveredAt: row.notice_delivered_at,
    noticeDocument: row.notice_document,
    noticeSignal: row.notice_signal,
    causeGoneAt: row.cause_gone_at,
    stopAskedAt: row.stop_asked_at,
    goneAt: row.gone_at,
    billedUntil: row.billed_until,
    workLostGpuMs: row.work_lost_gpu_ms,
    compensationUsd: row.compensation_usd === null ? null : money(row.compensation_usd),
    compensationText: row.compensation_text,
    transactionId: row.ledger_transaction_id,
  }
}

/** What is known when a reclaim is decided. */
export type NewReclaim = Pick<
  ReclaimRecord,
  'id' | 'cause' | 'reason' | 'byKind' | 'forLease' | 'terms' | 'decidedAt' | 'stopAt'
>

/** One record for each attempt, whoever writes it first. */
export async function insertReclaim(tx: Db, lease: Lease, reclaim: NewReclaim): Promise<void> {
  await tx
    .insertInto('reclaim')
    .values({
      id: reclaim.id,
      lease_id: lease.id,
      attempt: lease.attempt,
      organization_id: lease.organizationId,
      pool_name: lease.pool,
      kind: lease.kind,
      gpus: lease.gpus,
      cause: reclaim.cause,
      reason: reclaim.reason,
      by_kind: reclaim.byKind,
      for_lease: reclaim.forLease,
      terms: JSON.stringify(reclaim.terms),
      price_usd: lease.priceUsd === null ? null : renderMoney(lease.priceUsd),
      started_at: lease.startedAt,
      decided_at: reclaim.decidedAt,
      stop_at: reclaim.stopAt,
    })
    .onConflict((conflict) => conflict.columns(['lease_id', 'attempt']).doNothing())
    .execute()
}

type AttemptOf = Pick<Lease, 'id' | 'attempt'>

/** The record of the current attempt's reclaim; null when it is not one, but a stop of another kind. */
export async function findReclaimOf(db: Db, lease: AttemptOf): Promise<ReclaimRecord | null> {
  const row = await db
    .selectFrom('reclaim')
    .selectAll()
    .where('lease_id', '=', lease.id)
    .where('attempt', '=', lease.attempt)
    .executeTakeFirst()
  return row ? toRecord(row) : null
}

export async function noteDelivered(
  tx: Db,
  lease: AttemptOf,
  by: { readonly at: Date; readonly document: boolean; readonly signal: boolean },
): Promise<void> {
  const delivered = { notice_delivered_at: by.at, notice_document: by.document }
  await tx
    .updateTable('reclaim')
    .set({ ...delivered, notice_signal: by.signal })
    .where('lease_id', '=', lease.id)
    .where('attempt', '=', lease.attempt)
    .where('notice_delivered_at', 'is', null)
    .execute()
}

export async function noteStopAsked(tx: Db, lease: AttemptOf, at: Date): Promise<void> {
  await tx
    .updateTable('reclaim')
    .set({ stop_asked_at: at })
    .where('lease_id', '=', lease.id)
    .where('attempt', '=', lease.attempt)
    .where('stop_asked_at', 'is', null)
    .execute()
}

/** Whether it was new that the reason of the reclaim is gone. */
export async function noteCauseGone(tx: Db, lease: AttemptOf, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('reclaim')
    .set({ cause_gone_at: at })
    .where('lease_id', '=', lease.id)
    .where('attempt', '=', lease.attempt)
    .where('cause_gone_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

interface Closing {
  readonly startedAt: Date | null
  readonly goneAt: Date
  readonly billedUntil: Date | null
  readonly workLostGpuMs: bigint
  readonly compensationUsd: Money
  readonly compensationText: string
  readonly transactionId: string | null
}

/** Writes how a reclaim ended, in the transaction that closes the attempt. */
export async function closeReclaim(tx: Db, id: string, closing: Closing): Promise<void> {
  await tx
    .updateTable('reclaim')
    .set({
      started_at: closing.startedAt,
      gone_at: closing.goneAt,
      billed_until: closing.billedUntil,
      work_lost_gpu_ms: closing.workLostGpuMs,
      compensation_usd: renderMoney(closing.compensationUsd),
      compensation_text: closing.compensationText,
      ledger_transaction_id: closing.transactionId,
    })
    .where('id', '=', id)
    .execute()
}

export interface ReclaimFilter {
  /** Null: of every organization. */
  readonly organizationId: string | null
  readonly lease?: string | undefined
  readonly pool?: string | undefined
  readonly tier?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first; ids are in time order. */
export async function listReclaims(
  db: Db,
  filter: ReclaimFilter,
): Promise<readonly ReclaimRecord[]> {
  let query = db.selectFrom('reclaim').selectAll().orderBy('id', 'desc').limit(filter.limit)
  if (filter.organizationId !== null)
    query = query.where('organization_id', '=', filter.organizationId)
  if (filter.lease) query = query.where('lease_id', '=', filter.lease)
  if (filter.pool) query = query.where('pool_name', '=', filter.pool)
  if (filter.tier) query = query.where('kind', '=', filter.tier)
  if (filter.cursor) query = query.where('id', '<', filter.cursor)
  return (await query.execute()).map(toRecord)
}

/** Every reclaim of a lease, oldest first. */
export async function listReclaimsOf(db: Db, leaseId: string): Promise<readonly ReclaimRecord[]> {
  const rows = await db
    .selectFrom('reclaim')
    .selectAll()
    .where('lease_id', '=', leaseId)
    .orderBy('attempt')
    .execute()
  return rows.map(toRecord)
}

export async function findReclaim(db: Db, id: string): Promise<ReclaimRecord | null> {
  const row = await db.selectFrom('reclaim').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toRecord(row) : null
}

/** All that are closed, for the verification. */
export async function listClosedReclaims(db: Db): Promise<readonly ReclaimRecord[]> {
  const rows = await db.selectFrom('reclaim').selectAll().where('gone_at', 'is not', null).execute()
  return rows.map(toRecord)
}
