/** `spillway ledger verify`: recomputes the ledger, and fails when a check does. */
import type { LedgerVerification } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, addGroup, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { group, renderAmount } from '../output/amount.ts'
import type { Paint } from '../output/paint.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { toLine } from '../output/text.ts'

export function addLedgerCommands(program: Command, context: Context): void {
  const { output } = context
  const ledger = addGroup(program, 'ledger', 'Check the ledger')
  addCommand(ledger, context, {
    usage: 'verify',
    summary: 'Recompute the ledger; exits with 1 when a check fails',
    example: 'spillway ledger verify',
    persona: 'operator',
    run: async (call) => {
      const verification = await call.client().verifyLedger()
      await call.present(verification, () =>
        renderVerification(verification, { paint: output.paint, columnsMax: output.columns() }),
      )
      return isHeld(verification) ? EXIT.ok : EXIT.refused
    },
  })
}

function isHeld({ isBalanced, checks }: LedgerVerification): boolean {
  return isBalanced && checks.every((check) => check.isHeld)
}

function renderVerification(verification: LedgerVerification, options: TableOptions): string {
  const { transactions, entries, usageEvents, sumUsd, checks, accounts } = verification
  const counts = `${group(transactions)} transactions, ${group(entries)} entries, ${group(usageEvents)} usage events`
  const table = renderTable(
    [
      { heading: 'ACCOUNT', cell: (row) => row.account },
      { heading: 'USD', align: 'amount', cell: (row) => renderAmount(row.balanceUsd) },
    ],
    accounts,
    { ...options, footer: ['sum of every entry', renderAmount(sumUsd)] },
  )
  const lines = checks.map((check) => renderCheck(check, options.paint))
  return [table, '', ...lines, '', renderVerdict(verification, options.paint), counts].join('\n')
}

function renderCheck(check: LedgerVerification['checks'][number], paint: Paint): string {
  const mark = check.isHeld ? paint('green', '✓') : paint('red', '✗')
  return `${mark} ${toLine(check.name)}: ${toLine(check.text)}`
}

function renderVerdict(verification: LedgerVerification, paint: Paint): string {
  return isHeld(verification)
    ? paint('green', 'The ledger balances.')
    : paint('red', 'The ledger does not hold. Stop selling and look at the checks above.')
}
