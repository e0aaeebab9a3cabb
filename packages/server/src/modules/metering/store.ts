/** SQL of usage events and hours: set by set, in the order of keys, so that concurrent postings queue up. */
import { sql } from 'kysely'
import { money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { HourTotal, UsageTotal } from './rating.ts'
import type { UsageEvent, UsageHourKey } from './usage-event.ts'

/** An event line as the table has it. */
export interface StoredLine {
  readonly id: string
  readonly line: number
  readonly sku: string
  readonly priceId: string
  readonly quantity: bigint
  readonly from: Date
  readonly to: Date
}

/**
 * Keeps those events that were not kept before; returns their ids. The primary key decides, so that of two at once
 * the first to commit wins, whole: lines that a repetition adds to a known event are taken out again.
 */
export async function insertEvents(
  db: Db,
  events: readonly UsageEvent[],
): Promise<ReadonlySet<string>> {
  const lines = events.flatMap((event) =>
    event.lines.map((line, index) => ({ event, line, index })),
  )
  const { rows } = await sql<{ readonly id: string; readonly line: number }>`
    INSERT INTO usage_event (id, line, organization_id, project_id, sku, price_id, resource,
      quantity, from_at, to_at)
    SELECT * FROM unnest(
      ${lines.map(({ event }) => event.id)}::uuid[],
      ${lines.map(({ index }) => index)}::smallint[],
      ${lines.map(({ event }) => event.organizationId)}::text[],
      ${lines.map(({ event }) => event.projectId)}::text[],
      ${lines.map(({ line }) => line.sku)}::text[],
      ${lines.map(({ line }) => line.priceId)}::text[],
      ${lines.map(({ event }) => event.resource)}::text[],
      ${lines.map(({ line }) => line.quantity)}::bigint[],
      ${lines.map(({ event }) => event.from.toISOString())}::timestamptz[],
      ${lines.map(({ event }) => event.to.toISOString())}::timestamptz[]
    )
    ON CONFLICT DO NOTHING
    RETURNING id, line`.execute(db)
  const kept = new Set(rows.flatMap(({ id, line }) => (line === 0 ? [id] : [])))
  const surplus = [...new Set(rows.flatMap(({ id }) => (kept.has(id) ? [] : [id])))]
  if (surplus.length > 0)
    await deleteLines(
      db,
      rows.filter(({ id }) => !kept.has(id)),
    )
  return kept
}

async function deleteLines(
  db: Db,
  lines: readonly { readonly id: string; readonly line: number }[],
): Promise<void> {
  await sql`
    DELETE FROM usage_event USING unnest(
      ${lines.map(({ id }) => id)}::uuid[], ${lines.map(({ line }) => line)}::smallint[]
    ) AS t (id, line)
    WHERE usage_event.id = t.id AND usage_event.line = t.line`.execute(db)
}

export async function findEvents(db: Db, ids: readonly string[]): Promise<readonly StoredLine[]> {
  const rows = await db
    .selectFrom('usage_event')
    .select(['id', 'line', 'sku', 'price_id', 'quantity', 'from_at', 'to_at'])
    .where('id', 'in', ids)
    .orderBy('id')
    .orderBy('line')
    .execute()
  return rows.map(({ id, line, sku, price_id, quantity, from_at, to_at }) => ({
    id,
    line,
    sku,
    priceId: price_id,
    quantity,
    from: from_at,
    to: to_at,
  }))
}

/** The totals of these keys so far, in their order, locked until the transaction ends; null where there is no row. */
export async function lockHours(
  db: Db,
  keys: readonly UsageHourKey[],
): Promise<readonly (UsageTotal | null)[]> {
  const { rows } = await sql<{ n: bigint; quantity: string; amount: string }>`
    SELECT t.n, h.quantity, h.amount
    FROM ${unnestKeys(keys)} WITH ORDINALITY AS t (organization_id, project_id, sku, price_id, resource, hour, n)
    JOIN usage_hour h USING (organization_id, project_id, sku, price_id, resource, hour)
    ORDER BY t.n FOR UPDATE OF h`.execute(db)
  const totals: (UsageTotal | null)[] = keys.map(() => null)
  for (const { n, quantity, amount } of rows)
    totals[Number(n) - 1] = { quantity: BigInt(quantity), amount: money(amount) }
  return totals
}

/** Rows of nothing for keys that have none; whoever comes second waits for the first. */
export async function openHours(db: Db, keys: readonly UsageHourKey[]): Promise<void> {
  await sql`
    INSERT INTO usage_hour (organization_id, project_id, sku, price_id, resource, hour, quantity, amount)
    SELECT t.*, 0, 0 FROM ${unnestKeys(keys)} AS t
    ON CONFLICT DO NOTHING`.execute(db)
}

/** Writes totals whose rows the caller has locked. */
export async function updateHours(db: Db, totals: readonly HourTotal[]): Promise<void> {
  const keys = totals.map(({ key }) => key)
  await sql`
    UPDATE usage_hour h SET quantity = t.quantity, amount = t.amount
    FROM ROWS FROM (
      ${unnestKeys(keys)},
      unnest(${totals.map(({ quantity }) => quantity)}::numeric[]),
      unnest(${totals.map(({ amount }) => renderMoney(amount))}::numeric[])
    ) AS t (organization_id, project_id, sku, price_id, resource, hour, quantity, amount)
    WHERE (h.organization_id, h.project_id, h.sku, h.price_id, h.resource, h.hour)
      = (t.organization_id, t.project_id, t.sku, t.price_id, t.resource, t.hour)`.execute(db)
}

function unnestKeys(keys: readonly UsageHourKey[]) {
  return sql`unnest(
    ${keys.map(({ organizationId }) => organizationId)}::text[],
    ${keys.map(({ projectId }) => projectId)}::text[],
    ${keys.map(({ sku }) => sku)}::text[],
    ${keys.map(({ priceId }) => priceId)}::text[],
    ${keys.map(({ resource }) => resource)}::text[],
    ${keys.map(({ hour }) => hour.toISOString())}::timestamptz[]
  )`
}
