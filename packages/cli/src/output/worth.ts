/** How worth, the calendar and the transfer price read. Pure. */
import type { Api, CalendarHour, Worth } from '@spillway/contract'
import type { z } from 'zod'
import { group, renderAmount } from './amount.ts'
import type { Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock, renderInstant } from './time.ts'

type Benchmark = z.output<Api['getBenchmarkPrice']['returns']>

const WHY_NOT = { none: 'within', no_room: 'no room', below_reserve: 'below the reserve' } as const

export function renderBenchmark(benchmark: Benchmark, options: TableOptions): string {
  const { usdPerGpuHour, basis, gpusForSale, stack } = benchmark
  const why = basis === 'reserve' ? 'more is free than is wanted' : 'the worth of the last GPU'
  const fields = renderFields(
    [
      ['an hour is worth', `${renderAmount(usdPerGpuHour)} USD (${why})`],
      ['for sale', `${group(gpusForSale)} GPUs`],
    ],
    options.paint,
  )
  if (stack.length === 0) return fields
  const columns: readonly Column<Worth>[] = [
    { heading: 'WANTED BY', cell: (each) => each.kind },
    { heading: 'MODEL', isFlexible: true, cell: (each) => each.name ?? '' },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.gpus) },
    { heading: 'USD/GPU-H', align: 'amount', cell: (each) => renderAmount(each.usdPerGpuHour) },
    {
      heading: '',
      cell: ({ whyNot }) => WHY_NOT[whyNot ?? 'none'],
      colour: (each) => (each.isServed ? 'green' : 'dim'),
    },
  ]
  return `${fields}\n\n${renderTable(columns, stack, options)}`
}

export function renderCalendar(
  hours: readonly CalendarHour[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<CalendarHour>[] = [
    { heading: 'FROM, UTC', cell: (each) => renderClock(each.from, nowMs), colour: () => 'dim' },
    { heading: 'FREE', align: 'right', cell: (each) => group(each.gpusFree) },
    { heading: 'GIVE WAY', align: 'right', cell: (each) => group(each.gpusYielding) },
    { heading: 'BOOKED', align: 'right', cell: (each) => group(each.gpusBooked) },
    { heading: 'OF', align: 'right', cell: (each) => group(each.gpusTotal) },
  ]
  return renderTable(columns, hours, options)
}

type Transfer = z.output<Api['getTransferPrice']['returns']>

const HOUR_MS = 3_600_000

/** By team, what was posted for the full hours. */
function renderPosted({ isOn, usedUsd, keptUsd, lines }: Transfer['posted']): [string, string][] {
  if (!isOn && lines.length === 0) return [['posted', 'nothing: switched off in the fleet file']]
  const teams = [...new Set(lines.map(({ organization }) => organization))].toSorted()
  const gpuMsOf = (team: string, kind: 'used' | 'kept') =>
    lines.reduce(
      (sum, each) => sum + (each.organization === team && each.kind === kind ? each.gpuMs : 0),
      0,
    )
  const share = (ms: number, word: string) =>
    ms === 0 ? [] : [`${group(Math.round(ms / HOUR_MS))} GPU-h ${word}`]
  return [
    [
      'posted',
      `${renderAmount(usedUsd)} USD for use, ${renderAmount(keptUsd)} USD for what was kept`,
    ],
    ...teams.map((team): [string, string] => [
      `  ${team}`,
      [
        ...share(gpuMsOf(team, 'used'), 'used'),
        ...share(gpuMsOf(team, 'kept'), 'kept and idle'),
      ].join(', '),
    ]),
  ]
}

export function renderTransfer(transfer: Transfer, paint: Paint): string {
  const hours = (ms: number) => `${group(Math.round(ms / HOUR_MS))} GPU-h`
  return renderFields(
    [
      ['from', renderInstant(transfer.from)],
      ['to', renderInstant(transfer.to)],
      ['kept', `${group(transfer.slotsKept)} slots, ${hours(transfer.keptGpuMs)}`],
      ['of it idle', hours(transfer.idleGpuMs)],
      ['at', `${renderAmount(transfer.usdPerGpuHour)} USD per GPU-hour`],
      ['charge', `${renderAmount(transfer.chargeUsd)} USD`],
      ...renderPosted(transfer.posted),
    ],
    paint,
  )
}
