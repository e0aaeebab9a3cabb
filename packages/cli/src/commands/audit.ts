/** `spillway audit list`: who did what. */
import type { AuditEvent } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { renderClock } from '../output/time.ts'
import { wholeNumber } from '../parse/option-values.ts'

interface ListOptions {
  readonly limit: number
  readonly cursor?: string
}

export function addAuditCommands(program: Command, context: Context): void {
  const audit = addGroup(program, 'audit', 'Read the audit log')
  addCommand<ListOptions>(audit, context, {
    usage: 'list',
    summary: 'List what was done and by whom, newest first',
    example: 'spillway audit list --limit 20',
    persona: 'operator',
    options: [
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: 1000 }))
        .default(50),
      new Option('--cursor <text>', 'continue where an earlier list stopped'),
    ],
    run: listEvents,
  })
}

async function listEvents(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listAuditEvents({ query: { ...options } })
  await call.present(page, ({ items }) =>
    renderEvents(items, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
  if (page.nextCursor !== null && !call.isJson)
    await output.note(`older ones: spillway audit list --cursor ${page.nextCursor}`)
}

function renderEvents(events: readonly AuditEvent[], nowMs: number, options: TableOptions): string {
  return renderTable(
    [
      { heading: 'UTC', cell: (event) => renderClock(event.at, nowMs), colour: () => 'dim' },
      { heading: 'ACTION', cell: (event) => event.action },
      { heading: 'OUTCOME', cell: (event) => event.outcome },
      { heading: 'TARGET', cell: (event) => event.target ?? '' },
      { heading: 'ACTOR', cell: (event) => event.actor },
      { heading: 'ORGANIZATION', cell: (event) => event.organization },
      { heading: 'REQUEST', cell: (event) => event.requestId, colour: () => 'dim' },
    ],
    events,
    options,
  )
}
