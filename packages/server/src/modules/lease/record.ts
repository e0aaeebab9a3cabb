/** Records a fact of a lease's life twice in one transaction: in its timeline and in the event stream. */
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import type { Lease } from './lease.ts'
import { insertFact } from './store.ts'

export const LEASE_PROGRAM = 'lease'
export const MARKET_PROGRAM = 'market'
export const MARKET_SUBJECT = 'cycle'

interface NewFact {
  readonly at: Date
  /** Past tense: `lease.started`. */
  readonly type: string
  readonly text: string
  readonly data?: Readonly<Record<string, unknown>>
}

export async function recordFact(
  tx: Db,
  lease: Pick<Lease, 'id' | 'organizationId' | 'attempt'>,
  fact: NewFact,
): Promise<void> {
  const data = { attempt: lease.attempt, ...fact.data }
  await insertFact(tx, lease.id, { ...fact, data })
  await emitEvent(tx, {
    at: fact.at,
    type: fact.type,
    organizationId: lease.organizationId,
    subject: lease.id,
    data: { leaseId: lease.id, ...data, text: fact.text },
  })
}

/** The book changed or somebody waits: the market should look at it as soon as this commits. */
export async function wakeMarket(tx: Db, now: Date): Promise<void> {
  await wakeStrand(tx, { program: MARKET_PROGRAM, subject: MARKET_SUBJECT }, now)
}

export async function wakeLease(tx: Db, leaseId: string, at: Date): Promise<void> {
  await wakeStrand(tx, { program: LEASE_PROGRAM, subject: leaseId }, at)
}
