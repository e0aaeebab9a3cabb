/** Records a fact of a lease's life twice in one transaction: in its timeline and in the event stream. */
import type { Db } from '#platform/db/database.ts'
import { emitEvents } from '#platform/events/emit.ts'
import { wakeStrand, wakeStrands } from '#platform/jobs/strand.ts'
import type { Lease } from './lease.ts'
import { insertFacts } from './store.ts'

export const LEASE_PROGRAM = 'lease'
export const MARKET_PROGRAM = 'market'
/** Blocks have their own module above; what they wait for happens here. */
export const BLOCK_PROGRAM = 'block'
export const MARKET_SUBJECT = 'cycle'

interface NewFact {
  readonly at: Date
  /** Past tense: `lease.started`. */
  readonly type: string
  readonly text: string
  readonly data?: Readonly<Record<string, unknown>>
}

type FactSubject = Pick<Lease, 'id' | 'organizationId' | 'attempt'>

export async function recordFact(tx: Db, lease: FactSubject, fact: NewFact): Promise<void> {
  await recordFacts(tx, [{ ...fact, lease }])
}

const FACTS_AT_ONCE = 1000

/** Facts of several leases, in this order. */
export async function recordFacts(
  tx: Db,
  facts: readonly (NewFact & { readonly lease: FactSubject })[],
): Promise<void> {
  const whole = facts.map(({ lease, at, type, text, data }) => ({
    ...{ leaseId: lease.id, organizationId: lease.organizationId, at, type, text },
    data: { attempt: lease.attempt, ...data },
  }))
  if (whole.length === 0) return
  for (let from = 0; from < whole.length; from += FACTS_AT_ONCE)
    await insertFacts(tx, whole.slice(from, from + FACTS_AT_ONCE))
  const events = whole.map(({ leaseId, organizationId, at, type, text, data }) => ({
    ...{ at, type, organizationId, subject: leaseId },
    data: { leaseId, ...data, text },
  }))
  for (let from = 0; from < events.length; from += FACTS_AT_ONCE)
    await emitEvents(tx, events.slice(from, from + FACTS_AT_ONCE))
}

/** The book changed or somebody waits: the market should look at it as soon as this commits. */
export async function wakeMarket(tx: Db, now: Date): Promise<void> {
  await wakeStrand(tx, { program: MARKET_PROGRAM, subject: MARKET_SUBJECT }, now)
}

export async function wakeLease(tx: Db, leaseId: string, at: Date): Promise<void> {
  await wakeStrand(tx, { program: LEASE_PROGRAM, subject: leaseId }, at)
}

export async function wakeLeases(tx: Db, leaseIds: readonly string[], at: Date): Promise<void> {
  await wakeStrands(tx, { program: LEASE_PROGRAM, subjects: leaseIds }, at)
}
