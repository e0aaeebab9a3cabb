/** Firm quotes: the list price of on-demand time, kept for some minutes. An order uses a quote once. */
import type { Quote as QuoteAnswer } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { type LeaseRequest, planLease } from '#modules/lease/index.ts'
import { getGpuPrice, gpuSku } from '#modules/market/index.ts'
import { requireQuota } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { QUOTE_KEPT_MS } from '../../limits.ts'
import { insertQuote, lockQuote, type Quote } from './quote-store.ts'

export interface QuoteRequest extends Pick<
  LeaseRequest,
  | 'organizationId'
  | 'projectId'
  | 'gpus'
  | 'nodes'
  | 'fabric'
  | 'pool'
  | 'accelerator'
  | 'site'
  | 'region'
  | 'jurisdiction'
> {}

/** What does not matter to where it fits. */
const ANY_WORK = {
  kind: 'on_demand',
  command: ['true'],
  environment: {},
  graceMs: 0,
  requeue: 'never',
  noticeSignal: 'none',
  maxPriceUsd: null,
} as const

export async function createQuote(
  tx: Db,
  request: QuoteRequest,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<Quote> {
  const { organizationId, projectId, gpus } = request
  const { pool, nodes, fabric } = await planLease(tx, { ...ANY_WORK, ...request }, { now, ids })
  await requireQuota(tx, { organizationId, projectId, pool, tier: 'on_demand', gpus }, now)
  const { id: priceId, price } = await getGpuPrice(tx, { pool, tier: 'on_demand', at: now })
  const quote: Quote = {
    ...{ id: newId('quote', ids), organizationId, projectId, pool, gpus, nodes, fabric, priceId },
    ...{ sku: gpuSku(pool, 'on_demand'), priceUsd: price.amount, createdAt: now, orderId: null },
    expiresAt: new Date(now.getTime() + QUOTE_KEPT_MS),
  }
  await insertQuote(tx, quote)
  return quote
}

type Wanted = Pick<LeaseRequest, 'organizationId' | 'pool' | 'gpus' | 'nodes' | 'fabric'>

/** What an order asks for that its quote is not for. */
function findDifference(quote: Quote, wanted: Wanted): { field: string; message: string } | null {
  for (const name of ['pool', 'gpus', 'nodes'] as const)
    if (wanted[name] !== undefined && wanted[name] !== quote[name])
      return { field: `body.${name}`, message: `the quote is for ${quote[name]}` }
  if (wanted.fabric !== 'same' || quote.fabric === 'same') return null
  return { field: 'body.fabric', message: 'the quote is for nodes on any fabric' }
}

/** The quote that an order wants to use, locked. Throws when it holds no more, or is for something else. */
export async function takeQuote(
  tx: Db,
  { id, ...wanted }: Wanted & { readonly id: string },
  now: Date,
): Promise<Quote> {
  const quote = await lockQuote(tx, id)
  if (quote?.organizationId !== wanted.organizationId)
    throw new Fault('quote.not_found', `You have no quote ${id}.`)
  if (quote.orderId !== null)
    throw new Fault('quote.over', `The quote was used for the order ${quote.orderId}.`)
  if (quote.expiresAt <= now)
    throw new Fault('quote.over', `The quote held until ${quote.expiresAt.toISOString()}.`)
  const difference = findDifference(quote, wanted)
  if (difference === null) return quote
  const { field, message } = difference
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [difference] })
}

function stateOf({ orderId, expiresAt }: Quote, now: Date): QuoteAnswer['state'] {
  if (orderId !== null) return 'used'
  return expiresAt <= now ? 'expired' : 'open'
}

export function renderQuote(quote: Quote, now: Date): QuoteAnswer {
  const { id, pool, gpus, nodes, fabric, orderId } = quote
  return {
    ...{ id, state: stateOf(quote, now), pool, tier: 'on_demand', gpus, nodes, fabric, orderId },
    priceUsdPerGpuHour: renderMoney(quote.priceUsd),
    createdAt: quote.createdAt.toISOString(),
    expiresAt: quote.expiresAt.toISOString(),
  }
}
