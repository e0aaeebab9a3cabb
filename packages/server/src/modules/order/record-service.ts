/** Ends orders, and tells of what became of them. Each in the caller's transaction. */
import { releaseHolds } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvents } from '#platform/events/emit.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { CLEARING_WINDOW_MS } from '../../limits.ts'
import { type Order, windowEndAfter } from './order.ts'
import { closeOrders, type Closing, noteStanding } from './store.ts'

export const CLEARING_PROGRAM = 'clearing'

/** The pool will clear when the window that is open now ends. */
export async function wakeClearing(tx: Db, pool: string, now: Date): Promise<void> {
  const at = new Date(windowEndAfter(now.getTime(), CLEARING_WINDOW_MS))
  await wakeStrand(tx, { program: CLEARING_PROGRAM, subject: pool }, at)
}

interface News {
  readonly order: Pick<Order, 'id' | 'organizationId' | 'pool'>
  readonly type: string
  readonly text: string
  readonly at: Date
}

const EVENTS_AT_ONCE = 1000

/** Tells of several orders, in this order. */
export async function tellOrders(tx: Db, news: readonly News[]): Promise<void> {
  const events = news.map(({ order: { id, organizationId, pool }, type, text, at }) => ({
    ...{ at, type, organizationId, subject: id },
    data: { orderId: id, pool, text },
  }))
  for (let from = 0; from < events.length; from += EVENTS_AT_ONCE)
    await emitEvents(tx, events.slice(from, from + EVENTS_AT_ONCE))
}

export async function tellOrder(
  tx: Db,
  order: News['order'],
  news: Omit<News, 'order'>,
): Promise<void> {
  await tellOrders(tx, [{ order, ...news }])
}

/** Orders that go on waiting, each with why. Of the first time it is told. */
export async function tellStanding(
  tx: Db,
  standing: readonly { readonly order: Order; readonly text: string }[],
  now: Date,
): Promise<void> {
  await noteStanding(
    tx,
    standing.map(({ order: { id }, text }) => ({ id, text })),
  )
  const first = standing.filter(({ order }) => order.state === 'pending')
  await tellOrders(
    tx,
    first.map(({ order, text }) => ({ order, type: 'order.standing', text, at: now })),
  )
}

export interface Ended {
  readonly order: Order
  readonly closing: Closing
}

/** Ends open orders by sets: what they held is free again. */
export async function endOrders(tx: Db, ended: readonly Ended[]): Promise<void> {
  if (ended.length === 0) return
  await releaseHolds(
    tx,
    ended.flatMap(({ order }) => order.holdId ?? []),
  )
  await closeOrders(
    tx,
    ended.map(({ order: { id }, closing }) => ({ id, closing })),
  )
  const news = ended.map(({ order, closing: { state, text, closedAt: at } }) => ({
    ...{ order, type: `order.${state}`, text, at },
  }))
  await tellOrders(tx, news)
}

export async function endOrder(tx: Db, order: Order, closing: Closing): Promise<void> {
  await endOrders(tx, [{ order, closing }])
}
