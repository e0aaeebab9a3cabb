/** What hangs on usage beside money of the ledger, put together for metering: budgets, slots, used keys, and tasks. */
import { budgetsSetAside } from '#modules/budget/index.ts'
import { settleKeyedOf } from '#modules/content/index.ts'
import type { SetAside } from '#modules/metering/index.ts'
import { attributeToTasks } from '#modules/outcome/index.ts'
import { removeSlotsOf } from '#modules/rate/index.ts'

export function assembleSetAside(now: () => Date): SetAside {
  const budgets = budgetsSetAside(now)
  return {
    ...budgets,
    attribute: attributeToTasks,
    endAllOf: async (tx, writer) => {
      await budgets.endAllOf(tx, writer)
      await removeSlotsOf(tx, writer)
      await settleKeyedOf(tx, writer)
    },
  }
}
