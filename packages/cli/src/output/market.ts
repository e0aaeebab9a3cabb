/** How orders, clearings and prices read. Pure. */
import type { Api, Clearing, LoggedBid, Order, OrderState, PricePoint } from '@spillway/contract'
import type { z } from 'zod'
import { group, renderAmount } from './amount.ts'
import { likelyColumns } from './likely.ts'
import type { Colour, Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock, renderExpectedStart, renderInstant, renderRelative } from './time.ts'

const STATE_COLOURS: Readonly<Record<OrderState, Colour | null>> = {
  pending: 'cyan',
  standing: 'yellow',
  filled: 'green',
  cancelled: 'dim',
  rejected: 'red',
  expired: 'dim',
}

function renderMaybe(amount: string | null): string {
  return amount === null ? '' : renderAmount(amount)
}

function renderTier({ tier, guaranteeHours }: Order): string {
  return guaranteeHours === null ? tier : `${tier}, ${guaranteeHours} h`
}

function renderGang({ gpus, nodes }: { readonly gpus: number; readonly nodes: number }): string {
  return nodes === 1 ? group(gpus) : `${group(gpus)} over ${group(nodes)}`
}

export function renderOrders(
  orders: readonly Order[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Order>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.createdAt, nowMs), colour: () => 'dim' },
    { heading: 'ORDER', cell: (each) => each.id },
    { heading: 'STATE', cell: (each) => each.state, colour: (each) => STATE_COLOURS[each.state] },
    { heading: 'TIER', cell: renderTier },
    { heading: 'POOL', cell: (each) => each.pool },
    { heading: 'GPUS', align: 'right', cell: renderGang },
    { heading: 'LIMIT', align: 'amount', cell: (each) => renderMaybe(each.maxPriceUsdPerGpuHour) },
    { heading: 'PRICE', align: 'amount', cell: (each) => renderMaybe(each.priceUsdPerGpuHour) },
    ...likelyColumns(orders, nowMs),
    { heading: '', isFlexible: true, cell: (each) => each.leaseId ?? each.text },
  ]
  return renderTable(columns, orders, options)
}

export function renderOrder(order: Order, nowMs: number, paint: Paint): string {
  const per = (amount: string | null) =>
    amount === null ? null : `${renderAmount(amount)} USD per GPU-hour`
  const expires = order.expiresAt
  return renderFields(
    [
      ['order', order.id],
      ['state', paint(STATE_COLOURS[order.state] ?? 'bold', order.state)],
      ['', order.text],
      ['GPUs', `${renderGang(order)} of ${order.pool}, ${order.tier}`],
      [
        'guarantee',
        order.guaranteeHours === null
          ? null
          : `not taken back before it has run for ${order.guaranteeHours} h`,
      ],
      ['command', order.command.join(' ')],
      ['limit', per(order.maxPriceUsdPerGpuHour)],
      ['price', per(order.priceUsdPerGpuHour)],
      ['likely start', renderExpectedStart(order.expectedStart)],
      ['held', order.heldUsd === '0' ? null : `${renderAmount(order.heldUsd)} USD`],
      ['lease', order.leaseId],
      ['clearing', order.clearingId],
      ['bid', `number ${group(order.sequence)}`],
      ['made', renderInstant(order.createdAt)],
      ['stands until', expires === null ? null : renderRelative(expires, nowMs)],
    ],
    paint,
  )
}

export function renderClearings(
  clearings: readonly Clearing[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Clearing>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.windowEndsAt, nowMs), colour: () => 'dim' },
    { heading: 'CLEARING', cell: (each) => each.id },
    { heading: 'POOL', isFlexible: true, cell: (each) => each.pool },
    { heading: 'BIDS', align: 'right', cell: (each) => group(each.bids) },
    { heading: 'FILLED', align: 'right', cell: (each) => group(each.accepted) },
    { heading: 'OFFERED', align: 'right', cell: (each) => group(each.gpusOffered) },
    { heading: 'SOLD', align: 'right', cell: (each) => group(each.gpusSold) },
    {
      heading: 'RESERVE',
      align: 'amount',
      cell: (each) => renderAmount(each.reserveUsdPerGpuHour),
    },
    { heading: 'PRICE', align: 'amount', cell: (each) => renderAmount(each.priceUsdPerGpuHour) },
    {
      heading: '',
      cell: ({ isQuoted, guaranteeHours: hours }) =>
        [hours === null ? '' : `${hours} h guaranteed`, isQuoted ? 'quoted' : '']
          .filter(Boolean)
          .join(', '),
    },
  ]
  return renderTable(columns, clearings, options)
}

type WholeClearing = z.output<Api['getClearing']['returns']>

export function renderClearing(clearing: WholeClearing, options: TableOptions): string {
  const { paint } = options
  const { log, differences } = clearing
  const { figures } = log
  const columns: readonly Column<LoggedBid>[] = [
    { heading: 'BID', align: 'right', cell: (each) => group(each.sequence) },
    { heading: 'BUYER', align: 'right', cell: (each) => group(each.buyer) },
    { heading: 'GPUS', align: 'right', cell: renderGang },
    { heading: 'LIMIT', align: 'amount', cell: (each) => renderAmount(each.limitUsd) },
    {
      heading: 'OUTCOME',
      cell: (each) => each.outcome.replaceAll('_', ' '),
      colour: (each) => (each.outcome === 'accepted' ? 'green' : null),
    },
  ]
  const fields = renderFields(
    [
      ['clearing', clearing.id],
      ['window', `of ${clearing.pool} until ${renderInstant(clearing.windowEndsAt)}`],
      ['reserve', `${renderAmount(log.reserveUsd)} USD per GPU-hour`],
      ['price', `${renderAmount(log.priceUsd)} USD per GPU-hour${log.isQuoted ? ', quoted' : ''}`],
      ['sold', `${group(figures.gpusSold)} of ${group(log.gpusMax)} GPUs`],
      [
        'surplus',
        `${renderAmount(figures.surplusUsd)} of ${renderAmount(figures.surplusBoundUsd)} USD an hour`,
      ],
      [
        'passed over',
        `${group(figures.paradoxicallyRejected)} above the price, ${group(figures.rationed)} rationed`,
      ],
      [
        'computed again',
        differences.length === 0 ? paint('green', 'the same') : paint('red', differences.join(' ')),
      ],
    ],
    paint,
  )
  return `${fields}\n\n${renderTable(columns, log.bids, options)}`
}

export function renderPrices(
  points: readonly PricePoint[],
  nowMs: number,
  options: TableOptions,
): string {
  const known = points.filter((point) => point.medianUsdPerGpuHour !== null)
  if (known.length === 0) return options.paint('dim', 'no prices in this time')
  const columns: readonly Column<PricePoint>[] = [
    { heading: 'FROM, UTC', cell: (each) => renderClock(each.from, nowMs), colour: () => 'dim' },
    { heading: 'P10', align: 'amount', cell: (each) => renderMaybe(each.p10UsdPerGpuHour) },
    { heading: 'MEDIAN', align: 'amount', cell: (each) => renderMaybe(each.medianUsdPerGpuHour) },
    { heading: 'P90', align: 'amount', cell: (each) => renderMaybe(each.p90UsdPerGpuHour) },
    { heading: 'SOLD', align: 'right', cell: (each) => group(each.gpusSold) },
    { heading: 'OFFERED', align: 'right', cell: (each) => group(each.gpusOffered) },
    { heading: 'WINDOWS', align: 'right', cell: (each) => group(each.clearings) },
  ]
  return renderTable(columns, known, options)
}

function percent(ppm: number): string {
  return `${Math.round(ppm / 1000) / 10} %`
}

type Reserve = z.output<Api['getReservePrice']['returns']>

export function renderReserve(reserve: Reserve, nowMs: number, paint: Paint): string {
  const { rule } = reserve
  const previous = reserve.previousUsdPerGpuHour
  return renderFields(
    [
      ['reserve', `${renderAmount(reserve.reserveUsdPerGpuHour)} USD per GPU-hour`],
      ['last price', previous === null ? null : `${renderAmount(previous)} USD per GPU-hour`],
      ['in use', percent(reserve.utilisationPpm)],
      ['free for spot', `${group(reserve.gpusFree)} GPUs`],
      ...reserve.guarantees.map(({ hours, reserveUsdPerGpuHour, gpusFree }): [string, string] => [
        `${hours} h guaranteed`,
        `${group(gpusFree)} GPUs, from ${renderAmount(reserveUsdPerGpuHour)} USD per GPU-hour`,
      ]),
      ['next window', `ends ${renderRelative(reserve.windowEndsAt, nowMs)}`],
      [
        'rule',
        `${renderAmount(rule.floorUsd)} USD up to ${percent(rule.kneePpm)} in use, then in a straight line to ${renderAmount(rule.ceilingUsd)} USD`,
      ],
      [
        'moves',
        `by at most ${percent(rule.movePpm)} a window, never below ${renderAmount(rule.floorUsd)} USD`,
      ],
      ['thin', `with fewer than ${group(rule.depthMin)} bids: sold at the reserve`],
      ['one buyer', `gets at most ${percent(rule.concentrationPpm)} while others want it`],
    ],
    paint,
  )
}
