/** How blocks and what can be bought of them read. Pure. */
import type {
  Api,
  Block,
  BlockCalendarHour,
  BlockOffering,
  BlockPolicy,
  BlockState,
} from '@spillway/contract'
import type { z } from 'zod'
import { group, renderAmount } from './amount.ts'
import type { Colour, Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock, renderInstant, renderRelative } from './time.ts'

type Offerings = z.output<Api['listBlockOfferings']['returns']>
type WholeBlock = z.output<Api['getBlock']['returns']>

const STATE_COLOURS: Readonly<Record<BlockState, Colour | null>> = {
  scheduled: 'cyan',
  active: 'green',
  ended: 'dim',
  unavailable: 'red',
  cancelled: 'dim',
}

const HOUR_MS = 3_600_000

function renderGang({ gpus, nodes }: { readonly gpus: number; readonly nodes: number }): string {
  return nodes === 1 ? group(gpus) : `${group(gpus)} over ${group(nodes)}`
}

function renderHours({ startsAt, endsAt }: Pick<Block, 'startsAt' | 'endsAt'>): string {
  return `${(Date.parse(endsAt) - Date.parse(startsAt)) / HOUR_MS} h`
}

export function renderOfferings(
  { items, refusal, text }: Offerings,
  nowMs: number,
  options: TableOptions,
): string {
  const { paint } = options
  const said = refusal === null ? text : `${paint('yellow', refusal.replaceAll('_', ' '))}: ${text}`
  if (items.length === 0) return said
  const columns: readonly Column<BlockOffering>[] = [
    { heading: 'POOL', cell: (each) => each.pool },
    { heading: 'ACCELERATOR', isFlexible: true, cell: (each) => each.accelerator },
    { heading: 'GPUS', align: 'right', cell: renderGang },
    { heading: 'FROM', cell: (each) => renderClock(each.startsAt, nowMs) },
    { heading: 'FOR', align: 'right', cell: renderHours },
    {
      heading: 'USD/GPU-H',
      align: 'amount',
      cell: (each) => renderAmount(each.priceUsdPerGpuHour),
    },
    { heading: 'IN ALL', align: 'amount', cell: (each) => renderAmount(each.priceUsd, 2) },
    {
      heading: '',
      cell: ({ differs, isAffordable }) =>
        [
          differs.length === 0 ? 'as asked' : `other ${differs.join(', ')}`,
          ...(isAffordable ? [] : ['balance too low']),
        ].join('; '),
      colour: ({ differs, isAffordable }) =>
        differs.length === 0 && isAffordable ? 'green' : null,
    },
  ]
  return `${renderTable(columns, items, options)}\n${said}`
}

export function renderBlocks(
  blocks: readonly Block[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Block>[] = [
    { heading: 'FROM', cell: (each) => renderClock(each.startsAt, nowMs) },
    { heading: 'FOR', align: 'right', cell: renderHours },
    { heading: 'BLOCK', cell: (each) => each.id },
    { heading: 'STATE', cell: (each) => each.state, colour: (each) => STATE_COLOURS[each.state] },
    { heading: 'POOL', cell: (each) => each.pool },
    { heading: 'GPUS', align: 'right', cell: renderGang },
    { heading: 'IN USE', align: 'right', cell: (each) => group(each.gpusInUse) },
    { heading: 'PRICE', align: 'amount', cell: (each) => renderAmount(each.priceUsd, 2) },
    { heading: '', isFlexible: true, cell: (each) => each.text },
  ]
  return renderTable(columns, blocks, options)
}

export function renderBlockCalendar(
  hours: readonly BlockCalendarHour[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<BlockCalendarHour>[] = [
    { heading: 'FROM, UTC', cell: (each) => renderClock(each.from, nowMs), colour: () => 'dim' },
    { heading: 'BOOKABLE', align: 'right', cell: (each) => group(each.gpusBookable) },
    { heading: 'OF', align: 'right', cell: (each) => group(each.gpusTotal) },
  ]
  return renderTable(columns, hours, options)
}

function renderGpuHours(gpuMs: number): string {
  return `${Math.round(gpuMs / (HOUR_MS / 10)) / 10} GPU-hours`
}

function soldFields(block: Block | WholeBlock): readonly (readonly [string, string])[] {
  const sold = 'sellBacks' in block ? block.sellBacks : []
  return sold.map(({ gpus, offeredAt, backAt, creditUsd }) => [
    'sold back',
    `${group(gpus)} GPUs from ${renderInstant(offeredAt)}${backAt === null ? '' : ` to ${renderInstant(backAt)}`}; ${renderAmount(creditUsd)} USD credited`,
  ])
}

function renderCancelling({ cancellation }: Block, nowMs: number): string | null {
  if (cancellation === null) return null
  const { feeUsd, freeUntil, feePercent } = cancellation
  const until = `${renderInstant(freeUntil)} (${renderRelative(freeUntil, nowMs)})`
  return feeUsd === '0'
    ? `costs nothing until ${until}, then ${feePercent} %`
    : `costs ${renderAmount(feeUsd, 2)} USD, ${feePercent} % of the price`
}

export function renderBlockPolicy({ text, setAt }: BlockPolicy, nowMs: number): string {
  return setAt === null ? text : `${text}\nSet ${renderRelative(setAt, nowMs)}.`
}

export function renderBlock(block: Block | WholeBlock, nowMs: number, paint: Paint): string {
  const { state, gpus, gpusHeld, gpusInUse } = block
  const isOpen = state === 'scheduled' || state === 'active'
  const fields = renderFields(
    [
      ['block', block.id],
      ['state', paint(STATE_COLOURS[state] ?? 'bold', state)],
      ['', block.text],
      ['GPUs', `${renderGang(block)} of ${block.pool}`],
      ['from', `${renderInstant(block.startsAt)} (${renderRelative(block.startsAt, nowMs)})`],
      ['to', `${renderInstant(block.endsAt)} (${renderHours(block)})`],
      [
        'there now',
        isOpen ? `${group(gpusHeld)} of ${group(gpus)}, ${group(gpusInUse)} in use` : null,
      ],
      ['used', renderGpuHours(block.usedGpuMs)],
      ['missing', block.missingGpuMs === 0 ? null : renderGpuHours(block.missingGpuMs)],
      [
        'price',
        `${renderAmount(block.priceUsd, 2)} USD, ${renderAmount(block.priceUsdPerGpuHour)} per GPU-hour`,
      ],
      ['charged', `${renderAmount(block.chargedUsd, 2)} USD`],
      ['held', `${renderAmount(block.heldUsd, 2)} USD`],
      ...soldFields(block),
      ['cancelled for', block.feeUsd === null ? null : `${renderAmount(block.feeUsd, 2)} USD`],
      ['cancelling', renderCancelling(block, nowMs)],
      ['credited', block.creditUsd === '0' ? null : `${renderAmount(block.creditUsd)} USD`],
    ],
    paint,
  )
  const facts = 'facts' in block ? block.facts : []
  const lines = facts.map(({ at, text }) => `${paint('dim', renderClock(at, nowMs))}  ${text}`)
  return lines.length === 0 ? fields : `${fields}\n\n${lines.join('\n')}`
}
