/** The columns of every list of leases. */
import type { Lease } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import { Id } from '../../ui/copy.tsx'
import { ExpectedStartBy } from '../../ui/expected-start.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { KindWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { LeaseAge, leasePlace, LeasePrice, LeaseStateWord } from './lease-looks.tsx'
import { leaseName } from './lease-name.ts'

const STATE_ORDER = ['reclaiming', 'running', 'starting', 'pending', 'ended']

const organization: TableColumn<Lease> = {
  id: 'organization',
  header: 'Organization',
  from: 'wide',
  value: (lease) => lease.organization,
  cell: (lease) => lease.organization,
}

const COLUMNS: readonly TableColumn<Lease>[] = [
  {
    id: 'state',
    header: 'State',
    value: (lease) => STATE_ORDER.indexOf(lease.state),
    text: (lease) => lease.state,
    cell: (lease) => <LeaseStateWord lease={lease} />,
  },
  {
    id: 'name',
    header: 'Lease',
    isWide: true,
    value: leaseName,
    cell: (lease) => (
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: lease.id }}
        title={leaseName(lease)}
        className="text-text no-underline hover:text-accent hover:underline"
      >
        {leaseName(lease)}
      </Link>
    ),
  },
  {
    id: 'id',
    header: 'Id',
    from: 'widest',
    value: (lease) => lease.id,
    cell: (lease) => <Id id={lease.id} />,
  },
  {
    id: 'kind',
    header: 'Tier',
    from: 'narrow',
    value: (lease) => lease.kind,
    cell: (lease) => <KindWord kind={lease.kind} />,
  },
  {
    id: 'gpus',
    header: 'GPUs',
    isNumeric: true,
    from: 'medium',
    value: (lease) => lease.gpus,
    cell: (lease) => <span className="num">{lease.gpus}</span>,
  },
  {
    id: 'place',
    header: 'Node:slots',
    from: 'wide',
    value: leasePlace,
    cell: (lease) => (
      <span className="num" title={`pool ${lease.pool}`}>
        {leasePlace(lease)}
      </span>
    ),
  },
  {
    id: 'price',
    header: '$/GPU-h',
    isNumeric: true,
    from: 'medium',
    value: (lease) =>
      lease.priceUsdPerGpuHour === null ? null : parsePicos(lease.priceUsdPerGpuHour),
    text: (lease) => lease.priceUsdPerGpuHour ?? '',
    cell: (lease) => <LeasePrice lease={lease} />,
  },
  {
    id: 'likely',
    header: 'Likely start by',
    isNumeric: true,
    from: 'wide',
    value: (lease) => lease.expectedStart?.p90At ?? null,
    cell: (lease) => <ExpectedStartBy start={lease.expectedStart} />,
  },
  {
    id: 'created',
    header: 'Created',
    from: 'widest',
    isNumeric: true,
    value: (lease) => lease.createdAt,
    cell: (lease) => <Ago at={lease.createdAt} />,
  },
  {
    id: 'ran',
    header: 'Ran',
    isNumeric: true,
    from: 'narrow',
    value: (lease) => lease.gpuMs,
    cell: (lease) =>
      lease.startedAt === null ? <span className="text-muted">—</span> : <LeaseAge lease={lease} />,
  },
  {
    id: 'cost',
    header: 'Cost',
    isNumeric: true,
    value: (lease) => parsePicos(lease.chargedUsd),
    text: (lease) => lease.chargedUsd,
    cell: (lease) => <Money amount={lease.chargedUsd} />,
  },
]

/** The operator sees whose lease each is; a buyer sees only its own. */
export function leaseColumns(isOperator: boolean): readonly TableColumn<Lease>[] {
  if (!isOperator) return COLUMNS
  const at = COLUMNS.findIndex((column) => column.id === 'kind')
  return COLUMNS.toSpliced(at, 0, organization)
}
