/** From revenue to the margin after depreciation, a column for each pool. */
import type { PoolBooks } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { formatShare } from '../../ui/format/numbers.ts'

interface Line {
  readonly word: string
  readonly note: string
  readonly amount: (pool: PoolBooks) => string | bigint
  readonly isSum?: boolean
}

/** Costs are shown as what they take away. */
const LINES: readonly Line[] = [
  { word: 'GPU revenue', note: 'leases and blocks', amount: (pool) => pool.gpuRevenueUsd },
  { word: 'Token revenue', note: 'hosted models', amount: (pool) => pool.tokenRevenueUsd },
  { word: 'Revenue', note: '', amount: (pool) => pool.revenueUsd, isSum: true },
  {
    word: 'Marginal cost',
    note: 'energy of sold slot-time above idle',
    amount: (pool) => -parsePicos(pool.marginalCostUsd),
  },
  { word: 'Contribution', note: '', amount: (pool) => pool.contributionUsd, isSum: true },
  {
    word: 'Standing cost',
    note: 'idle power and other cash cost',
    amount: (pool) => -parsePicos(pool.standingCostUsd),
  },
  {
    word: 'Depreciation',
    note: 'of the whole pool',
    amount: (pool) => -parsePicos(pool.depreciationUsd),
  },
  {
    word: 'Margin after depreciation',
    note: '',
    amount: (pool) => pool.marginAfterDepreciationUsd,
    isSum: true,
  },
]

export function Statement({ pools }: { pools: readonly PoolBooks[] }): ReactElement {
  return (
    <table className="w-full" aria-label="Statement">
      {pools.length > 1 && (
        <thead>
          <tr className="border-b border-line text-12 text-muted">
            <th scope="col" className="text-left font-medium">
              <span className="sr-only">Line</span>
            </th>
            {pools.map((pool) => (
              <th key={pool.pool} scope="col" className="h-8 pl-3 text-right font-medium">
                {pool.pool}
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {LINES.map((line) => (
          <tr
            key={line.word}
            className={`h-8 border-b ${line.isSum ? 'border-line-strong font-bold' : 'border-line'}`}
          >
            <th scope="row" className={`text-left ${line.isSum ? 'font-bold' : 'font-normal'}`}>
              {line.word} <span className="font-normal text-muted max-sm:hidden">{line.note}</span>
            </th>
            {pools.map((pool) => (
              <td key={pool.pool} className="pl-3 text-right whitespace-nowrap">
                <Money amount={line.amount(pool)} />
              </td>
            ))}
          </tr>
        ))}
        <tr className="h-8">
          <th scope="row" className="text-left font-normal">
            Capex recovered <span className="text-muted max-sm:hidden">so far</span>
          </th>
          {pools.map((pool) => (
            <td key={pool.pool} className="pl-3 text-right whitespace-nowrap">
              <span className="num">{formatShare(pool.capexRecoveredFraction)}</span>{' '}
              <span className="text-muted">
                of <Money amount={pool.capexUsd} />
              </span>
            </td>
          ))}
        </tr>
      </tbody>
    </table>
  )
}
