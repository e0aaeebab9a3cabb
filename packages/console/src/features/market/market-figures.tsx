/** What can be bought of a pool now: spot's price and reserve, what is free for it, and the list prices beside it. */
import type { Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { Countdown, Money } from '../../ui/figures.tsx'
import { formatCount, formatShare } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { FigureRow, Unit } from '../../ui/page.tsx'
import { fraction } from './bid-stack.ts'
import { worthWords } from './worth-section.tsx'

const NOTHING = <span className="text-muted">—</span>

interface MarketFiguresProps {
  readonly pool: Pool
  readonly reserve: Answer<'getReservePrice'> | undefined
  readonly benchmark: Answer<'getBenchmarkPrice'> | undefined
}

function noticeWords(noticeMs: number): string {
  return noticeMs === 0 ? 'no notice' : `${formatDuration(noticeMs)} of notice`
}

export function MarketFigures({ pool, reserve, benchmark }: MarketFiguresProps): ReactElement {
  const { priceUsdPerGpuHour: list, noticeMs } = pool
  const last = reserve?.previousUsdPerGpuHour ?? null
  return (
    <FigureRow
      figures={[
        {
          label: 'A GPU-hour is worth',
          value: benchmark ? <Money amount={benchmark.usdPerGpuHour} /> : NOTHING,
          note: benchmark && worthWords(benchmark),
        },
        {
          label: 'Spot, last window',
          value: last === null ? NOTHING : <Money amount={last} per="h" />,
          note: reserve && (
            <>
              next from <Money amount={reserve.reserveUsdPerGpuHour} /> in{' '}
              <Countdown until={reserve.windowEndsAt} />
            </>
          ),
        },
        {
          label: 'Free for spot',
          value: reserve ? (
            <>
              <span className="num">{formatCount(reserve.gpusFree)}</span>
              <Unit>{pool.acceleratorKind === 'cpu' ? 'CPU slots' : 'GPUs'}</Unit>
            </>
          ) : (
            NOTHING
          ),
          note:
            reserve &&
            `${formatShare(fraction(reserve.utilisationPpm))} in use; ${noticeWords(noticeMs.spot)}`,
        },
        {
          label: 'On demand',
          value: <Money amount={list.on_demand} per="h" />,
          note: noticeWords(noticeMs.on_demand),
        },
        {
          label: 'Flex',
          value: <Money amount={list.flex} per="h" />,
          note: noticeWords(noticeMs.flex),
        },
      ]}
    />
  )
}
