/**
 * Clears the window of a pool: its open orders meet what is free, and those that are accepted become leases on the very
 * slots that the auction gave them. All of a window commits together or not at all; what comes in between, such as
 * somebody who was quicker, makes it clear again on what is left.
 */
import { present } from '#kernel/assert.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { type AgreedPrice, Outdated } from '#modules/lease/index.ts'
import {
  auctionSku,
  type Bid,
  clearWindow,
  depthOf,
  logOf,
  TightPlacer,
  type Window,
} from '#modules/market/index.ts'
import {
  type Database,
  type Db,
  inTransaction,
  isConstraintViolation,
} from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { CLEARING_ORDERS_MAX, CLEARING_WINDOW_MS } from '../../limits.ts'
import { findLastClearing, insertClearing } from './clearing-store.ts'
import { type Context, fillAll, releaseAll, takeSlots, Unfillable } from './fill-service.ts'
import { startInLine } from './in-line-service.ts'
import { renderLog } from './log-text.ts'
import { isOpen, renderRefusal, windowEndBefore } from './order.ts'
import { passOverExcess } from './quota-service.ts'
import { endOrder, endOrders, tellStanding } from './record-service.ts'
import { readReserve } from './rule-service.ts'
import { hasOpenOrders, lockBids, lockExpiredOrders, lockOrder, type WholeOrder } from './store.ts'
import { readForSpot, readSupply } from './supply-service.ts'

const HOUR_MS = 3_600_000
/** Firm ones first; 0 is plain spot. */
const PROMISES: readonly number[] = [4, 2, 1, 0]

export interface ClearingDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** So many orders take part in a window. */
  readonly ordersMax?: number
}

function toBid({ sequence, organizationId, gpus, nodes, fabric, limit }: WholeOrder): Bid[] {
  return limit === null ? [] : [{ sequence, buyer: organizationId, gpus, nodes, fabric, limit }]
}

/** Ends those that are over, whether or not the window can be cleared. */
async function expire(
  tx: Db,
  pool: string,
  { at, limit }: { readonly at: Date; readonly limit: number },
): Promise<void> {
  const orders = await lockExpiredOrders(tx, pool, { at, limit })
  const text = 'Nothing could be had at its limit before it expired.'
  const closing = { state: 'expired' as const, text, closedAt: at }
  await endOrders(
    tx,
    orders.map((order) => ({ order, closing })),
  )
}

/** The price of a window is one of the catalog: usage is rated by it for as long as its leases run. */
async function agreePrice(
  tx: Db,
  { pool, amount, guaranteeHours }: Pick<Round, 'pool' | 'guaranteeHours'> & { amount: Money },
  context: Context,
): Promise<AgreedPrice> {
  const sku = auctionSku(pool, guaranteeHours)
  const promise = guaranteeHours === 0 ? '' : ` guaranteed for ${guaranteeHours} h`
  const description = `spot GPU time${promise} on ${pool}, by auction`
  await defineSku(tx, { name: sku, unit: 'gpu_ms', description })
  const price = { amount, per: 3_600_000n, unit: 'gpu_ms' } as const
  return { id: await setPrice(tx, { sku, price, ...context }), sku, amount }
}

interface Round {
  readonly pool: string
  readonly windowEndsAt: Date
  readonly guaranteeHours: number
  /** Those that take part. */
  readonly orders: readonly WholeOrder[]
}

/** Decides a window; null where it is put together with the next. */
async function decide(tx: Db, { pool, windowEndsAt, guaranteeHours, orders }: Round, now: Date) {
  const supply = await readSupply(tx, pool)
  const { rule, utilisationPpm, previous, reserve } = await readReserve(tx, pool, {
    ...{ supply, at: windowEndsAt, guaranteeHours },
  })
  const bids = orders.flatMap(toBid)
  const oldestMs = Math.min(...orders.map(({ createdAt }) => createdAt.getTime()))
  const merged = Math.floor((windowEndsAt.getTime() - oldestMs) / CLEARING_WINDOW_MS)
  const eligible = bids.filter(({ limit }) => limit >= reserve).length
  const depth = depthOf(rule, { bids: eligible, merged })
  if (depth === 'merge') return null
  const { nodes } = supply
  const gpusMax = (await readForSpot(tx, pool, { supply, now }))(guaranteeHours * HOUR_MS)
  const isQuoted = depth === 'quote'
  const window: Window = { rule, utilisationPpm, previous, gpusMax, isQuoted, bids }
  const clearing = clearWindow(window, new TightPlacer(nodes))
  return { supply, window, clearing, log: logOf(window, nodes, clearing) }
}

type Decided = NonNullable<Awaited<ReturnType<typeof decide>>>

async function record(
  tx: Db,
  { pool, windowEndsAt, guaranteeHours, orders }: Round,
  { decided, ids }: { readonly decided: Decided; readonly ids: IdSource },
): Promise<string> {
  const { window, clearing, log } = decided
  const { reserve, price, accepted, figures } = clearing
  const id = newId('clearing', ids)
  const counts = { bids: orders.length, accepted: accepted.length }
  const gpus = { gpusOffered: window.gpusMax, gpusSold: figures.gpusSold }
  const { isQuoted } = window
  const named = { id, pool, windowEndsAt, guaranteeHours }
  const whole = { ...named, isQuoted, reserve, price, ...counts, ...gpus }
  await insertClearing(tx, whole, renderLog(log))
  return id
}

type Cleared = Round & { readonly decided: Decided; readonly clearingId: string }

function orderOf(orders: readonly WholeOrder[]): (bid: Bid) => WholeOrder {
  const bySequence = new Map(orders.map((order) => [order.sequence, order]))
  return (bid) => present(bySequence.get(bid.sequence), 'the order of a bid')
}

async function fillWindow(
  tx: Db,
  { orders, decided, clearingId, pool, guaranteeHours }: Cleared,
  context: Context,
): Promise<void> {
  const { clearing, supply } = decided
  if (clearing.accepted.length === 0) return
  const taken = new Map<number, number>()
  const agreed = { pool, guaranteeHours, amount: clearing.price }
  const agreedPrice = await agreePrice(tx, agreed, context)
  const find = orderOf(orders)
  await releaseAll(
    tx,
    clearing.accepted.map(({ bid }) => find(bid)),
  )
  const fills = clearing.accepted.map(({ bid, room }) => {
    const placements = takeSlots(room, { supply: supply.nodes, taken })
    return { order: find(bid), placements, agreedPrice, clearingId }
  })
  await fillAll(tx, fills, context)
}

/** Those that got nothing stand for the next window; of the first time it is told. */
async function stand(tx: Db, { orders, decided }: Cleared, now: Date): Promise<void> {
  const { clearing } = decided
  const find = orderOf(orders)
  const standing = clearing.refused.map(({ bid, why }) => ({
    order: find(bid),
    text: renderRefusal(why, clearing),
  }))
  await tellStanding(tx, standing, now)
}

/** A window that was cleared already is not cleared again. */
async function clearPool(
  tx: Db,
  { pool, windowEndsAt, guaranteeHours, limit }: Omit<Round, 'orders'> & { readonly limit: number },
  context: Context,
): Promise<void> {
  const orders = await lockBids(tx, pool, { before: windowEndsAt, guaranteeHours, limit })
  if (orders.length === 0) return
  const last = await findLastClearing(tx, pool, guaranteeHours)
  if (last !== null && last.windowEndsAt >= windowEndsAt) return
  const bidding = await passOverExcess(tx, orders, context.now)
  if (bidding.length === 0) return
  const round = { pool, windowEndsAt, guaranteeHours, orders: bidding }
  const decided = await decide(tx, round, context.now)
  if (decided === null) return
  const clearingId = await record(tx, round, { decided, ids: context.ids })
  const cleared = { ...round, decided, clearingId }
  await fillWindow(tx, cleared, context)
  await stand(tx, cleared, context.now)
}

async function reject(tx: Db, { orderId, message }: Unfillable, now: Date): Promise<void> {
  const order = await lockOrder(tx, orderId)
  if (order !== null && isOpen(order))
    await endOrder(tx, order, { state: 'rejected', text: message, closedAt: now })
}

/** One step of the strand `clearing/<pool>`. */
export async function stepClearing(
  { database, now, ids, ordersMax: limit = CLEARING_ORDERS_MAX }: ClearingDeps,
  pool: string,
): Promise<StepOutcome> {
  const at = now()
  const endMs = windowEndBefore(at.getTime(), CLEARING_WINDOW_MS)
  const round = { pool, windowEndsAt: new Date(endMs), limit }
  await inTransaction(database, (tx) => expire(tx, pool, { at, limit }))
  try {
    // Those in line come first: they pay more than any window asks.
    await inTransaction(database, (tx) => startInLine(tx, { pool, limit }, { now: at, ids }))
    // What is promised for longest has the least room; each is sold from what the firmer ones leave.
    for (const guaranteeHours of PROMISES)
      await inTransaction(database, (tx) =>
        clearPool(tx, { ...round, guaranteeHours }, { now: at, ids }),
      )
  } catch (error) {
    if (error instanceof Unfillable) await inTransaction(database, (tx) => reject(tx, error, at))
    else if (!isConstraintViolation(error, 'claim_no_double_sale') && !(error instanceof Outdated))
      throw error
    // Nothing of the window was kept: it is cleared again on what is left.
    return { kind: 'wait', untilMs: at.getTime() }
  }
  const isOver = !(await hasOpenOrders(database, pool))
  return isOver ? { kind: 'done' } : { kind: 'wait', untilMs: endMs + CLEARING_WINDOW_MS }
}
