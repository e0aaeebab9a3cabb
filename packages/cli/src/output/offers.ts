/** How offers and quotes read. Pure. */
import type { Api, Offer, Quote } from '@spillway/contract'
import type { z } from 'zod'
import { group, renderAmount } from './amount.ts'
import type { Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock, renderRelative } from './time.ts'

type Offers = z.output<Api['listOffers']['returns']>

function renderStart({ startsAt, differs }: Offer, nowMs: number): string {
  return differs.includes('start') || Date.parse(startsAt) > nowMs + 60_000
    ? renderClock(startsAt, nowMs)
    : 'now'
}

export function renderOffers(offers: Offers, nowMs: number, options: TableOptions): string {
  const { items, refusal, text } = offers
  const { paint } = options
  const said = refusal === null ? text : `${paint('yellow', refusal.replaceAll('_', ' '))}: ${text}`
  if (items.length === 0) return said
  const columns: readonly Column<Offer>[] = [
    { heading: 'POOL', cell: (each) => each.pool },
    { heading: 'ACCELERATOR', isFlexible: true, cell: (each) => each.accelerator },
    { heading: 'TIER', cell: (each) => each.tier },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.gpus) },
    { heading: 'NODES', align: 'right', cell: (each) => group(each.nodes) },
    { heading: 'FROM', cell: (each) => renderStart(each, nowMs) },
    {
      heading: '90% BY',
      cell: ({ expectedStart: { p90At } }) => {
        if (p90At === null) return 'unknown'
        return Date.parse(p90At) > nowMs + 60_000 ? renderClock(p90At, nowMs) : 'now'
      },
    },
    {
      heading: 'USD/GPU-H',
      align: 'amount',
      cell: (each) => renderAmount(each.priceUsdPerGpuHour),
    },
    {
      heading: 'AUCTION FROM',
      align: 'amount',
      cell: (each) =>
        each.reserveUsdPerGpuHour === null ? '' : renderAmount(each.reserveUsdPerGpuHour),
    },
    {
      heading: 'IN ALL',
      align: 'amount',
      cell: (each) => (each.totalUsd === null ? '' : renderAmount(each.totalUsd, 2)),
    },
    {
      heading: '',
      cell: ({ differs, isAffordable, isWithinQuota }) =>
        [
          differs.length === 0 ? 'as asked' : `other ${differs.join(', ')}`,
          ...(isWithinQuota ? [] : ['beyond the quota']),
          ...(isAffordable ? [] : ['balance too low']),
        ].join('; '),
      colour: ({ differs, isAffordable, isWithinQuota }) =>
        differs.length === 0 && isAffordable && isWithinQuota ? 'green' : null,
    },
  ]
  return `${renderTable(columns, items, options)}\n${said}`
}

export function renderQuotes(
  quotes: readonly Quote[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Quote>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.createdAt, nowMs), colour: () => 'dim' },
    { heading: 'QUOTE', cell: (each) => each.id },
    {
      heading: 'STATE',
      cell: (each) => each.state,
      colour: (each) => (each.state === 'open' ? 'green' : 'dim'),
    },
    { heading: 'POOL', isFlexible: true, cell: (each) => each.pool },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.gpus) },
    {
      heading: 'USD/GPU-H',
      align: 'amount',
      cell: (each) => renderAmount(each.priceUsdPerGpuHour),
    },
    { heading: '', cell: (each) => each.orderId ?? `until ${renderClock(each.expiresAt, nowMs)}` },
  ]
  return renderTable(columns, quotes, options)
}

export function renderQuote(quote: Quote, nowMs: number, paint: Paint): string {
  const { gpus, nodes } = quote
  const over = nodes === 1 ? '' : ` over ${group(nodes)} nodes`
  return renderFields(
    [
      ['quote', quote.id],
      ['state', quote.state],
      ['GPUs', `${group(gpus)}${over} of ${quote.pool}, ${quote.tier}`],
      ['price', `${renderAmount(quote.priceUsdPerGpuHour)} USD per GPU-hour`],
      ['holds until', `${quote.expiresAt} (${renderRelative(quote.expiresAt, nowMs)})`],
      ['order', quote.orderId],
    ],
    paint,
  )
}
