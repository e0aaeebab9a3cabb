/** The budgets' side of admission: one lease a purse, in the name of this gateway process. */
import type { IdSource } from '#kernel/ids.ts'
import { picos } from '#kernel/money.ts'
import { availableOf, type BudgetKey, openLease, raiseLease } from '#modules/budget/index.ts'
import type { JournalRecord } from '#modules/metering/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { HoldKeeper } from './admission.ts'
import type { SlabPolicy } from './slab.ts'

export interface BudgetKeeperDeps {
  readonly database: Database
  readonly writer: string
  readonly ids: IdSource
  readonly append: (record: JournalRecord) => Promise<void>
}

const CENT = 10_000_000_000n
/** Budgets may be small: nothing of one is taken without need but a share of what is left. */
export const BUDGET_SLAB_POLICY: SlabPolicy = {
  stockMax: picos(200n * CENT),
  stockMin: picos(0n),
  shareDivisor: 16n,
}

/** Reads what `renderPurse` of budget-gate-service.ts wrote. */
function parsePurse(purse: string): BudgetKey {
  const [budgetId = '', startsAtMs = '', ...subject] = purse.split(' ')
  return { budgetId, startsAt: new Date(Number(startsAtMs)), subject: subject.join(' ') }
}

export function createBudgetKeeper({
  database,
  writer,
  ids,
  append,
}: BudgetKeeperDeps): HoldKeeper {
  const purses = new Map<string, BudgetKey>()
  return {
    getAvailable: (purse) => availableOf(database, parsePurse(purse)),
    open: async (purse, amount) => {
      const key = parsePurse(purse)
      const outcome = await inTransaction(database, (tx) =>
        openLease(tx, key, { amount, writer, ids }),
      )
      if (outcome.kind === 'refused') return outcome
      purses.set(outcome.leaseId, key)
      return { kind: 'held', holdId: outcome.leaseId }
    },
    raise: (leaseId, by) =>
      inTransaction(database, async (tx) => {
        const key = purses.get(leaseId)
        if (key === undefined) return { kind: 'refused', available: picos(0n) }
        return raiseLease(tx, { leaseId, key, by })
      }),
    // The record comes after those of the requests that the lease pays for, so they are posted first.
    close: async (leaseId) => {
      purses.delete(leaseId)
      await append({ kind: 'hold_closed', holdId: leaseId })
    },
  }
}
