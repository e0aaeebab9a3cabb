/** Recomputes what every reclaim and every lost GPU was to give back, and compares it with the records and the ledger. */
import {
  compensationsPosted,
  judge,
  type LedgerCheck,
  listOpenHolds,
} from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  type FaultCredit,
  faultCreditOf,
  faultSource,
  listFaultCredits,
} from './fault-credit-store.ts'
import { creditSource, isOfReclaim } from './reclaim-service.ts'
import { listClosedReclaims, type ReclaimRecord } from './reclaim-store.ts'
import { findLeases } from './store.ts'
import { creditFor } from './terms.ts'

type Posted = Awaited<ReturnType<typeof compensationsPosted>>

function sourceOf({ leaseId, attempt }: ReclaimRecord): string {
  return creditSource({ id: leaseId, attempt })
}

function isAsPromised(record: ReclaimRecord, posted: Posted): boolean {
  const { terms, gpus, priceUsd, startedAt, goneAt, billedUntil } = record
  if (goneAt === null) return true
  const attempt = { gpus, priceUsd, startedAt, goneAt, billedUntil }
  const { amount } = creditFor(terms, attempt)
  const credit = posted.get(sourceOf(record))
  if (record.compensationUsd !== amount) return false
  if (amount === 0n) return credit === undefined
  return credit?.amount === amount && credit.id === record.transactionId
}

/** Give it a snapshot of its own, or what closes meanwhile looks like a difference. */
export async function verifyCredits(db: Db): Promise<readonly LedgerCheck[]> {
  const posted = await compensationsPosted(db)
  return [await verifyReclaims(db, posted), await verifyFaults(db, posted), await verifyHolds(db)]
}

/** Whatever the way on which a lease ended, what was held for it went back. */
async function verifyHolds(db: Db): Promise<LedgerCheck> {
  const holds = await listOpenHolds(db, 'lease')
  const leases = await findLeases(
    db,
    holds.map(({ reference }) => reference),
  )
  const open = new Set(leases.filter(({ state }) => state !== 'ended').map(({ holdId }) => holdId))
  const wrong = holds.filter(({ holdId }) => !open.has(holdId)).map(({ holdId }) => holdId)
  return judge('holds_have_open_leases', wrong, {
    held: `All ${holds.length} holds of leases are for leases that have not ended, one for each.`,
    broken: 'Holds whose lease has ended, or has another',
  })
}

async function verifyFaults(db: Db, posted: Posted): Promise<LedgerCheck> {
  const credits = await listFaultCredits(db)
  const sourceOfFault = ({ leaseId, attempt }: FaultCredit) => faultSource({ id: leaseId, attempt })
  const isExact = (credit: FaultCredit) => {
    const found = posted.get(sourceOfFault(credit))
    const amount = faultCreditOf(credit)
    return credit.amount === amount && found?.amount === amount && found.id === credit.transactionId
  }
  const known = new Set(credits.map(sourceOfFault))
  const wrong = [
    ...credits.filter((credit) => !isExact(credit)).map(sourceOfFault),
    ...[...posted.keys()].filter((source) => source.startsWith('fault:') && !known.has(source)),
  ]
  return judge('fault_credits_follow_readings', wrong, {
    held: `All ${credits.length} credits for lost GPUs are what was charged after the last good reading, once.`,
    broken: 'Credits for lost GPUs that are not what was charged after the last good reading',
  })
}

async function verifyReclaims(db: Db, posted: Posted): Promise<LedgerCheck> {
  const records = await listClosedReclaims(db)
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
