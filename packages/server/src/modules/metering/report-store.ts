/** SQL that sums usage for the API. Reads whole hours: an hour belongs to a period when it begins in it. */
import { sql } from 'kysely'
import { money, type Money } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'

export interface UsageSum {
  /** Null when the whole period is summed. */
  readonly hour: Date | null
  readonly organizationId: string
  readonly projectId: string
  readonly sku: string
  readonly priceId: string
  readonly resource: string
  readonly quantity: bigint
  readonly charged: Money
}

export interface UsageFilter {
  /** Null for all organizations. */
  readonly organizationId: string | null
  readonly from: Date
  /** Not included. */
  readonly to: Date
  readonly step: 'hour' | 'total'
}

export async function sumUsage(db: Db, filter: UsageFilter): Promise<readonly UsageSum[]> {
  const hour = filter.step === 'hour' ? sql`hour` : sql`NULL::timestamptz`
  const { rows } = await sql<UsageRow>`
    SELECT ${hour} AS hour_of, organization_id, project_id, sku, price_id, resource,
      sum(quantity) AS quantity, sum(amount) AS amount
    FROM usage_hour
    WHERE hour >= ${filter.from} AND hour < ${filter.to} AND quantity > 0
      AND (${filter.organizationId}::text IS NULL OR organization_id = ${filter.organizationId})
    GROUP BY hour_of, organization_id, project_id, sku, price_id, resource
    ORDER BY hour_of, organization_id, project_id, sku, resource, price_id`.execute(db)
  return rows.map((row) => ({
    hour: row.hour_of,
    organizationId: row.organization_id,
    projectId: row.project_id,
    sku: row.sku,
    priceId: row.price_id,
    resource: row.resource,
    quantity: BigInt(row.quantity),
    charged: money(row.amount),
  }))
}

export async function sumCharged(
  db: Db,
  { organizationId, from, to }: Omit<UsageFilter, 'step'> & { readonly organizationId: string },
): Promise<Money> {
  const { rows } = await sql<{ amount: string }>`
    SELECT coalesce(sum(amount), 0) AS amount FROM usage_hour
    WHERE organization_id = ${organizationId} AND hour >= ${from} AND hour < ${to}`.execute(db)
  return money(rows[0]?.amount ?? '0')
}

export interface Used {
  readonly quantity: bigint
  readonly charged: Money
}

/** What each of these leases or models used in all. */
export async function sumByResource(
  db: Db,
  resources: readonly string[],
): Promise<ReadonlyMap<string, Used>> {
  const { rows } = await sql<{ resource: string; quantity: string; amount: string }>`
    SELECT resource, sum(quantity) AS quantity, sum(amount) AS amount FROM usage_hour
    WHERE resource = ANY (${arrayText(resources)}::text[]) GROUP BY resource`.execute(db)
  return new Map(
    rows.map(({ resource, quantity, amount }) => [
      resource,
      { quantity: BigInt(quantity), charged: money(amount) },
    ]),
  )
}

export async function sumBySku(
  db: Db,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly ({ readonly sku: string } & Used)[]> {
  const { rows } = await sql<{ sku: string; quantity: string; amount: string }>`
    SELECT sku, sum(quantity) AS quantity, sum(amount) AS amount FROM usage_hour
    WHERE hour >= ${from} AND hour < ${to} GROUP BY sku ORDER BY sku`.execute(db)
  return rows.map(({ sku, quantity, amount }) => ({
    sku,
    quantity: BigInt(quantity),
    charged: money(amount),
  }))
}

interface UsageRow {
  readonly hour_of: Date | null
  readonly organization_id: string
  readonly project_id: string
  readonly sku: string
  readonly price_id: string
  readonly resource: string
  readonly quantity: string
  readonly amount: string
}

/** What some resources used and were charged, hour by hour. */
export async function listUsedHours(
  db: Db,
  resources: readonly string[],
): Promise<
  readonly {
    readonly resource: string
    readonly hour: Date
    readonly quantity: bigint
    readonly charged: Money
  }[]
> {
  const { rows } = await sql<{ resource: string; hour: Date; quantity: string; amount: string }>`
    SELECT resource, hour, sum(quantity)::text AS quantity, sum(amount) AS amount FROM usage_hour
    WHERE resource = ANY (${arrayText(resources)}::text[]) AND quantity > 0
    GROUP BY resource, hour ORDER BY resource, hour`.execute(db)
  return rows.map(({ resource, hour, quantity, amount }) => ({
    ...{ resource, hour, quantity: BigInt(quantity), charged: money(amount) },
  }))
}
