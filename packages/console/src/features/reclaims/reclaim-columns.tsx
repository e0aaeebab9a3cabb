/** The columns of the log of reclaims. */
import type { Reclaim } from '@spillway/contract'
import { shortenId } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { KindWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { ReclaimChain } from './reclaim-chain.tsx'
import { CAUSE_WORDS } from './reclaim-drawer.tsx'

export const reclaimColumns: readonly TableColumn<Reclaim>[] = [
  {
    id: 'decided',
    header: 'Decided',
    cell: (reclaim) => <Ago at={reclaim.decidedAt} />,
    value: (reclaim) => reclaim.decidedAt,
  },
  {
    id: 'kind',
    header: 'Tier',
    cell: (reclaim) => <KindWord kind={reclaim.kind} />,
    value: (reclaim) => reclaim.kind,
  },
  {
    id: 'lease',
    header: 'Lease',
    from: 'wide',
    cell: (reclaim) => <span className="num">{shortenId(reclaim.leaseId)}</span>,
    value: (reclaim) => reclaim.leaseId,
  },
  {
    id: 'organization',
    header: 'Organization',
    from: 'medium',
    isWide: true,
    cell: (reclaim) => reclaim.organization,
    value: (reclaim) => reclaim.organization,
  },
  {
    id: 'gpus',
    header: 'GPUs',
    isNumeric: true,
    from: 'narrow',
    cell: (reclaim) => <span className="num">{reclaim.gpus}</span>,
    value: (reclaim) => reclaim.gpus,
  },
  {
    id: 'cause',
    header: 'Cause',
    from: 'widest',
    cell: (reclaim) => <span title={reclaim.text}>{CAUSE_WORDS[reclaim.cause]}</span>,
    value: (reclaim) => reclaim.cause,
  },
  {
    id: 'chain',
    header: 'Decided, notice, stop, gone, credit',
    from: 'medium',
    cell: (reclaim) => <ReclaimChain reclaim={reclaim} />,
    text: (reclaim) =>
      [reclaim.decidedAt, reclaim.notice.deliveredAt, reclaim.stopAskedAt, reclaim.goneAt].join(
        ' ',
      ),
  },
  {
    id: 'credit',
    header: 'Credited',
    isNumeric: true,
    cell: (reclaim) =>
      reclaim.compensationUsd === null ? (
        <span className="text-muted">—</span>
      ) : (
        <Money amount={reclaim.compensationUsd} />
      ),
    value: (reclaim) =>
      reclaim.compensationUsd === null ? null : parsePicos(reclaim.compensationUsd),
  },
]
