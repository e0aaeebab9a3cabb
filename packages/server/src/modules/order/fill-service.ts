/** Makes a lease of an order, on the slots that a placer gave it. In the caller's transaction, which keeps all or nothing. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { type AgreedPrice, createLease, placeLeases } from '#modules/lease/index.ts'
import { releaseHolds } from '#modules/ledger/index.ts'
import type { TightRoom } from '#modules/market/index.ts'
import { type Db, isUnavailable } from '#platform/db/database.ts'
import { endOrder } from './record-service.ts'
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

/** What the order held is free by now, so that its money is there for what the lease holds, which is never more. */
export async function fill(
  tx: Db,
  { order, placements, agreedPrice, clearingId }: Fill,
  context: Context,
): Promise<void> {
  const { tier, pool, gpus, nodes, limit } = order
  const work = { ...order.request, kind: tier, pool, gpus, nodes } as const
  try {
    const lease = await createLease(
      tx,
      { ...work, maxPriceUsd: limit, agreedPrice, isCounted: true },
      context,
    )
    await placeLeases(tx, [{ kind: 'place', leaseId: lease.id, placements }], context)
    await endOrder(tx, order, {
      state: 'filled',
      text: `Filled at $${renderMoney(agreedPrice.amount)} per GPU-hour.`,
      closedAt: context.now,
      ...{ leaseId: lease.id, priceUsd: agreedPrice.amount },
      ...(clearingId === undefined ? {} : { clearingId }),
    })
  } catch (error) {
    // That the database is away says nothing about the order.
    throw error instanceof Fault && !isUnavailable(error) ? new Unfillable(order.id, error) : error
  }
}
