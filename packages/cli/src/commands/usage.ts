/** `spillway usage`: what was used and charged, at exact prices. */
import type { UsageRow, Client } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { renderAmount, renderPrice, renderQuantity } from '../output/amount.ts'
import { renderTable, type Column, type TableOptions } from '../output/table.ts'
import { renderHour } from '../output/time.ts'
import { periodOptions, renderPeriod, type PeriodOptions } from './period.ts'

interface UsageOptions extends PeriodOptions {
  readonly step: 'hour' | 'total'
}

type Usage = Awaited<ReturnType<Client['getUsage']>>

export function addUsageCommand(program: Command, context: Context): void {
  const { output } = context
  addCommand<UsageOptions>(program, context, {
    usage: 'usage',
    summary: 'Show what you used and were charged, at exact prices',
    example: 'spillway usage --from 24h --step hour',
    persona: 'demo',
    options: [
      ...periodOptions(context),
      new Option('--step <step>', 'one line an hour, or the whole period')
        .choices(['hour', 'total'])
        .default('total'),
    ],
    run: async (call) => {
      const usage = await call.client().getUsage({ query: { ...call.options } })
      await call.present(usage, () =>
        renderUsage(usage, { paint: output.paint, columnsMax: output.columns() }),
      )
    },
  })
}

function renderUsage(usage: Usage, options: TableOptions): string {
  const heading = options.paint('dim', renderPeriod(usage))
  if (usage.rows.length === 0) return `${heading}\nnothing was used`
  const byHour = usage.rows.some((row) => row.hour !== null)
  const projects = new Set(usage.rows.map((row) => row.project))
  const columns: readonly Column<UsageRow>[] = [
    ...(byHour
      ? [
          {
            heading: 'UTC HOUR',
            cell: (row: UsageRow) => (row.hour === null ? '' : renderHour(row.hour)),
          },
        ]
      : []),
    ...(projects.size > 1 ? [{ heading: 'PROJECT', cell: (row: UsageRow) => row.project }] : []),
    { heading: 'WHAT', cell: (row) => row.resource },
    { heading: 'SKU', cell: (row) => row.sku },
    { heading: 'QUANTITY', align: 'right', cell: (row) => renderQuantity(row.quantity, row.unit) },
    { heading: 'PRICE USD', align: 'right', cell: (row) => renderPrice(row.price) },
    { heading: 'CHARGED USD', align: 'amount', cell: (row) => renderAmount(row.chargedUsd) },
  ]
  const footer = columns.map(() => '')
  footer[0] = 'total'
  footer[footer.length - 1] = renderAmount(usage.chargedUsd)
  return `${heading}\n\n${renderTable(columns, usage.rows, { ...options, footer })}`
}
