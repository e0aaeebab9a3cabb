/** Buying a block: its price is held, its hours are booked, and it is paid as they pass. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { insertBooking, lockBookings } from '#modules/book/index.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { findPool, type Pool } from '#modules/fleet/index.ts'
import { BLOCK_PROGRAM, planLease } from '#modules/lease/index.ts'
import { createHold } from '#modules/ledger/index.ts'
import { blockSku, getGpuPrice } from '#modules/market/index.ts'
import { type Db, isConstraintViolation } from '#platform/db/database.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import {
  BLOCK_AHEAD_MAX_MS,
  BLOCK_GRID_MS,
  BLOCK_LEAD_SLACK_MS,
  BLOCK_LENGTH_MAX_MS,
} from '../../limits.ts'
import {
  type Block,
  blockPrice,
  findIntervalFault,
  hoursOf,
  type Interval,
  wholePrice,
} from './block.ts'
import { readTerms } from './cancel-service.ts'
import { tellBlock } from './record-service.ts'
import { leadMsOf, readRoom } from './room-service.ts'
import { fits } from './room.ts'
import { insertBlock } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

export interface BlockRequest extends Interval {
  readonly organizationId: string
  readonly projectId: string
  readonly pool: string
  readonly gpus: number
  readonly nodes?: number | undefined
  readonly fabric: 'same' | 'any'
  readonly name?: string | undefined
  readonly maxPriceUsd: Money | null
}

/** The first full hour that leaves those who have to go the whole of their notice. */
export function earliestStart(pool: Pool, now: Date): Date {
  const atMs = now.getTime() + leadMsOf(pool, BLOCK_LEAD_SLACK_MS)
  return new Date(Math.ceil(atMs / BLOCK_GRID_MS) * BLOCK_GRID_MS)
}

function refuseInterval(interval: Interval, pool: Pool, now: Date): void {
  const fault = findIntervalFault(interval, {
    gridMs: BLOCK_GRID_MS,
    earliest: earliestStart(pool, now),
    latest: new Date(now.getTime() + BLOCK_AHEAD_MAX_MS),
    lengthMaxMs: BLOCK_LENGTH_MAX_MS,
  })
  if (fault === null) return
  const field = `body.${fault.field}`
  const { message } = fault
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

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

/** What a block costs per GPU-hour now. */
export async function priceOfBlock(
  db: Db,
  pool: string,
  { hours, at }: { hours: number; at: Date },
) {
  const { price } = await getGpuPrice(db, { pool, tier: 'on_demand', at })
  return blockPrice(price.amount, hours)
}

async function agreePrice(tx: Db, request: BlockRequest, { now, ids }: Context) {
  const { pool, maxPriceUsd } = request
  const amount = await priceOfBlock(tx, pool, { hours: hoursOf(request), at: now })
  if (maxPriceUsd !== null && maxPriceUsd < amount)
    throw new Fault(
      'lease.price_below_market',
      `The maximum of $${renderMoney(maxPriceUsd)} per GPU-hour is below the price of $${renderMoney(amount)}.`,
      { details: { priceUsdPerGpuHour: renderMoney(amount) } },
    )
  const sku = blockSku(pool)
  await defineSku(tx, { name: sku, unit: 'gpu_ms', description: `GPU time on ${pool}, in blocks` })
  const price = { amount, per: 3_600_000n, unit: 'gpu_ms' } as const
  return { priceId: await setPrice(tx, { sku, price, now, ids }), sku, priceUsd: amount }
}

async function holdPrice(
  tx: Db,
  { id, organizationId, amount }: { id: string; organizationId: string; amount: Money },
  context: Context,
): Promise<string> {
  const hold = { organizationId, amount, purpose: 'block' as const, reference: id }
  const outcome = await createHold(tx, { ...hold, ...context })
  if (outcome.kind === 'held') return outcome.holdId
  const [needed, available] = [renderMoney(amount), renderMoney(outcome.available)]
  throw new Fault(
    'balance.insufficient',
    `All of the block costs $${needed}, which is held when it is bought, but $${available} is available.`,
    { details: { neededUsd: needed, availableUsd: available } },
  )
}

const NO_ROOM =
  'the pool cannot place that much in all of these hours, beside what is booked, what stays, and what is kept for the owner.'

/** Books the hours. Nobody else books on the pool meanwhile, and nothing that stays is placed there. */
async function book(tx: Db, block: Block, { pool, now }: { pool: Pool; now: Date }): Promise<void> {
  await lockBookings(tx, pool.name)
  const { startsAt, endsAt, gpus, nodes, fabric } = block
  const gang = {
    ...{ gpus, nodes, isOneFabric: fabric === 'same' },
    ...{ startsMs: startsAt.getTime(), endsMs: endsAt.getTime() },
  }
  const refuse = () => new Fault('block.no_capacity', `This cannot be booked: ${NO_ROOM}`)
  if (!fits(gang, await readRoom(tx, pool, now))) throw refuse()
  const leadMs = leadMsOf(pool, BLOCK_LEAD_SLACK_MS)
  try {
    await insertBooking(tx, { ...block, leadMs })
  } catch (error) {
    throw isConstraintViolation(error, 'booking_no_oversale') ? refuse() : error
  }
}

/** Buys a block. Nothing is kept when it is refused. */
export async function createBlock(tx: Db, request: BlockRequest, context: Context): Promise<Block> {
  const { now, ids } = context
  const { organizationId, projectId, gpus, startsAt, endsAt } = request
  const { nodes, fabric } = await planLease(
    tx,
    { ...ANY_WORK, ...request, maxPriceUsd: null },
    context,
  )
  const pool = await findPool(tx, request.pool)
  if (pool === null) throw new Fault('pool.not_found', `There is no pool ${request.pool}.`)
  refuseInterval(request, pool, now)
  const agreed = await agreePrice(tx, request, context)
  const id = newId('block', ids)
  const amount = wholePrice({ gpus, startsAt, endsAt, ...agreed })
  // Money before bookings, as whoever places what stays takes them.
  const holdId = await holdPrice(tx, { id, organizationId, amount }, context)
  const { freeHours, feePercent } = await readTerms(tx)
  const block: Block = {
    ...{ id, organizationId, projectId, name: request.name ?? `${gpus} × ${pool.name}` },
    ...{ state: 'scheduled', pool: pool.name, gpus, nodes, fabric, startsAt, endsAt, ...agreed },
    ...{ holdId, chargedUntil: startsAt, createdAt: now, readyAt: null, closedAt: null },
    ...{ missingGpuMs: null, usedGpuMs: null, creditUsd: null, creditTransactionId: null },
    ...{ cancelTerms: { freeHours, feePercent }, feeUsd: null },
    text: `Begins at ${startsAt.toISOString()}.`,
  }
  await book(tx, block, { pool, now })
  await insertBlock(tx, block)
  const text = `Bought for $${renderMoney(amount)}, which is held.`
  await tellBlock(tx, block, { at: now, type: 'block.created', text })
  await wakeStrand(tx, { program: BLOCK_PROGRAM, subject: id }, now)
  return block
}
