/** The owner's books: what the surplus earned, what having it costs, where the slot-time went. */
import type { PoolBooks } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { type Answer, call } from '../../api/client.ts'
import { IconButton, Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { Money, Quantity } from '../../ui/figures.tsx'
import { parsePicos, sumAmounts } from '../../ui/format/money.ts'
import { formatShare } from '../../ui/format/numbers.ts'
import { exactInstant } from '../../ui/format/time.ts'
import { Empty } from '../../ui/notices.tsx'
import { FigureRow, PageHead, Section } from '../../ui/page.tsx'
import { type TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { rangeStart, type UsageRange } from '../usage/usage-shape.ts'
import { GivenUp } from './given-up.tsx'
import { LedgerCheck } from './ledger-check.tsx'
import { SlotTime } from './slot-time.tsx'
import { Statement } from './statement.tsx'

const route = getRouteApi('/app/books')

type Books = Answer<'getBooks'>
type SkuRow = Books['revenueBySku'][number]

function useBooks(range: UsageRange) {
  return useQuery({
    queryKey: ['getBooks', range],
    queryFn: ({ signal }) =>
      call('getBooks', { query: { from: rangeStart(range, serverNowMs()) } }, { signal }),
    placeholderData: (before) => before,
  })
}

export function BooksPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const range = search.range ?? 'month'
  const books = useBooks(range)
  return (
    <>
      <PageHead
        title="Books"
        line={
          books.data ? (
            <span title={`${exactInstant(books.data.from)} to ${exactInstant(books.data.to)}`}>
              {exactInstant(books.data.from).slice(0, 16)} to{' '}
              {exactInstant(books.data.to).slice(0, 16)} UTC
            </span>
          ) : (
            <>&nbsp;</>
          )
        }
        actions={
          <>
            <Segmented<UsageRange>
              label="Range"
              value={range}
              choices={[
                { value: '24h', label: '24 h' },
                { value: '7d', label: '7 d' },
                { value: 'month', label: 'this month' },
              ]}
              onChange={(next) =>
                void navigate({ search: (before) => ({ ...before, range: next }), replace: true })
              }
            />
            <IconButton
              icon="refresh"
              label="Read the books again"
              onClick={() => void books.refetch()}
            />
          </>
        }
      />
      <Answered query={books}>{(answer) => <BooksBody books={answer} />}</Answered>
      <div className="mt-8">
        <LedgerCheck />
      </div>
    </>
  )
}

function total(pools: readonly PoolBooks[], amount: (pool: PoolBooks) => string): bigint {
  return sumAmounts(pools.map(amount))
}

function BooksBody({ books }: { books: Books }): ReactElement {
  const { pools } = books
  const totalMs = pools.reduce((sum, pool) => sum + pool.totalMs, 0)
  const soldMs = pools.reduce((sum, pool) => sum + pool.soldFraction * pool.totalMs, 0)
  return (
    <>
      <FigureRow
        figures={[
          {
            label: 'Revenue',
            value: <Money amount={total(pools, (pool) => pool.revenueUsd)} />,
            note: (
              <>
                <Money amount={total(pools, (pool) => pool.gpuRevenueUsd)} /> GPUs,{' '}
                <Money amount={total(pools, (pool) => pool.tokenRevenueUsd)} /> tokens
              </>
            ),
          },
          {
            label: 'Marginal cost',
            value: <Money amount={total(pools, (pool) => pool.marginalCostUsd)} />,
            note: 'energy of what was sold',
          },
          {
            label: 'Contribution',
            value: <Money amount={total(pools, (pool) => pool.contributionUsd)} />,
            note: 'revenue minus marginal cost',
          },
          {
            label: 'After depreciation',
            value: <Money amount={total(pools, (pool) => pool.marginAfterDepreciationUsd)} />,
            note: 'margin of the whole fleet',
          },
          {
            label: 'Sold',
            value: <span className="num">{formatShare(totalMs === 0 ? 0 : soldMs / totalMs)}</span>,
            note: 'of all slot-time',
          },
        ]}
      />
      <div className="grid gap-x-8 gap-y-8 lg:grid-cols-12">
        <Section className="lg:col-span-12" title="Where the slot-time went">
          <div className="flex flex-col gap-5">
            {pools.map((pool) => (
              <SlotTime key={pool.pool} pool={pool} isNamed={pools.length > 1} />
            ))}
          </div>
        </Section>
        <Section className="lg:col-span-6" title="Statement">
          <Statement pools={pools} />
        </Section>
        <Section className="lg:col-span-6" title="Revenue by SKU">
          <DataTable<SkuRow>
            label="Revenue by SKU"
            rows={books.revenueBySku}
            rowId={(row) => `${row.sku} ${row.unit}`}
            columns={SKU_COLUMNS}
            empty={<Empty>Nothing was sold in this time; revenue by SKU would be here.</Empty>}
          />
          <h3 className="mt-6 mb-1 font-bold">Beside the statement</h3>
          <GivenUp books={books} />
        </Section>
      </div>
    </>
  )
}

const SKU_COLUMNS: readonly TableColumn<SkuRow>[] = [
  { id: 'sku', header: 'SKU', isWide: true, cell: (row) => <span className="num">{row.sku}</span> },
  {
    id: 'quantity',
    header: 'Quantity',
    isNumeric: true,
    cell: (row) => <Quantity quantity={row.quantity} unit={row.unit} />,
  },
  {
    id: 'revenue',
    header: 'Revenue',
    isNumeric: true,
    value: (row) => parsePicos(row.revenueUsd),
    cell: (row) => <Money amount={row.revenueUsd} />,
  },
]
