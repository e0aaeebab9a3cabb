/** Renders orders and clearings for the API. */
import type {
  Clearing as ClearingAnswer,
  GuaranteeHours,
  Order as OrderAnswer,
} from '@spillway/contract'
import { type Money, renderMoney, ZERO } from '#kernel/money.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { listOpenHolds } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { ClearingRecord } from './clearing-store.ts'
import { isInLine } from './order.ts'
import type { WholeOrder } from './store.ts'

function renderAmount(amount: Money | null): string | null {
  return amount === null ? null : renderMoney(amount)
}

function renderOne(order: WholeOrder, organization: string, held: Money): OrderAnswer {
  const start = isInLine(order) ? 'when_it_fits' : 'now'
  const { id, sequence, tier, state, text, pool, gpus, nodes, fabric, request } = order
  return {
    ...{ id, organization, sequence, tier, start, state, text, pool, gpus, nodes, fabric },
    guaranteeHours: order.guaranteeHours === 0 ? null : (order.guaranteeHours as GuaranteeHours),
    expectedStart: null,
    name: request.name ?? null,
    command: [...request.command],
    maxPriceUsdPerGpuHour: renderAmount(order.limit),
    priceUsdPerGpuHour: renderAmount(order.priceUsd),
    heldUsd: renderMoney(held),
    leaseId: order.leaseId,
    clearingId: order.clearingId,
    createdAt: order.createdAt.toISOString(),
    expiresAt: order.expiresAt?.toISOString() ?? null,
    closedAt: order.closedAt?.toISOString() ?? null,
  }
}

export async function renderOrders(db: Db, orders: readonly WholeOrder[]): Promise<OrderAnswer[]> {
  if (orders.length === 0) return []
  const ids = orders.map(({ id }) => id)
  const holds = await listOpenHolds(db, 'order', ids)
  const held = new Map(holds.map(({ reference, amount }) => [reference, amount]))
  const names = new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
  return orders.map((order) =>
    renderOne(order, names.get(order.organizationId) ?? '', held.get(order.id) ?? ZERO),
  )
}

export function renderClearing(record: ClearingRecord): ClearingAnswer {
  const { id, pool, isQuoted, bids, accepted, gpusOffered, gpusSold } = record
  return {
    ...{ id, pool, isQuoted, bids, accepted, gpusOffered, gpusSold },
    windowEndsAt: record.windowEndsAt.toISOString(),
    guaranteeHours: record.guaranteeHours === 0 ? null : (record.guaranteeHours as GuaranteeHours),
    reserveUsdPerGpuHour: renderMoney(record.reserve),
    priceUsdPerGpuHour: renderMoney(record.price),
  }
}
