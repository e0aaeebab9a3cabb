/**
 * The record of a reclaim, from the decision to the credit. Each step is written in the transaction that makes it true,
 * and finds out for itself whether it was written before. The credit is posted in the transaction that closes the
 * attempt, under a source of its own: a crash anywhere neither loses nor doubles it.
 */
import type { ReclaimCause } from '@spillway/contract'
import { type IdSource, newId } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { postCompensation } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { chargeEnd, type Closing } from './closing.ts'
import { type Lease, renderDuration } from './lease.ts'
import * as reclaims from './reclaim-store.ts'
import { beginReclaim } from './reclaim.ts'
import { recordFact } from './record.ts'
import { changeLease } from './store.ts'
import {
  type Attempt,
  creditFor,
  isGuaranteeBroken,
  monthOf,
  reclaimsIn,
  workLostGpuMs,
} from './terms.ts'

/** Why the room of a lease is wanted. */
export interface Taking {
  readonly cause: ReclaimCause
  /** What follows `Will be stopped: `, and what its owner may read. */
  readonly text: string
  readonly byKind: string | null
  readonly forLease: string | null
  readonly decidedAt: Date
}

const NO_TERMS = {
  by: [],
  noticeMs: 0,
  minimumRunMs: 0,
  perMonthMax: null,
  compensation: { kind: 'none' },
} as const

/** Opens the record and counts the reclaim against the month's cap. */
async function openRecord(
  tx: Db,
  lease: Lease,
  { stopAt, ids, ...taking }: Taking & { readonly stopAt: Date | null; readonly ids: IdSource },
): Promise<void> {
  const { cause, text: reason, byKind, forLease, decidedAt } = taking
  const terms = lease.terms ?? { ...NO_TERMS, by: [] }
  const id = newId('reclaim', ids)
  const reclaim = { id, cause, reason, byKind, forLease, terms, decidedAt, stopAt }
  await reclaims.insertReclaim(tx, lease, reclaim)
  await changeLease(tx, lease.id, {
    reclaimsMonth: monthOf(decidedAt),
    reclaimsInMonth: reclaimsIn(lease, decidedAt) + 1,
  })
}

/** Takes a lease back for its room: opens the record, and gives notice. The caller has locked it. */
export async function takeBack(
  tx: Db,
  lease: Lease,
  {
    stopAt,
    now,
    ids,
    ...taking
  }: Taking & { readonly stopAt: Date; readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  await openRecord(tx, lease, { ...taking, stopAt, ids })
  const { forLease, text } = taking
  const noticeMs = Math.max(0, stopAt.getTime() - now.getTime())
  await beginReclaim(tx, lease, { reason: 'reclaimed', forLease, noticeMs, now, because: text })
}

/** Opens the record of a reclaim that was over before anybody saw it begin. */
export function recordUnseen(
  tx: Db,
  lease: Lease,
  { goneAt, ids }: { readonly goneAt: Date; readonly ids: IdSource },
): Promise<void> {
  const text = 'The engine took it back by its own rules; no notice was possible.'
  const taking = { cause: 'engine', text, byKind: null, forLease: null, decidedAt: goneAt } as const
  return openRecord(tx, lease, { ...taking, stopAt: null, ids })
}

/** What the ledger knows a reclaim's credit by. */
export function creditSource(lease: { readonly id: string; readonly attempt: number }): string {
  return `reclaim:${lease.id}/${lease.attempt}`
}

/** Whether a credit is for a reclaim: what a broken GPU gave back is one of another kind. */
export function isOfReclaim(source: string): boolean {
  return source.startsWith('reclaim:')
}

/** Closes the record of an attempt whose processes are confirmed gone, and posts what its terms promise. */
export async function settleReclaim(
  tx: Db,
  lease: Lease,
  { goneAt, meteredUntil, now, ids }: Closing,
): Promise<void> {
  const record = await reclaims.findReclaimOf(tx, lease)
  if (record === null || record.goneAt !== null) return
  const { gpus, priceUsd, startedAt } = lease
  const billedUntil = chargeEnd(lease, meteredUntil)
  const attempt: Attempt = { gpus, priceUsd, startedAt, goneAt, billedUntil }
  const { amount, text } = creditFor(record.terms, attempt)
  const { organizationId } = lease
  const transactionId =
    amount === 0n
      ? null
      : await postCompensation(tx, {
          organizationId,
          amount,
          source: creditSource(lease),
          cause: 'reclaim',
          now,
          ids,
        })
  await reclaims.closeReclaim(tx, record.id, {
    startedAt,
    goneAt,
    billedUntil,
    workLostGpuMs: workLostGpuMs(attempt, lease.checkpointAt),
    compensationUsd: amount,
    compensationText: text,
    transactionId,
  })
  if (isGuaranteeBroken(record.terms, attempt))
    await recordFact(tx, lease, {
      at: goneAt,
      type: 'lease.guarantee_broken',
      text: `Taken back before its guarantee of ${renderDuration(record.terms.guarantee?.ms ?? 0)} was over.`,
      data: { reclaimId: record.id, cause: record.cause },
    })
  if (transactionId === null) return
  await recordFact(tx, lease, {
    at: goneAt,
    type: 'lease.reclaim_credited',
    text: `Credited for the reclaim: ${text}`,
    data: { reclaimId: record.id, amountUsd: renderMoney(amount), transactionId },
  })
}
