/** One order in full: how it stands, what it asks and holds, what became of it; an open one can be cancelled. */
import type { Order } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { AskTwice } from '../../ui/ask-twice.tsx'
import { Code, Id, shortenId } from '../../ui/copy.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { ExpectedStartWords } from '../../ui/expected-start.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { Facts } from '../../ui/page.tsx'
import { KindWord } from '../../ui/state-word.tsx'
import { toast } from '../../ui/toast.tsx'
import { quoteWords } from '../leases/command-words.ts'
import { usePermission } from '../session/session.ts'
import { isOpen, orderSize, OrderStateWord } from './order-looks.tsx'

interface OrderDrawerProps {
  readonly order: Order
  readonly onClose: () => void
}

export function OrderDrawer({ order, onClose }: OrderDrawerProps): ReactElement {
  return (
    <Drawer label="Order" title={order.name ?? 'Order'} onClose={onClose}>
      <div>
        <OrderStateWord order={order} />
        <p className="mt-1 break-words">{order.text}</p>
      </div>
      <Code label="the command" text={quoteWords(order.command)} />
      <Facts facts={factsOf(order)} />
      {isOpen(order) && <LikelyStart id={order.id} />}
      {isOpen(order) && <Cancel order={order} />}
    </Drawer>
  )
}

/** Reckoned where one order is asked for; a list would take long. */
function LikelyStart({ id }: { id: string }): ReactElement | null {
  const { data } = useQuery(apiQuery('getOrder', { params: { id } }))
  const start = data?.expectedStart ?? null
  if (start === null) return null
  return (
    <p className="text-muted">
      Likely to be filled: <ExpectedStartWords start={start} />
    </p>
  )
}

type Fact = readonly [string, ReactElement | string]

function price(amount: string | null, term: string): readonly Fact[] {
  return amount === null ? [] : [[term, <Money key={term} amount={amount} per="GPU-h" />]]
}

function factsOf(order: Order): readonly Fact[] {
  const { leaseId, clearingId, expiresAt } = order
  const lease = leaseId && (
    <Link to="/leases/$leaseId" params={{ leaseId }} className="num text-accent">
      {shortenId(leaseId)}
    </Link>
  )
  const clearing = clearingId && (
    <Link to="/market/clearings/$clearingId" params={{ clearingId }} className="num text-accent">
      {shortenId(clearingId)}
    </Link>
  )
  return [
    ['Tier', <KindWord key="tier" kind={order.tier} />],
    ...(order.guaranteeHours === null
      ? []
      : ([
          ['Guarantee', `not taken back before it has run for ${order.guaranteeHours} h`],
        ] as const)),
    ['Pool', order.pool],
    [
      'GPUs',
      `${orderSize(order)}${order.nodes > 1 ? ' nodes' : ''}${order.fabric === 'same' ? ', on one fabric' : ''}`,
    ],
    ...price(order.maxPriceUsdPerGpuHour, 'Limit'),
    ...price(order.priceUsdPerGpuHour, 'Price'),
    ...(order.heldUsd === '0'
      ? []
      : ([['Held', <Money key="held" amount={order.heldUsd} />]] as const)),
    ...(lease ? ([['Lease', lease]] as const) : []),
    ...(clearing ? ([['Cleared in', clearing]] as const) : []),
    ['Bid', `number ${order.sequence}`],
    ['Organization', order.organization],
    ['Made', <Ago key="made" at={order.createdAt} />],
    ...(order.closedAt === null && expiresAt !== null
      ? ([['Stands until', <Ago key="until" at={expiresAt} />]] as const)
      : []),
    ['Id', <Id key="id" id={order.id} />],
  ]
}

function Cancel({ order }: { order: Order }): ReactElement | null {
  const mayCancel = usePermission('order.create')
  const cancel = useCommand('cancelOrder', {
    changes: ['listOrders', 'getOrder', 'getBalance'],
    onSuccess: () => toast('The order was cancelled; what it held is free again'),
  })
  if (!mayCancel) return null
  return (
    <AskTwice
      label="Cancel the order"
      action="Cancel it"
      keep="Keep it"
      isBusy={cancel.isPending}
      problem={cancel.error && explain(cancel.error)}
      onConfirm={() => cancel.mutate({ params: { id: order.id } })}
    >
      It leaves the market; <Money amount={order.heldUsd} /> is free again.
    </AskTwice>
  )
}
