/** `spillway balance`: what is there, what is held, what is left. */
import type { Balance } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { padPoints, renderAmount } from '../output/amount.ts'
import type { Paint } from '../output/paint.ts'
import { renderFields } from '../output/table.ts'
import { toLine } from '../output/text.ts'

export function addBalanceCommand(program: Command, context: Context): void {
  const { paint } = context.output
  addCommand(program, context, {
    usage: 'balance',
    summary: 'Show your balance, what is held, and what is available',
    example: 'spillway balance',
    persona: 'demo',
    run: async (call) => {
      const balance = await call.client().getBalance()
      await call.present(balance, () => renderBalance(balance, paint))
    },
  })
}

function renderBalance(balance: Balance, paint: Paint): string {
  const { currency } = balance
  const labels = [
    'balance',
    'held for work that runs',
    'available',
    'spent today',
    'spent an hour now',
  ]
  const amounts = padPoints(
    [
      balance.balanceUsd,
      balance.heldUsd,
      balance.availableUsd,
      balance.spentTodayUsd,
      balance.burnUsdPerHour,
    ].map((amount) => renderAmount(amount)),
  )
  return renderFields(
    [
      ['organization', toLine(balance.organization)],
      ...labels.map((label, index) => [label, `${amounts[index]} ${currency}`] as const),
    ],
    paint,
  )
}
