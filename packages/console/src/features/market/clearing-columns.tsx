/** The columns of the list of clearings, and of the bids in one. */
import type { Clearing, LoggedBid } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import { Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { formatCount } from '../../ui/format/numbers.ts'
import { exactInstant, formatHour } from '../../ui/format/time.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'

export const clearingColumns: readonly TableColumn<Clearing>[] = [
  {
    id: 'window',
    header: 'Window until, UTC',
    value: (clearing) => clearing.windowEndsAt,
    cell: (clearing) => (
      <Link
        to="/market/clearings/$clearingId"
        params={{ clearingId: clearing.id }}
        title={exactInstant(clearing.windowEndsAt)}
        className="num text-text no-underline hover:text-accent hover:underline"
      >
        {formatHour(clearing.windowEndsAt)}
      </Link>
    ),
  },
  {
    id: 'how',
    header: 'How',
    isWide: true,
    from: 'medium',
    value: (clearing) => (clearing.isQuoted ? 'quoted' : 'auction'),
    cell: (clearing) =>
      clearing.isQuoted ? (
        <span className="text-muted" title="Few bids: everybody who fits gets the reserve.">
          quoted
        </span>
      ) : (
        'auction'
      ),
  },
  {
    id: 'bids',
    header: 'Bids',
    isNumeric: true,
    from: 'narrow',
    value: (clearing) => clearing.bids,
    cell: (clearing) => <span className="num">{formatCount(clearing.bids)}</span>,
  },
  {
    id: 'accepted',
    header: 'Accepted',
    isNumeric: true,
    from: 'narrow',
    value: (clearing) => clearing.accepted,
    cell: (clearing) => <span className="num">{formatCount(clearing.accepted)}</span>,
  },
  {
    id: 'sold',
    header: 'Sold of offered',
    isNumeric: true,
    value: (clearing) => clearing.gpusSold,
    text: (clearing) => `${clearing.gpusSold}/${clearing.gpusOffered}`,
    cell: (clearing) => (
      <span className="num">
        {formatCount(clearing.gpusSold)}
        <span className="text-muted"> / {formatCount(clearing.gpusOffered)}</span>
      </span>
    ),
  },
  {
    id: 'reserve',
    header: 'Reserve',
    isNumeric: true,
    from: 'medium',
    value: (clearing) => parsePicos(clearing.reserveUsdPerGpuHour),
    text: (clearing) => clearing.reserveUsdPerGpuHour,
    cell: (clearing) => <Money amount={clearing.reserveUsdPerGpuHour} />,
  },
  {
    id: 'price',
    header: '$/GPU-h',
    isNumeric: true,
    value: (clearing) => parsePicos(clearing.priceUsdPerGpuHour),
    text: (clearing) => clearing.priceUsdPerGpuHour,
    cell: (clearing) => <Money amount={clearing.priceUsdPerGpuHour} />,
  },
]

const OUTCOMES: Readonly<Record<LoggedBid['outcome'], readonly [Tone, string]>> = {
  accepted: ['good', 'accepted'],
  below_reserve: ['idle', 'below the reserve'],
  no_room: ['warn', 'no room for all of it'],
  concentration: ['warn', 'its buyer had its share'],
}

export function bidColumns(own: ReadonlySet<number>): readonly TableColumn<LoggedBid>[] {
  return [
    {
      id: 'sequence',
      header: 'Bid',
      isNumeric: true,
      value: (bid) => bid.sequence,
      cell: (bid) => <span className="num">{bid.sequence}</span>,
    },
    {
      id: 'buyer',
      header: 'Buyer',
      from: 'narrow',
      value: (bid) => bid.buyer,
      cell: (bid) => (own.has(bid.sequence) ? <strong>you</strong> : `number ${bid.buyer}`),
      text: (bid) => String(bid.buyer),
    },
    {
      id: 'gpus',
      header: 'GPUs',
      isNumeric: true,
      value: (bid) => bid.gpus,
      cell: (bid) => <span className="num">{formatCount(bid.gpus)}</span>,
    },
    {
      id: 'nodes',
      header: 'Nodes',
      isNumeric: true,
      from: 'medium',
      value: (bid) => bid.nodes,
      cell: (bid) => (
        <span className="num" title={bid.fabric === 'same' ? 'all on one fabric' : undefined}>
          {formatCount(bid.nodes)}
        </span>
      ),
    },
    {
      id: 'limit',
      header: 'Limit, $/GPU-h',
      isNumeric: true,
      value: (bid) => parsePicos(bid.limitUsd),
      text: (bid) => bid.limitUsd,
      cell: (bid) => <Money amount={bid.limitUsd} />,
    },
    {
      id: 'outcome',
      header: 'Outcome',
      isWide: true,
      value: (bid) => bid.outcome,
      cell: (bid) => {
        const [tone, word] = OUTCOMES[bid.outcome]
        return <StateWord tone={tone}>{word}</StateWord>
      },
    },
  ]
}
