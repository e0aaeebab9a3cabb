/** One block that can be bought: what it is, what it costs, what is not as asked; buying asks once more. */
import type { BlockOffering } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Money } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Tag } from '../../ui/state-word.tsx'
import { usePermission } from '../session/session.ts'
import { blockSize, hourWords } from './block-looks.tsx'
import { remarksOf } from './block-search.ts'

interface OfferingCardProps {
  readonly offering: BlockOffering
  readonly isBusy: boolean
  readonly onBuy: () => void
}

export function OfferingCard({ offering, isBusy, onBuy }: OfferingCardProps): ReactElement {
  const { pool, accelerator, startsAt, endsAt, hours, nodes } = offering
  const remarks = remarksOf(offering)
  return (
    <li
      className={`flex min-w-0 flex-col gap-2 rounded-base border bg-surface p-3.5 ${remarks.length === 0 ? 'border-accent' : 'border-line'}`}
    >
      <h3 className="text-15 font-bold">
        <span className="num">{blockSize(offering)}</span>
        {nodes === 1 ? '' : ' nodes'} on {pool}
      </h3>
      <p className="break-words text-muted">{accelerator}</p>
      <p>
        <span className="num">{hourWords(startsAt)}</span> to{' '}
        <span className="num">{hourWords(endsAt)}</span> UTC · {plural(hours, 'hour')}
      </p>
      <p className="text-18 font-medium">
        <Money amount={offering.priceUsd} /> <span className="text-13">in all</span>
      </p>
      <p className="text-12 text-muted">
        <Money amount={offering.priceUsdPerGpuHour} per="GPU-h" />, held when it is bought
      </p>
      {remarks.length > 0 && (
        <p className="flex flex-wrap gap-1">
          {remarks.map((remark) => (
            <Tag key={remark}>{remark}</Tag>
          ))}
        </p>
      )}
      {offering.isAffordable && <Buy offering={offering} isBusy={isBusy} onBuy={onBuy} />}
    </li>
  )
}

function Buy({ offering, isBusy, onBuy }: OfferingCardProps): ReactElement | null {
  const [isAsking, setIsAsking] = useState(false)
  const mayBuy = usePermission('order.create')
  if (!mayBuy) return null
  const about = `${plural(offering.gpus, 'GPU')} on ${offering.pool} from ${hourWords(offering.startsAt)}`
  if (!isAsking)
    return (
      <div className="mt-auto pt-1">
        <Button aria-label={`Buy: ${about}`} onClick={() => setIsAsking(true)}>
          Buy
        </Button>
      </div>
    )
  return (
    <div className="mt-auto flex flex-wrap items-center gap-2 pt-1">
      <span className="w-full">
        <Money amount={offering.priceUsd} /> are paid, used or not.
      </span>
      <Button look="quiet" onClick={() => setIsAsking(false)}>
        Not yet
      </Button>
      <Button look="primary" isBusy={isBusy} aria-label={`Pay for ${about}`} onClick={onBuy}>
        Pay
      </Button>
    </div>
  )
}
