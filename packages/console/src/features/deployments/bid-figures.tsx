/** What a deployment is worth now: replicas, the last one's bid, one more, the price of an hour, a start. */
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { Money } from '../../ui/figures.tsx'
import { formatMoney } from '../../ui/format/money.ts'
import { formatCount, formatSi } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { FigureRow, Unit } from '../../ui/page.tsx'

const NOTHING = <span className="text-muted">—</span>

function Bid({ amount }: { amount: string | null | undefined }): ReactElement {
  return amount === null || amount === undefined ? NOTHING : <Money amount={amount} />
}

export function BidFigures({ bids }: { bids: Answer<'listBids'> }): ReactElement {
  const { deployment, measured, points } = bids
  const { replicas, replicasWanted, coldStartMs } = deployment
  const { tokensPerSecondBusy, fullEarningUsd, energyUsdPerGpuHour } = measured
  const last = points.at(-1)
  const ready = replicas.filter(({ state }) => state === 'ready').length
  return (
    <>
      <FigureRow
        figures={[
          {
            label: 'Replicas',
            value: (
              <>
                <span className="num">{formatCount(ready)}</span>
                <Unit>of {formatCount(replicasWanted)} serve</Unit>
              </>
            ),
            note: last && `demand ${formatSi(last.demand)} · ${formatSi(last.requests)} requests`,
          },
          {
            label: 'Last replica bids',
            value: <Bid amount={last?.bidUsd} />,
            note: `energy ${formatMoney(energyUsdPerGpuHour)} an hour`,
          },
          {
            label: 'One more would bid',
            value: <Bid amount={last?.bidNextUsd} />,
            note:
              fullEarningUsd === null
                ? 'nobody knows what one earns'
                : `at work it earns ${formatMoney(fullEarningUsd)} an hour`,
          },
          {
            label: 'An hour sells for',
            value: <Bid amount={last?.askUsd} />,
            note:
              last && (last.askBasis === 'reserve' ? 'the reserve' : 'whoever has the last GPU'),
          },
          {
            label: 'Cold start',
            value: coldStartMs === null ? NOTHING : formatDuration(coldStartMs),
            note:
              tokensPerSecondBusy === null
                ? 'pace not measured yet'
                : `${formatSi(tokensPerSecondBusy)} tokens/s at work`,
          },
        ]}
      />
      {last && <p className="-mt-3 mb-6 max-w-[90ch] text-muted">{last.text}</p>}
    </>
  )
}
