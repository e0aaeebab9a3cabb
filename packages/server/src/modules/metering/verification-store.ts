/** SQL that compares events, hours and prices. Reads only; run it in one snapshot. */
import { sql } from 'kysely'
import { money, renderMoney, type Money, type Price } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'

export async function countEvents(db: Db): Promise<number> {
  const { rows } = await sql<{ events: string }>`
    SELECT count(*)::text AS events FROM usage_event WHERE line = 0`.execute(db)
  return Number(rows[0]?.events)
}

/** Keys whose quantity is not the sum of their events, either way round. */
export async function findWrongQuantities(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ key: string }>`
    WITH counted AS (
      SELECT organization_id, project_id, sku, price_id, resource,
        date_trunc('hour', from_at, 'UTC') AS hour, sum(quantity) AS quantity
      FROM usage_event GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT concat_ws(' ', organization_id, project_id, sku, price_id, resource, hour) AS key
    FROM counted c
    FULL JOIN usage_hour h USING (organization_id, project_id, sku, price_id, resource, hour)
    WHERE coalesce(c.quantity, 0) <> coalesce(h.quantity, 0)
    LIMIT 10`.execute(db)
  return rows.map(({ key }) => key)
}

/** The price ids that hours were rated by. */
export async function listPriceIds(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT price_id AS id FROM usage_hour`.execute(db)
  return rows.map(({ id }) => id)
}

/**
 * Keys whose amount is not their quantity times the price, rounded half-even to the pico; a key whose price is not
 * given is wrong. Computed in SQL on `numeric`, apart from the code that charged it.
 */
export async function findWrongAmounts(
  db: Db,
  prices: ReadonlyMap<string, { readonly price: Price }>,
): Promise<readonly string[]> {
  const list = [...prices]
  const { rows } = await sql<{ key: string }>`
    WITH known AS (
      SELECT * FROM unnest(
        ${arrayText(list.map(([id]) => id))}::text[],
        ${arrayText(list.map(([, { price }]) => renderMoney(price.amount)))}::numeric[],
        ${arrayText(list.map(([, { price }]) => price.per))}::numeric[]
      ) AS t (price_id, amount_usd, per)
    ), exact AS (
      SELECT h.*, per, amount_usd * 1e12 * quantity AS product FROM usage_hour h LEFT JOIN known USING (price_id)
    ), cut AS (
      SELECT *, div(product, per) AS below, 2 * mod(product, per) AS twice FROM exact
    )
    SELECT concat_ws(' ', organization_id, project_id, sku, price_id, resource, hour) AS key FROM cut
    WHERE (below + CASE WHEN twice > per OR (twice = per AND mod(below, 2) = 1) THEN 1 ELSE 0 END)
      IS DISTINCT FROM amount * 1e12
    LIMIT 10`.execute(db)
  return rows.map(({ key }) => key)
}

export async function sumHoursBySku(db: Db): Promise<ReadonlyMap<string, Money>> {
  const { rows } = await sql<{ sku: string; amount: string }>`
    SELECT sku, sum(amount) AS amount FROM usage_hour GROUP BY sku`.execute(db)
  return new Map(rows.map(({ sku, amount }) => [sku, money(amount)]))
}
