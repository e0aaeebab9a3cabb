/** Recomputes what every reclaim was to give back, and compares it with the record and with the ledger. */
import { compensationsPosted, judge, type LedgerCheck } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { creditSource, isOfReclaim } from './reclaim-service.ts'
import { listClosedReclaims, type ReclaimRecord } from './reclaim-store.ts'
import { compensationFor } from './terms.ts'

type Posted = Awaited<ReturnType<typeof compensationsPosted>>

function sourceOf({ leaseId, attempt }: ReclaimRecord): string {
  return creditSource({ id: leaseId, attempt })
}

function isAsPromised(record: ReclaimRecord, posted: Posted): boolean {
  const { terms, gpus, priceUsd, startedAt, goneAt } = record
  if (goneAt === null) return true
  const { amount } = compensationFor(terms.compensation, { gpus, priceUsd, startedAt, goneAt })
  const credit = posted.get(sourceOf(record))
  if (record.compensationUsd !== amount) return false
  if (amount === 0n) return credit === undefined
  return credit?.amount === amount && credit.id === record.transactionId
}

/** Give it a snapshot of its own, or a reclaim that closes meanwhile looks like a difference. */
export async function verifyReclaims(db: Db): Promise<LedgerCheck> {
  const records = await listClosedReclaims(db)
  const posted = await compensationsPosted(db)
  const known = new Set(records.map(sourceOf))
  const wrong = [
    ...records.filter((record) => !isAsPromised(record, posted)).map(({ id }) => id),
    ...[...posted.keys()].filter((source) => isOfReclaim(source) && !known.has(source)),
  ]
  return judge('compensations_follow_terms', wrong, {
    held: `All ${records.length} reclaims gave back what their terms promise, once.`,
    broken: 'Reclaims whose credit is not what their terms promise',
  })
}
