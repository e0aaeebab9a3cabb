/** `spillway books`: what the surplus is worth to the owner, and where the slot-time went. */
import type { Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { renderBooks } from '../output/books.ts'
import { periodOptions, type PeriodOptions } from './period.ts'

export function addBooksCommand(program: Command, context: Context): void {
  const { output } = context
  addCommand<PeriodOptions>(program, context, {
    usage: 'books',
    summary: 'Show revenue, cost, margin, and where the slot-time went',
    details: 'Amounts are rounded to six decimals; --json has them exact.',
    example: 'spillway books --from 24h',
    persona: 'operator',
    options: periodOptions(context),
    run: async (call) => {
      const books = await call.client().getBooks({ query: { ...call.options } })
      await call.present(books, () =>
        renderBooks(books, { paint: output.paint, columnsMax: output.columns() }),
      )
    },
  })
}
