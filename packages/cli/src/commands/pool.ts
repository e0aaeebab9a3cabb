/** `spillway pool`: what capacity there is, what is free, what it costs. */
import type { Pool, Slot } from '@spillway/contract'
import { Argument, type Command, Option } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { Failure } from '../failure.ts'
import { group, renderAmount } from '../output/amount.ts'
import { renderPool } from '../output/pool.ts'
import { renderSlots } from '../output/slots.ts'
import { renderTable, type Column, type TableOptions } from '../output/table.ts'
import { renderDuration } from '../output/time.ts'
import { renderCalendar } from '../output/worth.ts'
import { wholeNumber } from '../parse/option-values.ts'

interface CalendarOptions {
  readonly hours: number
}

export function addPoolCommands(program: Command, context: Context): void {
  const pool = addGroup(program, 'pool', 'Look at the capacity')
  addCommand(pool, context, {
    usage: 'list',
    summary: 'List pools with free capacity, prices and notice times',
    example: 'spillway pool list',
    persona: 'demo',
    run: listPools,
  })
  addCommand(pool, context, {
    usage: 'show',
    summary: 'Show a pool with the terms on which each tier is taken back',
    example: 'spillway pool show laptop',
    persona: 'demo',
    arguments: [new Argument('[pool]', 'its name; default: every pool')],
    run: showPools,
  })
  addCommand(pool, context, {
    usage: 'slots',
    summary: 'Draw the slots of a pool, with what claims each',
    details: 'Whose claim it is shows only to its owner and, with --as operator, to the operator.',
    example: 'spillway pool slots laptop --as operator',
    persona: 'demo',
    arguments: [new Argument('[pool]', 'its name; default: the only pool')],
    run: showSlots,
  })
  addCommand<CalendarOptions>(pool, context, {
    usage: 'calendar',
    summary: 'Show what can be bought of a pool, hour by hour, by what is known now',
    example: 'spillway pool calendar laptop --hours 24',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--hours <n>', 'so many')
        .argParser(wholeNumber({ least: 1, most: 720 }))
        .default(24),
    ],
    run: showCalendar,
  })
}

async function listPools(call: Call): Promise<void> {
  const { output } = call
  const pools = await call.client().listPools()
  await call.present(pools, ({ items }) =>
    items.length === 0
      ? 'no pools'
      : renderPools(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function showPools(call: Call): Promise<void> {
  const [name] = call.words
  const { items } = await call.client().listPools()
  const found = items.filter((pool) => name === undefined || pool.name === name)
  if (found.length === 0)
    throw new Failure(`There is no pool “${name ?? ''}”.`, {
      remedy: 'List the pools with `spillway pool list`.',
    })
  if (call.isJson) for (const pool of found) await call.output.printDocument(pool)
  else
    await call.output.print(found.map((pool) => renderPool(pool, call.output.paint)).join('\n\n'))
}

async function showCalendar(call: Call<CalendarOptions>): Promise<void> {
  const { output, options, surroundings } = call
  const pool = call.words[0] ?? ''
  const calendar = await call.client().getCalendar({ params: { pool }, query: { ...options } })
  await call.present(calendar, ({ hours }) =>
    renderCalendar(hours, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}

async function showSlots(call: Call): Promise<void> {
  const { output, surroundings } = call
  const client = call.client()
  const names =
    call.words[0] === undefined
      ? (await client.listPools()).items.map((pool) => pool.name)
      : [call.words[0]]
  const found: { readonly pool: string; readonly slots: readonly Slot[] }[] = []
  for (const pool of names) {
    const document = await client.listSlots({ params: { pool } })
    if (call.isJson) await output.printDocument(document)
    else found.push({ pool, slots: document.items })
  }
  if (call.isJson) return
  const options = { paint: output.paint, columnsMax: output.columns() }
  const nowMs = surroundings.nowMs()
  await output.print(
    found.map(({ pool, slots }) => renderSlots({ pool, slots, nowMs }, options)).join('\n\n'),
  )
}

function renderPools(pools: readonly Pool[], options: TableOptions): string {
  const price = (tier: keyof Pool['priceUsdPerGpuHour'], heading: string): Column<Pool> => ({
    heading,
    align: 'amount',
    cell: (pool) => renderAmount(pool.priceUsdPerGpuHour[tier]),
  })
  const columns: readonly Column<Pool>[] = [
    { heading: 'POOL', cell: (pool) => pool.name },
    { heading: 'REGION', cell: (pool) => pool.region },
    { heading: 'ACCELERATOR', isFlexible: true, cell: (pool) => pool.accelerator },
    { heading: 'FREE', align: 'right', cell: (pool) => group(pool.slotsFree) },
    { heading: 'OF', align: 'right', cell: (pool) => group(pool.slotsTotal) },
    { heading: 'MOST A LEASE', align: 'right', cell: (pool) => group(pool.slotsPerNodeMax) },
    price('on_demand', 'ON DEMAND'),
    price('spot', 'SPOT'),
    price('flex', 'FLEX'),
    { heading: 'SPOT NOTICE', align: 'right', cell: (pool) => renderDuration(pool.noticeMs.spot) },
  ]
  const note = options.paint('dim', 'prices now, in USD per GPU-hour')
  return `${renderTable(columns, pools, options)}\n${note}`
}
