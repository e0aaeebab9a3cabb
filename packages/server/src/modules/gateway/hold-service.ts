/** The slabs' side of the ledger: one hold an organization, in the name of this gateway process. */
import type { IdSource } from '#kernel/ids.ts'
import { createHold, getBalance, growHold } from '#modules/ledger/index.ts'
import type { JournalRecord } from '#modules/metering/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { HoldKeeper } from './admission.ts'

export interface HoldKeeperDeps {
  readonly database: Database
  /** This gateway process: whoever finds it dead gives its holds back. */
  readonly writer: string
  readonly now: () => Date
  readonly ids: IdSource
  readonly append: (record: JournalRecord) => Promise<void>
}

export function createHoldKeeper(deps: HoldKeeperDeps): HoldKeeper {
  const { database, writer, now, ids, append } = deps
  return {
    getAvailable: async (organizationId) => (await getBalance(database, organizationId)).available,
    open: (organizationId, amount) =>
      inTransaction(database, (tx) =>
        createHold(tx, {
          organizationId,
          amount,
          purpose: 'gateway',
          reference: writer,
          now: now(),
          ids,
        }),
      ),
    raise: (holdId, amount) =>
      inTransaction(database, (tx) => growHold(tx, { holdId, by: amount })),
    // The record comes after those of the requests that the hold pays for, so they are posted first.
    close: (holdId) => append({ kind: 'hold_closed', holdId }),
  }
}
