/** Starts orders that are in line for room: by arrival, each as soon as what is free holds all of it. Nobody goes for them. */
import { type Money, renderMoney } from '#kernel/money.ts'
import { findPool } from '#modules/fleet/index.ts'
import { getGpuPrice, gpuSku, TightPlacer } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Context, fillAll, releaseAll, takeSlots } from './fill-service.ts'
import { passOverExcess } from './quota-service.ts'
import { tellStanding } from './record-service.ts'
import { lockInLine, type WholeOrder } from './store.ts'
import { countForStay, readSupply } from './supply-service.ts'

interface Decided {
  readonly starts: readonly {
    readonly order: WholeOrder
    readonly placements: ReturnType<typeof takeSlots>
  }[]
  readonly stays: readonly { readonly order: WholeOrder; readonly text: string }[]
}

/** A large one is passed by smaller ones that fit. */
async function decide(
  tx: Db,
  pool: string,
  { orders, price, now }: { orders: readonly WholeOrder[]; price: Money; now: Date },
): Promise<Decided> {
  const whole = await readSupply(tx, pool)
  const forSale = await countForStay(tx, pool, { supply: whole, now })
  // What is on demand may not be taken back: what is kept for the owner's work is not for it.
  const kept = (await findPool(tx, pool))?.reclaim.anchorHeadroom ?? 0
  const { nodes: supply } = whole
  const placer = new TightPlacer(supply)
  const taken = new Map<number, number>()
  const starts: Decided['starts'][number][] = []
  const stays: Decided['stays'][number][] = []
  let left = forSale - kept
  for (const order of orders) {
    const isDear = order.limit !== null && order.limit < price
    const room = isDear || order.gpus > left ? null : placer.place(order)
    if (room === null) {
      const dear = `The list price of $${renderMoney(price)} is above its limit; it stays in line.`
      stays.push({ order, text: isDear ? dear : 'No room for all of it yet; it stays in line.' })
    } else {
      left -= order.gpus
      starts.push({ order, placements: takeSlots(room, { supply, taken }) })
    }
  }
  return { starts, stays }
}

export async function startInLine(
  tx: Db,
  { pool, limit }: { readonly pool: string; readonly limit: number },
  context: Context,
): Promise<void> {
  const { now } = context
  const orders = await passOverExcess(tx, await lockInLine(tx, pool, limit), now)
  if (orders.length === 0) return
  const { id, price } = await getGpuPrice(tx, { pool, tier: 'on_demand', at: now })
  const { amount } = price
  const { starts, stays } = await decide(tx, pool, { orders, price: amount, now })
  const agreedPrice = { id, sku: gpuSku(pool, 'on_demand'), amount }
  await releaseAll(
    tx,
    starts.map(({ order }) => order),
  )
  const fills = starts.map((start) => ({ ...start, agreedPrice }))
  await fillAll(tx, fills, context)
  await tellStanding(tx, stays, now)
}
