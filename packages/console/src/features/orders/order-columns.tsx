/** The columns of the list of orders. */
import type { Order } from '@spillway/contract'
import type { ReactElement } from 'react'
import { ExpectedStartBy } from '../../ui/expected-start.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { KindWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { orderName, orderSize, OrderStateWord } from './order-looks.tsx'

const STATE_ORDER = ['pending', 'standing', 'filled', 'rejected', 'expired', 'cancelled']

function Amount({ amount }: { amount: string | null }): ReactElement {
  return amount === null ? <span className="text-muted">—</span> : <Money amount={amount} />
}

const organization: TableColumn<Order> = {
  id: 'organization',
  header: 'Organization',
  from: 'wide',
  value: (order) => order.organization,
  cell: (order) => order.organization,
}

const COLUMNS: readonly TableColumn<Order>[] = [
  {
    id: 'state',
    header: 'State',
    value: (order) => STATE_ORDER.indexOf(order.state),
    text: (order) => order.state,
    cell: (order) => <OrderStateWord order={order} />,
  },
  {
    id: 'name',
    header: 'Order',
    isWide: true,
    value: orderName,
    cell: (order) => <span title={orderName(order)}>{orderName(order)}</span>,
  },
  {
    id: 'tier',
    header: 'Tier',
    from: 'medium',
    value: (order) => order.tier,
    cell: (order) =>
      order.guaranteeHours === null ? (
        <KindWord kind={order.tier} />
      ) : (
        `${order.tier}, ${order.guaranteeHours} h`
      ),
  },
  {
    id: 'pool',
    header: 'Pool',
    from: 'medium',
    value: (order) => order.pool,
    cell: (order) => order.pool,
  },
  {
    id: 'gpus',
    header: 'GPUs',
    isNumeric: true,
    value: (order) => order.gpus,
    cell: (order) => <span className="num">{orderSize(order)}</span>,
  },
  {
    id: 'limit',
    header: 'Limit, $/GPU-h',
    isNumeric: true,
    from: 'narrow',
    value: (order) =>
      order.maxPriceUsdPerGpuHour === null ? null : parsePicos(order.maxPriceUsdPerGpuHour),
    text: (order) => order.maxPriceUsdPerGpuHour ?? '',
    cell: (order) => <Amount amount={order.maxPriceUsdPerGpuHour} />,
  },
  {
    id: 'price',
    header: 'Price',
    isNumeric: true,
    value: (order) =>
      order.priceUsdPerGpuHour === null ? null : parsePicos(order.priceUsdPerGpuHour),
    text: (order) => order.priceUsdPerGpuHour ?? '',
    cell: (order) => <Amount amount={order.priceUsdPerGpuHour} />,
  },
  {
    id: 'held',
    header: 'Held',
    isNumeric: true,
    from: 'wide',
    value: (order) => parsePicos(order.heldUsd),
    text: (order) => order.heldUsd,
    cell: (order) => <Amount amount={order.heldUsd === '0' ? null : order.heldUsd} />,
  },
  {
    id: 'likely',
    header: 'Likely start by',
    isNumeric: true,
    from: 'wide',
    value: (order) => order.expectedStart?.p90At ?? null,
    cell: (order) => <ExpectedStartBy start={order.expectedStart} />,
  },
  {
    id: 'until',
    header: 'Stands until',
    isNumeric: true,
    from: 'wide',
    value: (order) => order.expiresAt,
    cell: (order) =>
      order.closedAt === null && order.expiresAt !== null ? (
        <Ago at={order.expiresAt} />
      ) : (
        <span className="text-muted">—</span>
      ),
  },
  {
    id: 'created',
    header: 'Made',
    isNumeric: true,
    from: 'medium',
    value: (order) => order.createdAt,
    cell: (order) => <Ago at={order.createdAt} />,
  },
]

/** The operator sees whose order each is; a buyer sees only its own. */
export function orderColumns(isOperator: boolean): readonly TableColumn<Order>[] {
  return isOperator ? COLUMNS.toSpliced(2, 0, organization) : COLUMNS
}
