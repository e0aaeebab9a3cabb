/** What metering does about budgets when it posts: enters costs, ends leases. */
import type { SetAside } from '#modules/metering/index.ts'
import { endLeases, spendBudgets } from './lease-service.ts'

export function budgetsSetAside(now: () => Date): SetAside {
  return {
    spend: (tx, events) => spendBudgets(tx, events, now()),
    end: (tx, ids) => endLeases(tx, { ids }),
    endAllOf: (tx, writer) => endLeases(tx, { writer }),
  }
}
