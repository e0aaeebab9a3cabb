/** Ends orders, and tells of what became of them. Each in the caller's transaction. */
import { releaseHold } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { CLEARING_WINDOW_MS } from '../../limits.ts'
import { type Order, windowEndAfter } from './order.ts'
import { closeOrder, type Closing } from './store.ts'

export const CLEARING_PROGRAM = 'clearing'

/** The pool will clear when the window that is open now ends. */
export async function wakeClearing(tx: Db, pool: string, now: Date): Promise<void> {
  const at = new Date(windowEndAfter(now.getTime(), CLEARING_WINDOW_MS))
  await wakeStrand(tx, { program: CLEARING_PROGRAM, subject: pool }, at)
}

export async function tellOrder(
  tx: Db,
  { id, organizationId, pool }: Pick<Order, 'id' | 'organizationId' | 'pool'>,
  { type, text, at }: { readonly type: string; readonly text: string; readonly at: Date },
): Promise<void> {
  const data = { orderId: id, pool, text }
  await emitEvent(tx, { at, type, organizationId, subject: id, data })
}

/** Ends an open order: what it held is free again. */
export async function endOrder(tx: Db, order: Order, closing: Closing): Promise<void> {
  if (order.holdId !== null) await releaseHold(tx, order.holdId)
  await closeOrder(tx, order.id, closing)
  const { state, text, closedAt } = closing
  await tellOrder(tx, order, { type: `order.${state}`, text, at: closedAt })
}
