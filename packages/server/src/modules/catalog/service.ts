/** What is sold, and at which price from when on. A price, once set, never changes: usage is rated by its id. */
import { assert, present } from '#kernel/assert.ts'
import { newId, type IdSource } from '#kernel/ids.ts'
import type { Price } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import { effectiveFrom, isSamePrice, type PriceInForce, type SetPrice } from './price.ts'
import {
  findLatestPrice,
  findPrices,
  findPricesInForce,
  insertPrice,
  lockSku,
  upsertSku,
  type Sku,
} from './store.ts'

/** Makes the SKU exist. Its unit is what its prices count in, and stays. */
export async function defineSku(tx: Db, sku: Sku): Promise<void> {
  const { unit } = await upsertSku(tx, sku)
  assert(unit === sku.unit, `the SKU ${sku.name} is counted in ${unit} for ever`)
}

/** Makes `price` the SKU's price from `now` on, unless it is that already. Returns the id of the price in force. */
export async function setPrice(
  tx: Db,
  request: {
    readonly sku: string
    readonly price: Price
    readonly now: Date
    readonly ids: IdSource
  },
): Promise<string> {
  const { sku, price, now, ids } = request
  const { unit } = present(await lockSku(tx, sku), `the SKU ${sku}`)
  assert(unit === price.unit, `a price of ${sku} counts in ${unit}`)
  assert(price.amount >= 0n && price.per > 0n, 'a price is not negative')
  const latest = await findLatestPrice(tx, sku)
  if (latest !== null && isSamePrice(latest.price, price)) return latest.id
  const id = newId('price', ids)
  await insertPrice(tx, { id, sku, price, effectiveFrom: effectiveFrom(latest, now) })
  return id
}

/** The price of a SKU at an instant. A SKU that is sold has one: anything else is a defect, never a price of zero. */
export async function getPriceInForce(db: Db, sku: string, at: Date): Promise<PriceInForce> {
  const found = await listPricesInForce(db, [sku], at)
  return present(found.get(sku), `a price of ${sku} at ${at.toISOString()}`)
}

/** The prices in force at an instant, by SKU; those without one are absent. */
export async function listPricesInForce(
  db: Db,
  skus: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, PriceInForce>> {
  const found = await findPricesInForce(db, skus, at)
  return new Map(found.map(({ sku, id, price }) => [sku, { id, price }]))
}

/** Prices by their ids, in force or not; unknown ones are absent. */
export async function listPrices(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SetPrice>> {
  const found = await findPrices(db, ids)
  return new Map(found.map((each) => [each.id, each]))
}
