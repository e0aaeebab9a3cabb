/** How orders read everywhere: state, name, size. */
import type { Order, OrderState } from '@spillway/contract'
import type { ReactElement } from 'react'
import { formatCount } from '../../ui/format/numbers.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import { quoteWords } from '../leases/command-words.ts'

const TONES: Readonly<Record<OrderState, Tone>> = {
  pending: 'accent',
  standing: 'warn',
  filled: 'good',
  cancelled: 'idle',
  rejected: 'bad',
  expired: 'idle',
}

export function OrderStateWord({ order }: { order: Order }): ReactElement {
  return (
    <StateWord tone={TONES[order.state]} title={order.text} isMoving={order.state === 'pending'}>
      {order.state}
    </StateWord>
  )
}

export function orderName({ name, command }: Order): string {
  return name ?? quoteWords(command)
}

/** `8`, or `16 over 2` nodes. */
export function orderSize({ gpus, nodes }: Order): string {
  return nodes === 1 ? formatCount(gpus) : `${formatCount(gpus)} over ${formatCount(nodes)}`
}

export function isOpen({ state }: Order): boolean {
  return state === 'pending' || state === 'standing'
}
