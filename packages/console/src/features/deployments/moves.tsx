/** Each time a deployment got more or fewer replicas, with the bid, the price and the reason; and how long starts took. */
import type { Bid, ColdStart } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { shortenId } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatDuration } from '../../ui/format/time.ts'
import { Empty } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { decidedBy } from './bid-shape.ts'

export function Moves({ moves }: { moves: readonly Bid[] }): ReactElement {
  return (
    <Section title="Moves">
      {moves.length === 0 ? (
        <Empty>
          No replica was started or drained yet; each move would be here with its reason.
        </Empty>
      ) : (
        <ul className="border-t border-line">
          {moves.map((move) => (
            <MoveLine key={move.at} move={move} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function MoveLine({ move }: { move: Bid }): ReactElement {
  const { at, replicasFrom, replicasTo, text } = move
  const { bidUsd, priceUsd } = decidedBy(move)
  return (
    <li className="grid grid-cols-[96px_1fr] gap-x-3 gap-y-0.5 border-b border-line py-2 sm:grid-cols-[96px_96px_200px_1fr]">
      <span className="text-muted">
        <Ago at={at} />
      </span>
      <StateWord tone={replicasTo > replicasFrom ? 'good' : 'idle'}>
        <span className="num">
          {replicasFrom} → {replicasTo}
        </span>
      </StateWord>
      <span className="whitespace-nowrap max-sm:col-span-2">
        {bidUsd === null ? 'not known' : <Money amount={bidUsd} />}
        <span className="text-muted"> against </span>
        <Money amount={priceUsd} />
      </span>
      <span className="min-w-0 break-words text-muted max-sm:col-span-2">{text}</span>
    </li>
  )
}

const COLUMNS: readonly TableColumn<ColdStart>[] = [
  {
    id: 'ready',
    header: 'Served',
    value: ({ readyAt }) => readyAt,
    cell: ({ readyAt }) => <Ago at={readyAt} />,
  },
  {
    id: 'waited',
    header: 'Waited for room',
    isNumeric: true,
    value: ({ waitedMs }) => waitedMs,
    cell: ({ waitedMs }) => <span className="num">{formatDuration(waitedMs)}</span>,
  },
  {
    id: 'loaded',
    header: 'Started in',
    isNumeric: true,
    value: ({ loadedMs }) => loadedMs,
    cell: ({ loadedMs }) => <span className="num">{formatDuration(loadedMs)}</span>,
  },
  {
    id: 'lease',
    header: 'Lease',
    isWide: true,
    from: 'narrow',
    value: ({ leaseId }) => leaseId,
    cell: ({ leaseId }) => (
      <Link
        to="/leases/$leaseId"
        params={{ leaseId }}
        title={leaseId}
        className="num text-text hover:text-accent"
      >
        {shortenId(leaseId)}
      </Link>
    ),
  },
]

export function ColdStarts({ starts }: { starts: readonly ColdStart[] }): ReactElement {
  return (
    <Section title="Cold starts">
      <DataTable
        label="Cold starts"
        rows={starts}
        rowId={({ leaseId }) => leaseId}
        columns={COLUMNS}
        empty={<Empty>No replica has started yet; how long each took would be here.</Empty>}
      />
    </Section>
  )
}
