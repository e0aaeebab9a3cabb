/** The owner's books as a page of text: the split of the slot-time as a bar, then the money. Pure. */
import type { PoolBooks, Client } from '@spillway/contract'
import {
  renderAmount,
  renderFraction,
  renderQuantity,
  renderSeconds,
  renderShare,
} from './amount.ts'
import { KINDS, lookOf, renderBar, type Part } from './bar.ts'
import type { Colour } from './paint.ts'
import { renderTable, type TableOptions } from './table.ts'
import { renderDuration, renderInstant } from './time.ts'

type Books = Awaited<ReturnType<Client['getBooks']>>

const DECIMALS = 6
const BAR_MAX = 72

export function renderBooks(books: Books, options: TableOptions): string {
  const { paint } = options
  const pools = books.pools.map((pool) => renderPool(pool, options)).join('\n\n')
  return [
    paint('dim', `${renderInstant(books.from)} to ${renderInstant(books.to)}`),
    '',
    books.pools.length === 0 ? 'no pools' : pools,
    ...(books.revenueBySku.length === 0 ? [] : ['', renderSkus(books, options)]),
    '',
    renderAmounts(
      [
        ['credit granted', books.creditGrantedUsd],
        ['given back for reclaims', books.reclaimCompensationUsd],
        ['given back for lost GPUs', books.faultCompensationUsd],
        ['given back for blocks', books.blockCompensationUsd],
        ['shared with who sold back', books.sellBackCompensationUsd],
        ['overrun borne by the operator', books.overrunUsd],
      ],
      options,
    ),
  ].join('\n')
}

function renderPool(pool: PoolBooks, options: TableOptions): string {
  const { paint } = options
  const cells = Math.min(BAR_MAX, (options.columnsMax ?? BAR_MAX + 1) - 1)
  const used = `${renderFraction(pool.usedFraction)} used, ${renderFraction(pool.soldFraction)} sold`
  return [
    `${paint('bold', pool.pool)}  ${used}`,
    renderBar(partsOf(pool), cells, paint),
    renderSplit(pool, options),
    '',
    renderMoney(pool, options),
  ].join('\n')
}

/** Every kind that occurs, firm to loose, then free. */
export function partsOf(pool: Pick<PoolBooks, 'byKindMs' | 'freeMs'>): readonly Part[] {
  const unknown = Object.keys(pool.byKindMs).filter((kind) => !KINDS.includes(kind))
  const kinds = [...KINDS.filter((kind) => kind !== 'free'), ...unknown]
  const claimed = kinds.map((kind) => ({ kind, ms: BigInt(pool.byKindMs[kind] ?? 0) }))
  return [...claimed, { kind: 'free', ms: BigInt(pool.freeMs) }].filter((part) => part.ms > 0n)
}

function renderSplit(pool: PoolBooks, options: TableOptions): string {
  const parts = partsOf(pool)
  const total = BigInt(pool.totalMs)
  const sum = parts.reduce((each, part) => each + part.ms, 0n)
  const verdict =
    sum === total
      ? 'equals the wall time'
      : `DIFFERS from the wall time by ${renderSeconds(difference(sum, total))}`
  return renderTable(
    [
      { heading: '', cell: (part) => lookOf(part.kind).block, colour: colourOf },
      { heading: 'CLAIM', cell: (part) => lookOf(part.kind).label },
      { heading: 'SLOT-SECONDS', align: 'right', cell: (part) => renderSeconds(part.ms) },
      { heading: 'SHARE', align: 'right', cell: (part) => renderShare(part.ms, total) },
      { heading: 'TIME', align: 'right', cell: (part) => renderDuration(Number(part.ms)) },
    ],
    parts,
    { ...options, footer: ['=', 'sum', renderSeconds(sum), renderShare(sum, total), verdict] },
  )
}

function difference(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}

function colourOf(part: Part): Colour {
  return lookOf(part.kind).colour
}

function renderMoney(pool: PoolBooks, options: TableOptions): string {
  const rows = [
    ['revenue from GPU-hours', pool.gpuRevenueUsd],
    ['  of that, from blocks', pool.blockRevenueUsd],
    ['revenue from tokens', pool.tokenRevenueUsd],
    ['revenue', pool.revenueUsd],
    ['marginal cost', pool.marginalCostUsd],
    ['contribution', pool.contributionUsd],
    ['standing cost', pool.standingCostUsd],
    ['depreciation', pool.depreciationUsd],
    ['margin after depreciation', pool.marginAfterDepreciationUsd],
    ['own teams, used', pool.internalUsedUsd],
    ['own reserve, idle', pool.internalKeptUsd],
    ['capex', pool.capexUsd],
  ] as const
  const recovered = `${(pool.capexRecoveredFraction * 100).toPrecision(3)} %`
  return `${renderAmounts(rows, options)}\n${options.paint('dim', 'capex recovered:')} ${recovered}`
}

/** What the lines above them lead to. */
const RESULTS = new Set(['revenue', 'contribution', 'margin after depreciation'])

function renderAmounts(
  rows: readonly (readonly [label: string, amount: string])[],
  options: TableOptions,
): string {
  return renderTable(
    [
      {
        heading: '',
        cell: ([label]) => label,
        colour: ([label]) => (RESULTS.has(label) ? 'bold' : null),
      },
      { heading: 'USD', align: 'amount', cell: ([, amount]) => renderAmount(amount, DECIMALS) },
    ],
    rows,
    options,
  )
}

function renderSkus(books: Books, options: TableOptions): string {
  return renderTable(
    [
      { heading: 'REVENUE BY SKU', cell: (row) => row.sku },
      {
        heading: 'QUANTITY',
        align: 'right',
        cell: (row) => renderQuantity(row.quantity, row.unit),
      },
      { heading: 'USD', align: 'amount', cell: (row) => renderAmount(row.revenueUsd, DECIMALS) },
    ],
    books.revenueBySku,
    options,
  )
}
