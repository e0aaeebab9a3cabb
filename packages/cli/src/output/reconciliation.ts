/** How a comparison of book and engine reads. Pure. */
import type { Client, ReconciliationCase, ReconciliationRun } from '@spillway/contract'
import { group } from './amount.ts'
import { renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderDuration, renderRelative } from './time.ts'

export type Reconciliation = Awaited<ReturnType<Client['getReconciliation']>>

export function renderReconciliation(
  { pools, cases }: Pick<Reconciliation, 'pools' | 'cases'>,
  nowMs: number,
  options: TableOptions,
): string {
  const runs = renderTable<ReconciliationRun>(
    [
      { heading: 'POOL', cell: (run) => run.pool },
      { heading: 'ENGINE', cell: (run) => run.engine },
      {
        heading: 'COMPARED',
        cell: (run) => (run.comparedAt === null ? 'never' : renderRelative(run.comparedAt, nowMs)),
        colour: (run) => (run.outcome === 'compared' ? 'green' : 'red'),
      },
      { heading: 'TOOK', align: 'right', cell: (run) => renderDuration(run.durationMs) },
      { heading: 'NODES', align: 'right', cell: (run) => group(run.counts['nodes'] ?? 0) },
      { heading: 'LEASES', align: 'right', cell: (run) => group(run.counts['leases'] ?? 0) },
      { heading: 'ATTEMPTS', align: 'right', cell: (run) => group(run.counts['attempts'] ?? 0) },
      { heading: 'FOREIGN', align: 'right', cell: (run) => group(run.counts['foreign'] ?? 0) },
      {
        heading: 'OPEN CASES',
        align: 'right',
        cell: (run) => group(run.openCases),
        colour: (run) => (run.openCases === 0 ? null : 'yellow'),
      },
    ],
    pools,
    options,
  )
  if (cases.length === 0) return `${runs}\n\n${options.paint('green', 'book and engines agree')}`
  return `${runs}\n\n${renderCases(cases, nowMs, options)}`
}

export function renderCases(
  cases: readonly ReconciliationCase[],
  nowMs: number,
  { paint }: TableOptions,
): string {
  return cases
    .map((each) => {
      const state = each.closedAt === null ? '' : paint('dim', ', settled')
      const kind = paint(each.needsOperator && each.closedAt === null ? 'red' : 'yellow', each.kind)
      const head = `${kind}  ${toLine(each.subject)} on ${each.pool}, since ${renderRelative(each.openedAt, nowMs)}${state}`
      return `${head}\n  ${toLine(each.text)}\n  ${paint('dim', toLine(each.remedy))}`
    })
    .join('\n')
}
