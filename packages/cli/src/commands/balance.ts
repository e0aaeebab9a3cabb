/** `spillway balance`: what is there, what is held, what is left. */
import type { Balance } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { renderAmount } from '../output/amount.ts'
import { renderTable, type TableOptions } from '../output/table.ts'

export function addBalanceCommand(program: Command, context: Context): void {
  const { paint, columns } = context.output
  addCommand(program, context, {
    usage: 'balance',
    summary: 'Show your balance, what is held, and what is available',
    example: 'spillway balance',
    persona: 'demo',
    run: async (call) => {
      const balance = await call.client().getBalance()
      await call.present(balance, () => renderBalance(balance, { paint, columnsMax: columns() }))
    },
  })
}

function renderBalance(balance: Balance, options: TableOptions): string {
  return renderTable(
    [
      { heading: balance.organization, cell: ([label]) => label },
      { heading: balance.currency, align: 'amount', cell: ([, amount]) => renderAmount(amount) },
    ],
    [
      ['balance', balance.balanceUsd],
      ['held for work that runs', balance.heldUsd],
      ['available', balance.availableUsd],
      ['spent today', balance.spentTodayUsd],
      ['spent an hour now', balance.burnUsdPerHour],
    ] as const,
    options,
  )
}
