/** What people do with orders: make and cancel them. Windows fill them. */
import type { OrderStart } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { createLease, type LeaseRequest, planLease } from '#modules/lease/index.ts'
import { createHold } from '#modules/ledger/index.ts'
import { findBidFaults, getGpuPrice, gpuSku } from '#modules/market/index.ts'
import { requireQuota } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { ORDER_STANDS_MAX_MS, ORDER_STANDS_MS } from '../../limits.ts'
import { isOpen } from './order.ts'
import { takeQuote } from './quote-service.ts'
import { spendQuote } from './quote-store.ts'
import { endOrder, tellOrder, wakeClearing } from './record-service.ts'
import { readReserve } from './rule-service.ts'
import { insertOrder, lockOrder, type WholeOrder } from './store.ts'
import { readSupply } from './supply-service.ts'

export interface OrderRequest {
  /** Its kind is the tier of the order. */
  readonly lease: LeaseRequest
  readonly limit: Money | null
  readonly expiresAt: Date | null
  /** On demand only; default: now. */
  readonly start?: OrderStart | undefined
  /** Of spot: not taken back for so many hours. */
  readonly guaranteeHours?: number | undefined
  /** A quote to buy at. */
  readonly quote?: string | undefined
}

const HOUR_MS = 3_600_000

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

function refuseField(field: string, message: string): never {
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

function expiryOf({ expiresAt }: OrderRequest, now: Date): Date {
  const field = 'body.expiresAt'
  if (expiresAt === null) return new Date(now.getTime() + ORDER_STANDS_MS)
  const aheadMs = expiresAt.getTime() - now.getTime()
  if (aheadMs <= 0) refuseField(field, `is in the past; it is ${now.toISOString()} now`)
  if (aheadMs > ORDER_STANDS_MAX_MS)
    refuseField(field, `an order stands for at most ${ORDER_STANDS_MAX_MS / 86_400_000} days`)
  return expiresAt
}

/** What is held for a spot order pays the first stretch of its lease at the limit. */
async function holdFor(
  tx: Db,
  { id, organizationId, amount }: { id: string; organizationId: string; amount: Money },
  context: Context,
): Promise<string> {
  const hold = { organizationId, amount, purpose: 'order' as const, reference: id }
  const outcome = await createHold(tx, { ...hold, ...context })
  if (outcome.kind === 'held') return outcome.holdId
  const [needed, available] = [renderMoney(amount), renderMoney(outcome.available)]
  throw new Fault(
    'balance.insufficient',
    `At its limit this needs $${needed} held for the first minutes, the notice and the grace, but $${available} is available.`,
    { details: { neededUsd: needed, availableUsd: available } },
  )
}

async function orderSpot(
  tx: Db,
  request: OrderRequest,
  context: Context,
): Promise<Omit<WholeOrder, 'sequence' | 'clearingId'>> {
  const { now } = context
  const { limit, guaranteeHours = 0 } = request
  const lease = { ...request.lease, guaranteeMs: guaranteeHours * HOUR_MS }
  if (request.quote !== undefined) refuseField('body.quote', 'is for orders on demand')
  if (request.start === 'when_it_fits') refuseField('body.start', 'is for orders on demand')
  const field = 'body.maxPriceUsdPerGpuHour'
  if (limit === null) return refuseField(field, 'a spot order has a limit: the most to pay')
  const expiresAt = expiryOf(request, now)
  const plan = await planLease(tx, { ...lease, maxPriceUsd: limit }, context)
  const { pool, nodes, fabric } = plan
  const bid = { sequence: 0, buyer: '', gpus: lease.gpus, nodes, fabric, limit }
  for (const { text } of findBidFaults(bid)) refuseField(field, text)
  const supply = await readSupply(tx, pool)
  const { reserve } = await readReserve(tx, pool, { supply, at: now, guaranteeHours })
  if (limit < reserve)
    throw new Fault(
      'order.limit_below_reserve',
      `The limit of $${renderMoney(limit)} per GPU-hour is below the reserve of $${renderMoney(reserve)} on ${pool}.`,
      {
        details: { reserveUsdPerGpuHour: renderMoney(reserve) },
        fields: [{ field, message: `is below the reserve of $${renderMoney(reserve)}` }],
      },
    )
  const id = newId('order', context.ids)
  const { organizationId, projectId, gpus } = lease
  await requireQuota(tx, { organizationId, projectId, pool, tier: 'spot', gpus }, now)
  const held = { id, organizationId, amount: plan.holdAt(limit) }
  return {
    ...{ id, organizationId, projectId, tier: 'spot', state: 'pending', pool, gpus, nodes, fabric },
    ...{ guaranteeHours, limit, request: lease, leaseId: null },
    ...{ holdId: await holdFor(tx, held, context) },
    ...{ priceUsd: null, createdAt: now, expiresAt, closedAt: null },
    text: 'Waits for the end of the window.',
  }
}

/** Where an order on demand goes, and at which price: by its quote, or by the list of now. */
async function agreeOnDemand(tx: Db, { lease, quote: quoteId }: OrderRequest, context: Context) {
  const { now } = context
  if (quoteId !== undefined) {
    const quote = await takeQuote(tx, { ...lease, id: quoteId }, now)
    const { pool, nodes, fabric, priceId, sku, priceUsd } = quote
    return { pool, nodes, fabric, agreedPrice: { id: priceId, sku, amount: priceUsd } }
  }
  const { pool, nodes, fabric } = await planLease(tx, lease, context)
  const { id, price } = await getGpuPrice(tx, { pool, tier: 'on_demand', at: now })
  const agreedPrice = { id, sku: gpuSku(pool, 'on_demand'), amount: price.amount }
  return { pool, nodes, fabric, agreedPrice }
}

/** Filled at once: its lease waits for room like any other on demand. */
async function orderOnDemand(
  tx: Db,
  request: OrderRequest,
  context: Context,
): Promise<Omit<WholeOrder, 'sequence' | 'clearingId'>> {
  const { now } = context
  const { lease: asked, limit, expiresAt, quote } = request
  if (expiresAt !== null) refuseField('body.expiresAt', 'an order on demand is filled at once')
  const agreed = await agreeOnDemand(tx, request, context)
  const isCounted = quote !== undefined
  const wanted = { ...asked, ...agreed, maxPriceUsd: limit, isCounted }
  const lease = await createLease(tx, wanted, context)
  const { organizationId, projectId, gpus } = lease
  const { pool, nodes, fabric, agreedPrice } = agreed
  const id = newId('order', context.ids)
  const which = quote === undefined ? 'list price' : 'quoted price'
  return {
    ...{ id, organizationId, projectId, tier: 'on_demand', state: 'filled', pool, gpus, nodes },
    ...{
      fabric,
      guaranteeHours: 0,
      limit,
      request: asked,
      holdId: null,
      leaseId: lease.id,
      expiresAt: null,
    },
    ...{ priceUsd: agreedPrice.amount, createdAt: now, closedAt: now },
    text: `Filled at the ${which} of $${renderMoney(agreedPrice.amount)} per GPU-hour.`,
  }
}

/** In line until free room holds all of it, at the list price then, which may be no higher than the limit. */
async function orderInLine(
  tx: Db,
  request: OrderRequest,
  context: Context,
): Promise<Omit<WholeOrder, 'sequence' | 'clearingId'>> {
  const { now } = context
  if (request.quote !== undefined)
    refuseField('body.quote', 'an order that waits for room outlives its quote')
  const expiresAt = expiryOf(request, now)
  const plan = await planLease(tx, request.lease, context)
  const { pool, nodes, fabric } = plan
  const { price } = await getGpuPrice(tx, { pool, tier: 'on_demand', at: now })
  const limit = request.limit ?? price.amount
  if (limit < price.amount) {
    const message = `is below the list price of $${renderMoney(price.amount)}`
    refuseField('body.maxPriceUsdPerGpuHour', message)
  }
  const { organizationId, projectId, gpus } = request.lease
  await requireQuota(tx, { organizationId, projectId, pool, tier: 'on_demand', gpus }, now)
  const id = newId('order', context.ids)
  const holdId = await holdFor(tx, { id, organizationId, amount: plan.holdAt(limit) }, context)
  return {
    ...{ id, organizationId, projectId, tier: 'on_demand', state: 'pending', pool, gpus, nodes },
    ...{
      fabric,
      guaranteeHours: 0,
      limit,
      request: request.lease,
      holdId,
      leaseId: null,
      priceUsd: null,
    },
    ...{ createdAt: now, expiresAt, closedAt: null },
    text: 'In line until all of it fits.',
  }
}

function drafterOf({ lease, start, guaranteeHours }: OrderRequest) {
  if (lease.kind === 'spot') return orderSpot
  if (guaranteeHours !== undefined) return refuseField('body.guaranteeHours', 'is for spot orders')
  return start === 'when_it_fits' ? orderInLine : orderOnDemand
}

/** Makes an order. Nothing is kept when it is refused. */
export async function createOrder(
  tx: Db,
  request: OrderRequest,
  context: Context,
): Promise<WholeOrder> {
  const draft = await drafterOf(request)(tx, request, context)
  const order = await insertOrder(tx, draft)
  if (request.quote !== undefined) await spendQuote(tx, request.quote, order.id)
  const type = isOpen(order) ? 'order.created' : 'order.filled'
  await tellOrder(tx, order, { type, text: order.text, at: context.now })
  if (isOpen(order)) await wakeClearing(tx, order.pool, context.now)
  return order
}

/** `organizationId` null for the operator. */
export async function cancelOrder(
  tx: Db,
  { id, organizationId, now }: { id: string; organizationId: string | null; now: Date },
): Promise<void> {
  const order = await lockOrder(tx, id)
  if (!order || (organizationId !== null && order.organizationId !== organizationId))
    throw new Fault('order.not_found', `You have no order ${id}.`)
  if (!isOpen(order))
    throw new Fault(
      'order.closed',
      `This order is ${order.state}; it cannot be cancelled any more.`,
    )
  await endOrder(tx, order, { state: 'cancelled', text: 'Cancelled.', closedAt: now })
}
