/** One offer: what it is, what it costs, what is not as asked, and the way to have it. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Button, buttonClass } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { ExpectedStartWords } from '../../ui/expected-start.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { KindWord, Tag } from '../../ui/state-word.tsx'
import { isOpen, type Offers, remarksOf } from './offer-search.ts'

export type Offer = Offers['items'][number]

interface OfferCardProps {
  readonly offer: Offer
  readonly isBusy: boolean
  readonly onQuote: (offer: Offer) => void
}

const SOON_MS = 60_000

export function OfferCard({ offer, isBusy, onQuote }: OfferCardProps): ReactElement {
  const { pool, tier, gpus, nodes, accelerator, region, noticeMs } = offer
  const remarks = remarksOf(offer)
  const { p90At } = offer.expectedStart
  const isSure = p90At !== null && Date.parse(p90At) <= serverNowMs() + SOON_MS
  const isLater = Date.parse(offer.startsAt) > serverNowMs() + SOON_MS
  return (
    <li
      className={`flex min-w-0 flex-col gap-2 rounded-base border bg-surface p-3.5 ${remarks.length === 0 ? 'border-accent' : 'border-line'}`}
    >
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 className="text-15 font-bold">
          <span className="num">{formatCount(gpus)}</span> on {pool}
        </h3>
        <KindWord kind={tier} />
      </div>
      <p className="break-words text-muted">
        {accelerator} · {region}
        {nodes === 1 ? '' : ` · over ${nodes} nodes`}
      </p>
      <p className="text-18 font-medium">
        <Money amount={offer.priceUsdPerGpuHour} /> <span className="text-13">per GPU-hour</span>
      </p>
      <p className="text-12 text-muted">
        {offer.reserveUsdPerGpuHour !== null && (
          <>
            by auction from <Money amount={offer.reserveUsdPerGpuHour} /> ·{' '}
          </>
        )}
        {offer.totalUsd !== null && (
          <>
            <Money amount={offer.totalUsd} /> in all ·{' '}
          </>
        )}
        <Money amount={offer.holdUsd} /> held ·{' '}
        {noticeMs === 0 ? 'no notice' : `${formatDuration(noticeMs)} of notice`} ·{' '}
        {isLater ? <Ago at={offer.startsAt} /> : 'now'}
      </p>
      {!isSure && (
        <p className="text-12 text-muted">
          Likely start: <ExpectedStartWords start={offer.expectedStart} />
        </p>
      )}
      {remarks.length > 0 && (
        <p className="flex flex-wrap gap-1">
          {remarks.map((remark) => (
            <Tag key={remark}>{remark}</Tag>
          ))}
        </p>
      )}
      {isOpen(offer) && (
        <div className="mt-auto pt-1">
          <Buy offer={offer} isBusy={isBusy} onQuote={onQuote} />
        </div>
      )}
    </li>
  )
}

/** On demand a price can be kept; spot is ordered with a limit; flex is leased. */
function Buy({ offer, isBusy, onQuote }: OfferCardProps): ReactElement {
  const { tier, pool, gpus } = offer
  const about = `${plural(gpus, 'GPU')} on ${pool}`
  if (tier === 'on_demand')
    return (
      <Button
        isBusy={isBusy}
        aria-label={`Keep this price: ${about}`}
        onClick={() => onQuote(offer)}
      >
        Keep this price
      </Button>
    )
  if (tier === 'spot')
    return (
      <Link
        to="/orders/new"
        search={{ pool }}
        className={buttonClass()}
        aria-label={`Order spot: ${about}`}
      >
        Order spot
      </Link>
    )
  return (
    <Link
      to="/leases/new"
      search={{ kind: tier, pool }}
      className={buttonClass()}
      aria-label={`Lease it: ${about}`}
    >
      Lease it
    </Link>
  )
}
