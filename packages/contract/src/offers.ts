/** Offers: what can be had, and what comes near. Quotes: an offer whose price is kept for a while. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ExpectedStart,
  Instant,
  InstantInput,
  Name,
  OrderId,
  PositiveAmount,
  QuoteId,
  Tier,
  list,
} from './primitives.ts'

/** In what an offer is not what was asked. */
export const OfferDifference = z.enum(['pool', 'gpus', 'start', 'tier', 'price'])
export type OfferDifference = z.infer<typeof OfferDifference>

export const Offer = z.object({
  pool: Name,
  site: Name,
  region: z.string(),
  accelerator: z.string(),
  tier: Tier,
  gpus: z.number().int(),
  nodes: z.number().int(),
  /** When there is room, by what is known now. */
  startsAt: Instant,
  /** When it is likely to start, those that wait already and the owner’s demand considered. */
  expectedStart: ExpectedStart,
  /** The list price: what a lease of this tier would start at. */
  priceUsdPerGpuHour: Amount,
  /** Of spot: the least that an order by auction has to pay now; null for other tiers. */
  reserveUsdPerGpuHour: Amount.nullable(),
  /** What is held when it is bought: the first minutes, the notice and the grace. */
  holdUsd: Amount,
  /** For as long as was asked; null where that was not said. */
  totalUsd: Amount.nullable(),
  /** Whether the balance can pay what is held. */
  isAffordable: z.boolean(),
  /** Whether the organization's quotas allow it. */
  isWithinQuota: z.boolean(),
  noticeMs: z.number().int(),
  /** Empty: exactly what was asked. */
  differs: z.array(OfferDifference),
})
export type Offer = z.infer<typeof Offer>

/** Why nothing is exactly what was asked and can be paid; null when something is. */
export const OfferRefusal = z.enum(['no_capacity', 'no_quota', 'no_money'])
export type OfferRefusal = z.infer<typeof OfferRefusal>

const gang = {
  pool: Name.optional(),
  accelerator: z.string().min(1).max(120).optional().meta({
    description: 'Words of the name that a pool gives it, such as H100.',
  }),
  site: Name.optional(),
  region: z.string().min(1).max(120).optional(),
  jurisdiction: z.string().min(1).max(120).optional(),
}

export const listOffers = endpoint({
  id: 'offer.list',
  method: 'GET',
  path: '/offers',
  summary: 'What can be had: what was asked first, then what comes near',
  permission: 'price.read',
  query: z.strictObject({
    gpus: z.coerce.number().int().min(1).max(100_000).default(1),
    nodes: z.coerce.number().int().min(1).max(10_000).optional(),
    ...gang,
    tier: Tier.optional().meta({ description: 'Default: any.' }),
    maxPriceUsdPerGpuHour: PositiveAmount.optional(),
    from: InstantInput.optional().meta({ description: 'When it should start. Default: now.' }),
    durationMs: z.coerce.number().int().min(1000).max(31_536_000_000).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20),
  }),
  returns: z.object({
    items: z.array(Offer),
    refusal: OfferRefusal.nullable(),
    /** The refusal as a sentence, or what the first offer is. */
    text: z.string(),
  }),
})

export const Quote = z.object({
  id: QuoteId,
  /** `used`: an order was made of it. */
  state: z.enum(['open', 'used', 'expired']),
  pool: Name,
  tier: z.literal('on_demand'),
  gpus: z.number().int(),
  nodes: z.number().int(),
  fabric: z.enum(['same', 'any']),
  priceUsdPerGpuHour: Amount,
  createdAt: Instant,
  expiresAt: Instant,
  orderId: OrderId.nullable(),
})
export type Quote = z.infer<typeof Quote>

export const createQuote = endpoint({
  id: 'quote.create',
  method: 'POST',
  path: '/quotes',
  summary: 'Keep the list price of on-demand GPU time for some minutes',
  permission: 'order.create',
  body: z.strictObject({
    gpus: z.number().int().min(1).max(100_000).default(1),
    nodes: z.number().int().min(1).max(10_000).optional(),
    ...gang,
    fabric: z.enum(['same', 'any']).default('any'),
  }),
  returns: Quote,
  errors: [
    'pool.not_found',
    'pool.none_matches',
    'lease.over_capacity',
    'lease.isolation_unavailable',
    'quota.exceeded',
  ],
  status: 201,
})

export const listQuotes = endpoint({
  id: 'quote.list',
  method: 'GET',
  path: '/quotes',
  summary: 'List quotes, newest first',
  permission: 'order.list',
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
  returns: list(Quote),
})

export const getQuote = endpoint({
  id: 'quote.get',
  method: 'GET',
  path: '/quotes/{id}',
  summary: 'Get a quote',
  permission: 'order.list',
  params: z.strictObject({ id: QuoteId }),
  returns: Quote,
  errors: ['quote.not_found'],
})
