/** SQL of usage events and hours: set by set, in the order of keys, so that concurrent postings queue up. */
import { sql } from 'kysely'
import { money, renderMoney } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { UsageTotal } from './rating.ts'
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
  const lines = events.flatMap(({ lines: own }, index) =>
    own.map((line, number) => ({ ...line, number, event: index + 1 })),
  )
  // A price is of one SKU, which rating makes sure of; both are sent once and not with every line.
  const skus = new Map(lines.map(({ sku, priceId }) => [priceId, sku]))
  const offers = new Map([...skus.keys()].map((priceId, index) => [priceId, index + 1]))
  const { rows } = await sql<{ kept: bigint; lines: readonly string[] | null }>`
    WITH kept AS (
      INSERT INTO usage_event (id, line, organization_id, project_id, sku, price_id, resource,
        quantity, from_at, to_at)
      SELECT e.id, l.line, e.organization_id, e.project_id, o.sku, o.price_id, e.resource,
        l.quantity, e.from_at, e.to_at
      FROM ${unnestEvents(events)} WITH ORDINALITY
        AS e (id, organization_id, project_id, resource, from_at, to_at, number)
      JOIN unnest(
        ${arrayText(lines.map(({ event }) => event))}::integer[],
        ${arrayText(lines.map(({ number }) => number))}::smallint[],
        ${arrayText(lines.map(({ priceId }) => offers.get(priceId) ?? 0))}::integer[],
        ${arrayText(lines.map(({ quantity }) => quantity))}::bigint[]
      ) AS l (event, line, offer, quantity) ON l.event = e.number
      JOIN unnest(
        ${arrayText([...skus.values()])}::text[], ${arrayText([...skus.keys()])}::text[]
      ) WITH ORDINALITY AS o (sku, price_id, number) ON o.number = l.offer
      ON CONFLICT DO NOTHING
      RETURNING id, line
    )
    SELECT (SELECT count(*) FROM kept) AS kept,
      CASE WHEN (SELECT count(*) FROM kept) < ${lines.length}
        THEN (SELECT array_agg(concat_ws(' ', id, line)) FROM kept) END AS lines`.execute(db)
  const [row] = rows
  // As nearly always: all were new, and need not be told one by one.
  if (row?.kept === BigInt(lines.length)) return new Set(events.map(({ id }) => id))
  return keepWhole(db, (row?.lines ?? []).map(parseLine))
}

function unnestEvents(events: readonly UsageEvent[]) {
  return sql`unnest(
    ${arrayText(events.map(({ id }) => id))}::uuid[],
    ${arrayText(events.map(({ organizationId }) => organizationId))}::text[],
    ${arrayText(events.map(({ projectId }) => projectId))}::text[],
    ${arrayText(events.map(({ resource }) => resource))}::text[],
    ${arrayText(events.map(({ from }) => from.toISOString()))}::timestamptz[],
    ${arrayText(events.map(({ to }) => to.toISOString()))}::timestamptz[]
  )`
}

interface LineKey {
  readonly id: string
  readonly line: number
}

function parseLine(text: string): LineKey {
  const [id = '', line = ''] = text.split(' ')
  return { id, line: Number(line) }
}

/** An event is new when its first line is. */
async function keepWhole(db: Db, lines: readonly LineKey[]): Promise<ReadonlySet<string>> {
  const kept = new Set(lines.filter(({ line }) => line === 0).map(({ id }) => id))
  const surplus = lines.filter(({ id }) => !kept.has(id))
  if (surplus.length > 0) await deleteLines(db, surplus)
  return kept
}

async function deleteLines(db: Db, lines: readonly LineKey[]): Promise<void> {
  await sql`
    DELETE FROM usage_event USING unnest(
      ${arrayText(lines.map(({ id }) => id))}::uuid[], ${arrayText(lines.map(({ line }) => line))}::smallint[]
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

/** A total with where its row lies, which holds as long as the row is locked. */
export interface LockedTotal extends UsageTotal {
  readonly rowId: string
}

/**
 * The totals of these keys so far, in their order, locked until the transaction ends; null where there is no row. One
 * search of the primary key for each, because nearly every row has the same hour: nothing else finds them as fast.
 */
export async function lockHours(
  db: Db,
  keys: readonly UsageHourKey[],
): Promise<readonly (LockedTotal | null)[]> {
  const { rows } = await sql<{ n: number; row_id: string; quantity: string; amount: string }>`
    SELECT t.n::integer, h.row_id, h.quantity, h.amount
    FROM ${unnestKeys(keys)} WITH ORDINALITY
      AS t (organization_id, project_id, sku, price_id, resource, hour, n),
      LATERAL (
        SELECT ctid::text AS row_id, quantity, amount FROM usage_hour h
        WHERE (h.organization_id, h.project_id, h.sku, h.price_id, h.resource, h.hour)
          = (t.organization_id, t.project_id, t.sku, t.price_id, t.resource, t.hour)
        LIMIT 1 FOR UPDATE
      ) h`.execute(db)
  const totals: (LockedTotal | null)[] = keys.map(() => null)
  for (const { n, row_id, quantity, amount } of rows)
    totals[n - 1] = { rowId: row_id, quantity: BigInt(quantity), amount: money(amount) }
  return totals
}

/** Rows of nothing for keys that have none; whoever comes second waits for the first. */
export async function openHours(db: Db, keys: readonly UsageHourKey[]): Promise<void> {
  await sql`
    INSERT INTO usage_hour (organization_id, project_id, sku, price_id, resource, hour, quantity, amount)
    SELECT t.*, 0, 0 FROM ${unnestKeys(keys)} AS t
    ON CONFLICT DO NOTHING`.execute(db)
}

/** Writes totals to rows that the caller has locked, found by where they lie: the keys are long. */
export async function updateHours(db: Db, totals: readonly LockedTotal[]): Promise<void> {
  await sql`
    UPDATE usage_hour h SET quantity = t.quantity, amount = t.amount
    FROM unnest(
      ${arrayText(totals.map(({ rowId }) => rowId))}::tid[],
      ${arrayText(totals.map(({ quantity }) => quantity))}::numeric[],
      ${arrayText(totals.map(({ amount }) => renderMoney(amount)))}::numeric[]
    ) AS t (row_id, quantity, amount)
    WHERE h.ctid = t.row_id`.execute(db)
}

function unnestKeys(keys: readonly UsageHourKey[]) {
  return sql`unnest(
    ${arrayText(keys.map(({ organizationId }) => organizationId))}::text[],
    ${arrayText(keys.map(({ projectId }) => projectId))}::text[],
    ${arrayText(keys.map(({ sku }) => sku))}::text[],
    ${arrayText(keys.map(({ priceId }) => priceId))}::text[],
    ${arrayText(keys.map(({ resource }) => resource))}::text[],
    ${arrayText(keys.map(({ hour }) => hour.toISOString()))}::timestamptz[]
  )`
}

/** Which of these events were charged. */
export async function listPosted(db: Db, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT id FROM usage_event WHERE id = ANY(${arrayText(ids)}::uuid[])`.execute(db)
  return rows.map(({ id }) => id)
}
