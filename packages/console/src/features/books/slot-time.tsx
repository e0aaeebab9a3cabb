/** Where a pool's slot-time went, as a bar whose parts sum to the wall time, and whether they do. */
import type { PoolBooks } from '@spillway/contract'
import type { ReactElement } from 'react'
import { KIND_LOOKS } from '../../ui/claim-kind.ts'
import { formatCount, formatGpuTime, formatShare } from '../../ui/format/numbers.ts'
import { SplitBar, type SplitPart } from '../../ui/split-bar.tsx'
import { StateWord } from '../../ui/state-word.tsx'

export function partsOf(pool: Pick<PoolBooks, 'byKindMs' | 'freeMs'>): readonly SplitPart[] {
  const known = KIND_LOOKS.filter((look) => look.kind !== 'free').map((look) => look.kind as string)
  const others = Object.keys(pool.byKindMs).filter((kind) => !known.includes(kind))
  const parts = [...known, ...others].map((kind) => ({
    kind,
    milliseconds: pool.byKindMs[kind] ?? 0,
  }))
  return [...parts, { kind: 'free', milliseconds: pool.freeMs }]
}

export function SlotTime({ pool, isNamed }: { pool: PoolBooks; isNamed: boolean }): ReactElement {
  const parts = partsOf(pool)
  const sum = parts.reduce((total, part) => total + part.milliseconds, 0)
  const isExact = sum === pool.totalMs
  return (
    <div>
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="flex gap-4">
          {isNamed && <span className="font-medium">{pool.pool}</span>}
          <span className="text-muted">
            sold <span className="num text-text">{formatShare(pool.soldFraction)}</span>, in any use{' '}
            <span className="num text-text">{formatShare(pool.usedFraction)}</span>
          </span>
        </span>
        <StateWord
          tone={isExact ? 'good' : 'bad'}
          title={`${formatCount(sum)} ms of claims and free time, ${formatCount(pool.totalMs)} ms of wall time`}
        >
          {isExact ? 'sums to the wall time' : 'does not sum to the wall time'},{' '}
          {formatGpuTime(pool.totalMs)}
        </StateWord>
      </div>
      <SplitBar parts={parts} totalMs={pool.totalMs} />
    </div>
  )
}
