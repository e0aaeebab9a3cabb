/** SQL of what requests of a model were: who asked, when, how much, and what is known of how they were answered. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'

export interface RecordedRequest {
  readonly organizationId: string
  readonly projectId: string
  readonly from: Date
  readonly to: Date
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  /** As its writer noted it; null where it noted nothing. */
  readonly detail: unknown
}

export interface TrafficFilter {
  /** The model that was asked for, whichever answered. */
  readonly model: string
  readonly from: Date
  readonly to: Date
  readonly organizationIds: readonly string[]
  readonly limit: number
}

interface Row {
  readonly organization_id: string
  readonly project_id: string
  readonly from_at: Date
  readonly to_at: Date
  readonly skus: readonly string[]
  readonly quantities: readonly string[]
  readonly detail: unknown
}

/** The newest of them, oldest first. */
export async function listTraffic(
  db: Db,
  { model, from, to, organizationIds, limit }: TrafficFilter,
): Promise<readonly RecordedRequest[]> {
  const { rows } = await sql<Row>`
    SELECT e.organization_id, e.project_id, min(e.from_at) AS from_at, max(e.to_at) AS to_at,
      array_agg(e.sku ORDER BY e.line) AS skus,
      array_agg(e.quantity::text ORDER BY e.line) AS quantities, d.detail
    FROM usage_event e LEFT JOIN usage_detail d ON d.id = e.id
    WHERE e.organization_id = ANY (${arrayText(organizationIds)}::text[])
      AND e.to_at >= ${from} AND e.from_at >= ${from} AND e.from_at < ${to}
      AND coalesce(d.detail->>'asked', e.resource) = ${model}
      AND e.sku NOT LIKE '%.cached_response'
    GROUP BY e.id, e.organization_id, e.project_id, d.detail
    ORDER BY min(e.from_at) DESC LIMIT ${limit}`.execute(db)
  return rows.toReversed().map((row) => ({
    organizationId: row.organization_id,
    projectId: row.project_id,
    from: row.from_at,
    to: row.to_at,
    lines: row.skus.map((sku, index) => ({ sku, quantity: Number(row.quantities[index] ?? 0) })),
    detail: row.detail,
  }))
}
