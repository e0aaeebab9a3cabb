/** How budgets read. Pure. */
import type { Budget } from '@spillway/contract'
import { renderAmount } from './amount.ts'
import type { Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderRelative } from './time.ts'

/** Such as “the key key_… , each end user”. */
function renderWhose({ projectId, apiKeyId, endUser }: Budget): string {
  const parts = [projectId, apiKeyId].flatMap((each) => each ?? [])
  if (endUser === '*') parts.push('each end user')
  else if (endUser !== null) parts.push(`end user ${toLine(endUser)}`)
  return parts.length === 0 ? 'all' : parts.join(', ')
}

function renderLeft({ leftUsd, endUsers }: Budget): string {
  return leftUsd === null ? `each of ${endUsers ?? 0}` : renderAmount(leftUsd)
}

export function renderBudgets(budgets: readonly Budget[], options: TableOptions): string {
  const columns: readonly Column<Budget>[] = [
    { heading: 'BUDGET', cell: (each) => each.id, colour: () => 'dim' },
    { heading: 'OF', isFlexible: true, cell: (each) => toLine(each.organization) },
    { heading: 'FOR', isFlexible: true, cell: renderWhose },
    { heading: 'A', cell: (each) => each.period },
    { heading: 'USD', align: 'right', cell: (each) => renderAmount(each.amountUsd) },
    { heading: 'SPENT', align: 'right', cell: (each) => renderAmount(each.spentUsd) },
    { heading: 'HELD', align: 'right', cell: (each) => renderAmount(each.heldUsd) },
    {
      heading: 'LEFT',
      align: 'right',
      cell: renderLeft,
      colour: ({ leftUsd }) => (leftUsd === '0' ? 'yellow' : null),
    },
    { heading: 'SET BY', cell: (each) => each.setBy },
  ]
  return renderTable(columns, budgets, options)
}

export function renderBudget(budget: Budget, nowMs: number, paint: Paint): string {
  return renderFields(
    [
      ['budget', budget.id],
      ['of', budget.organization],
      ['for', renderWhose(budget)],
      ['a', budget.period],
      ['at most', `${renderAmount(budget.amountUsd)} USD`],
      ['tells at', budget.alerts.map((percent) => `${percent} %`).join(', ')],
      ['spent', `${renderAmount(budget.spentUsd)} USD`],
      ['ends', budget.endsAt === null ? 'never' : renderRelative(budget.endsAt, nowMs)],
    ],
    paint,
  )
}
