/**
 * Lines from the gateways' side: taken, asked, ended. What a line came to and what it costs commit together, so that no
 * death of a process charges it twice, or charges what is not delivered.
 */
import type { IdSource } from '#kernel/ids.ts'
import { postUsage, type SetAside, type UsageEvent } from '#modules/metering/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { type Claim, endLine, type LineEnd } from './line-store.ts'

export interface ChargeDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** What is entered beside the charge. */
  readonly aside: Pick<SetAside, 'spend'>
}

export interface ChargedEnd extends LineEnd {
  /** Null: nothing was used. */
  readonly event: UsageEvent | null
}

/** False when the line is not this claim's any more: then nothing is charged, and nothing of the answer is kept. */
export function endLineCharged(
  { database, now, ids, aside }: ChargeDeps,
  claim: Claim,
  { event, ...end }: ChargedEnd,
): Promise<boolean> {
  return inTransaction(database, async (tx) => {
    const outcome = await endLine(tx, claim, end)
    if (outcome === 'ended' && event !== null)
      await postUsage(tx, [event], { now: now(), ids, onFresh: aside.spend })
    return outcome !== 'lost'
  })
}

/** A line that was refused is not charged. */
export async function endLineRefused(db: Db, claim: Claim, result: string): Promise<void> {
  const tokens = { input: 0, cached: 0, output: 0, reasoning: 0 }
  await endLine(db, claim, { state: 'failed', result, tokens })
}
