/** Orders: what somebody wants to have and pays at most, until it is filled, cancelled or over. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { findWorkFault } from './lease-work.ts'
import { leaseFields } from './leases.ts'
import {
  Amount,
  ClearingId,
  ExpectedStart,
  GuaranteeHours,
  Instant,
  InstantInput,
  LeaseId,
  Limit,
  Name,
  OrderId,
  PositiveAmount,
  QuoteId,
  list,
} from './primitives.ts'

/**
 * `pending`: no window has looked at it yet. `standing`: one did, and it waits for the next. `filled`: its lease is made.
 * `rejected`: it can never be filled, and `text` says why.
 */
export const OrderState = z.enum([
  'pending',
  'standing',
  'filled',
  'cancelled',
  'rejected',
  'expired',
])
export type OrderState = z.infer<typeof OrderState>

/** What can be ordered: on demand at the list price at once, spot at a limit price by auction. */
export const OrderTier = z.enum(['on_demand', 'spot'])
export type OrderTier = z.infer<typeof OrderTier>

/** `when_it_fits`: on demand, in line until free room holds all of it; nobody is taken back for it. */
export const OrderStart = z.enum(['now', 'when_it_fits'])
export type OrderStart = z.infer<typeof OrderStart>

export const Order = z.object({
  id: OrderId,
  organization: z.string(),
  /** Its place among all orders; of equal bids the earlier one goes first. Bids of a clearing are named by it. */
  sequence: z.number().int(),
  tier: OrderTier,
  start: OrderStart,
  /** Of spot: for so many hours from its start it is not taken back; null: no such promise. */
  guaranteeHours: GuaranteeHours.nullable(),
  state: OrderState,
  /** How it stands, as a sentence. */
  text: z.string(),
  /** When it is likely to be filled; null where it is closed, and in lists of a pool where very many wait. */
  expectedStart: ExpectedStart.nullable(),
  pool: Name,
  gpus: z.number().int(),
  nodes: z.number().int(),
  fabric: z.enum(['same', 'any']),
  name: z.string().nullable(),
  command: z.array(z.string()),
  /** The most it pays per GPU-hour; null: the list price when it was made. */
  maxPriceUsdPerGpuHour: Amount.nullable(),
  /** What it pays; null until it is filled. */
  priceUsdPerGpuHour: Amount.nullable(),
  /** Set aside for its first stretch while it is open. */
  heldUsd: Amount,
  leaseId: LeaseId.nullable(),
  clearingId: ClearingId.nullable(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  closedAt: Instant.nullable(),
})
export type Order = z.infer<typeof Order>

export const CreateOrder = z
  .strictObject({
    ...leaseFields,
    tier: OrderTier.default('spot'),
    maxPriceUsdPerGpuHour: PositiveAmount.optional().meta({
      description:
        'The limit: the most to pay per GPU-hour. Needed for spot, where everybody accepted in a window pays the same, at most this; on demand, the order is refused when the list price is above.',
    }),
    start: OrderStart.default('now').meta({
      description:
        'For on demand: `when_it_fits` stands in line until free room holds all of it, at the list price then, up to the limit.',
    }),
    guaranteeHours: GuaranteeHours.optional().meta({
      description:
        'For spot: it is not taken back before it has run for so many hours. It is sold only as far as the forecast lets promise it, in windows of its own, at a reserve that is higher by a published share.',
    }),
    quote: QuoteId.optional().meta({
      description: 'For on demand: buys at the price and on the pool of this quote.',
    }),
    expiresAt: InstantInput.optional().meta({
      description: 'Until when an order stands. Default: a day from now.',
    }),
  })
  .check(findWorkFault)

export const createOrder = endpoint({
  id: 'order.create',
  method: 'POST',
  path: '/orders',
  summary: 'Order GPU time: on demand at the list price, or spot at a limit price by auction',
  permission: 'order.create',
  body: CreateOrder,
  returns: Order,
  errors: [
    'pool.not_found',
    'pool.none_matches',
    'lease.over_capacity',
    'lease.isolation_unavailable',
    'lease.path_refused',
    'lease.price_below_market',
    'order.limit_below_reserve',
    'quote.not_found',
    'quote.over',
    'quota.exceeded',
    'balance.insufficient',
  ],
  status: 201,
})

export const listOrders = endpoint({
  id: 'order.list',
  method: 'GET',
  path: '/orders',
  summary: 'List orders, newest first',
  permission: 'order.list',
  query: z.strictObject({
    state: OrderState.optional(),
    pool: Name.optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(Order),
})

const byId = z.strictObject({ id: OrderId })

export const getOrder = endpoint({
  id: 'order.get',
  method: 'GET',
  path: '/orders/{id}',
  summary: 'Get an order',
  permission: 'order.list',
  params: byId,
  returns: Order,
  errors: ['order.not_found'],
})

export const cancelOrder = endpoint({
  id: 'order.cancel',
  method: 'POST',
  path: '/orders/{id}/cancel',
  summary: 'Cancel an order that is open; what it held is free again',
  permission: 'order.create',
  params: byId,
  returns: Order,
  errors: ['order.not_found', 'order.closed'],
})
