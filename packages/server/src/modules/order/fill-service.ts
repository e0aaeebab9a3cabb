/** Makes leases of orders, on the slots that a placer gave them. In the caller's transaction, which keeps all or nothing. */
import { present } from '#kernel/assert.ts'
import type { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { type AgreedPrice, createLeases, placeLeases, RefusedLease } from '#modules/lease/index.ts'
import { releaseHolds } from '#modules/ledger/index.ts'
import type { TightRoom } from '#modules/market/index.ts'
import { type Db, isUnavailable } from '#platform/db/database.ts'
import { type Ended, endOrders } from './record-service.ts'
import type { WholeOrder } from './store.ts'
import type { SupplyNode } from './supply-service.ts'

export interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** An order whose lease was refused: the round is taken again without it. */
export class Unfillable extends Error {
  readonly orderId: string

  constructor(orderId: string, cause: Fault) {
    super(cause.message, { cause })
    this.orderId = orderId
  }
}

/**
 * Gives back what orders hold, all at once: balances are locked in one order before anything else that others wait for,
 * or those who come meanwhile and the round would each hold what the other needs.
 */
export async function releaseAll(tx: Db, orders: readonly WholeOrder[]): Promise<void> {
  await releaseHolds(
    tx,
    orders.flatMap(({ holdId }) => holdId ?? []),
  )
}

/** The slots of the nodes that a placer gave, the lowest that nobody of the round has. */
export function takeSlots(
  { nodes, slots }: TightRoom,
  { supply, taken }: { supply: readonly SupplyNode[]; taken: Map<number, number> },
) {
  return nodes.map((index) => {
    const from = taken.get(index) ?? 0
    taken.set(index, from + slots)
    const node = supply[index]
    return { nodeId: node?.nodeId ?? '', slots: (node?.slots ?? []).slice(from, from + slots) }
  })
}

export interface Fill {
  readonly order: WholeOrder
  readonly placements: ReturnType<typeof takeSlots>
  readonly agreedPrice: AgreedPrice
  /** Absent: it was not for a window to fill it. */
  readonly clearingId?: string
}

function toAgreed({ order, agreedPrice }: Fill) {
  const { tier, pool, gpus, nodes, limit } = order
  const work = { ...order.request, kind: tier, pool, gpus, nodes } as const
  return { ...work, maxPriceUsd: limit, agreedPrice, isCounted: true }
}

function toEnded({ order, agreedPrice, clearingId }: Fill, leaseId: string, now: Date): Ended {
  const closing = {
    state: 'filled' as const,
    text: `Filled at $${renderMoney(agreedPrice.amount)} per GPU-hour.`,
    closedAt: now,
    ...{ leaseId, priceUsd: agreedPrice.amount },
    ...(clearingId === undefined ? {} : { clearingId }),
  }
  return { order, closing }
}

/** That the database is away says nothing about an order. */
function whyUnfillable(error: unknown, fills: readonly Fill[]): unknown {
  if (!(error instanceof RefusedLease)) return error
  if (isUnavailable(error.fault)) return error.fault
  const { order } = present(fills[error.index], 'the order of a lease that was refused')
  return new Unfillable(order.id, error.fault)
}

/**
 * Fills a round by sets, so that it takes a few statements however many there are. What the orders held is free by now,
 * so that its money is there for what the leases hold, which is never more.
 */
export async function fillAll(tx: Db, fills: readonly Fill[], context: Context): Promise<void> {
  if (fills.length === 0) return
  try {
    const leases = await createLeases(tx, fills.map(toAgreed), context)
    const placed = fills.map(({ placements }, index) => ({
      ...{ kind: 'place' as const, leaseId: leases[index]?.id ?? '', placements },
    }))
    await placeLeases(tx, placed, context)
    const ended = fills.map((fill, index) => toEnded(fill, leases[index]?.id ?? '', context.now))
    await endOrders(tx, ended)
  } catch (error) {
    throw whyUnfillable(error, fills)
  }
}
