/** One order in full: how it stands, what it asks and holds, what became of it; an open one can be cancelled. */
import type { Order } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useEffect, useRef, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Code, Id, shortenId } from '../../ui/copy.tsx'
import { ExpectedStartWords } from '../../ui/expected-start.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
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
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label="Order"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className="my-0 mr-0 ml-auto h-dvh max-h-none w-[440px] max-w-[100vw] border-l border-line-strong bg-bg p-0 text-text"
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="min-w-0 text-15 font-bold break-words">{order.name ?? 'Order'}</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <div className="flex flex-col gap-4 p-4">
        <div>
          <OrderStateWord order={order} />
          <p className="mt-1 break-words">{order.text}</p>
        </div>
        <Code label="the command" text={quoteWords(order.command)} />
        <Facts facts={factsOf(order)} />
        {isOpen(order) && <LikelyStart id={order.id} />}
        {isOpen(order) && <Cancel order={order} />}
      </div>
    </dialog>
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
  const [isAsking, setIsAsking] = useState(false)
  const mayCancel = usePermission('order.create')
  const cancel = useCommand('cancelOrder', {
    changes: ['listOrders', 'getOrder', 'getBalance'],
    onSuccess: () => toast('The order was cancelled; what it held is free again'),
  })
  if (!mayCancel) return null
  return (
    <div className="flex flex-col gap-3">
      {cancel.error && <ProblemPanel explanation={explain(cancel.error)} />}
      {isAsking ? (
        <div className="flex flex-wrap items-center gap-2">
          <span className="flex-1">
            It leaves the market; <Money amount={order.heldUsd} /> is free again.
          </span>
          <Button onClick={() => setIsAsking(false)}>Keep it</Button>
          <Button
            look="danger"
            isBusy={cancel.isPending}
            onClick={() => cancel.mutate({ params: { id: order.id } })}
          >
            Cancel it
          </Button>
        </div>
      ) : (
        <div>
          <Button look="danger" onClick={() => setIsAsking(true)}>
            Cancel the order
          </Button>
        </div>
      )}
    </div>
  )
}
