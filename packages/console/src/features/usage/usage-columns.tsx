/** The columns of the usage table. */
import type { UsageRow } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { shortenId } from '../../ui/copy.tsx'
import { Money, Quantity } from '../../ui/figures.tsx'
import { parsePicos, rate } from '../../ui/format/money.ts'
import type { TableColumn } from '../../ui/table/column.ts'
import { readablePer } from './usage-shape.ts'

export const USAGE_COLUMNS: readonly TableColumn<UsageRow>[] = [
  {
    id: 'sku',
    header: 'SKU',
    value: (row) => row.sku,
    cell: (row) => <span className="num">{row.sku}</span>,
  },
  {
    id: 'resource',
    header: 'Resource',
    isWide: true,
    value: (row) => row.resource,
    cell: (row) => <Resource resource={row.resource} />,
  },
  {
    id: 'project',
    header: 'Project',
    from: 'wide',
    value: (row) => row.project,
    cell: (row) => row.project,
  },
  {
    id: 'quantity',
    header: 'Quantity',
    isNumeric: true,
    from: 'narrow',
    value: (row) => BigInt(row.quantity),
    text: (row) => row.quantity,
    cell: (row) => <Quantity quantity={row.quantity} unit={row.unit} />,
  },
  {
    id: 'unit',
    header: 'Base unit',
    from: 'wide',
    value: (row) => row.unit,
    cell: (row) => <span className="text-muted">{row.unit === 'gpu_ms' ? 'GPU-ms' : 'token'}</span>,
  },
  {
    id: 'price',
    header: 'Unit price',
    isNumeric: true,
    from: 'medium',
    value: (row) => rate(row.price, readablePer(row.unit).quantity),
    text: (row) => `${row.price.amountUsd} per ${row.price.per} ${row.price.unit}`,
    cell: (row) => {
      const { quantity, word } = readablePer(row.unit)
      return (
        <span title={`${row.price.amountUsd} USD per ${row.price.per} ${row.price.unit}`}>
          <Money amount={rate(row.price, quantity)} per={word} />
        </span>
      )
    },
  },
  {
    id: 'charged',
    header: 'Charged',
    isNumeric: true,
    value: (row) => parsePicos(row.chargedUsd),
    text: (row) => row.chargedUsd,
    cell: (row) => <Money amount={row.chargedUsd} />,
  },
]

function Resource({ resource }: { resource: string }): ReactElement {
  if (resource.startsWith('lse_'))
    return (
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: resource }}
        title={resource}
        className="num text-text hover:text-accent"
      >
        {shortenId(resource)}
      </Link>
    )
  return <span title={resource}>{resource}</span>
}
