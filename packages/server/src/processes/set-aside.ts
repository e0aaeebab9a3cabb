/** What hangs on usage beside money of the ledger: budgets, slots, used keys, tasks, and the request log. */
import { budgetsSetAside } from '#modules/budget/index.ts'
import { settleKeyedOf } from '#modules/content/index.ts'
import type { SetAside } from '#modules/metering/index.ts'
import { attributeToTasks } from '#modules/outcome/index.ts'
import { removeSlotsOf } from '#modules/rate/index.ts'
import { keepNotes } from '#modules/request/index.ts'

export function assembleSetAside(now: () => Date): SetAside {
  const budgets = budgetsSetAside(now)
  return {
    ...budgets,
    attribute: attributeToTasks,
    spend: async (tx, events) => {
      await budgets.spend(tx, events)
      await keepNotes(tx, events, now())
    },
    endAllOf: async (tx, writer) => {
      await budgets.endAllOf(tx, writer)
      await removeSlotsOf(tx, writer)
      await settleKeyedOf(tx, writer)
    },
  }
}
