/** How a budget is named, and how much of it is spent. */
import type { Budget } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'

/** Whom it is of; `keyNames` by id. */
export function whoseWords(
  { projectId, apiKeyId, endUser }: Budget,
  keyNames: ReadonlyMap<string, string>,
): string {
  const parts = [
    apiKeyId === null ? '' : `key ${keyNames.get(apiKeyId) ?? apiKeyId}`,
    projectId === null ? '' : `project ${projectId}`,
    endUser === null ? '' : endUser === '*' ? 'each end user' : `end user ${endUser}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'all' : parts.join(', ')
}

export const PERIOD_WORDS: Record<Budget['period'], string> = {
  ...{ day: 'a day', week: 'a week', month: 'a month', total: 'in all' },
}

/** A bar with its figures: what is spent, of what. */
export function BudgetBar({ budget }: { budget: Budget }): ReactElement {
  const [spent, amount] = [parsePicos(budget.spentUsd), parsePicos(budget.amountUsd)]
  const share = amount === 0n ? 1 : Math.min(1, Number((spent * 1000n) / amount) / 1000)
  const isNear = budget.endUsers === null && share >= 0.8
  return (
    <span className="inline-flex items-center gap-2">
      {budget.endUsers === null && (
        <span
          aria-hidden="true"
          className="hidden h-1.5 w-20 overflow-hidden rounded-full bg-sunken sm:inline-block"
        >
          <span
            className={`block h-full ${isNear ? 'bg-warn' : 'bg-accent'}`}
            style={{ width: `${share * 100}%` }}
          />
        </span>
      )}
      <span className="whitespace-nowrap">
        <Money amount={budget.spentUsd} /> of <Money amount={budget.amountUsd} />
        {budget.endUsers !== null && ' each'}
      </span>
    </span>
  )
}
