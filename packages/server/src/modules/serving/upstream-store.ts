/** SQL of upstreams. */
import type { UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'
import type { Selectable } from 'kysely'
import { type Money, money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface Upstream {
  readonly id: string
  readonly model: string
  readonly provider: UpstreamProvider
  readonly url: string
  readonly upstreamModel: string
  readonly sealedCredential: string | null
  readonly region: string | null
  readonly dataPolicy: UpstreamDataPolicy
  readonly allowsPrivateNetwork: boolean
  /** For a million tokens. */
  readonly inputCostUsd: Money | null
  readonly outputCostUsd: Money | null
  readonly createdAt: Date
}

function toUpstream(row: Selectable<Schema['upstream']>): Upstream {
  return {
    id: row.id,
    model: row.model_name,
    provider: row.provider as UpstreamProvider,
    url: row.url,
    upstreamModel: row.upstream_model,
    sealedCredential: row.sealed_credential,
    region: row.region,
    dataPolicy: row.data_policy as UpstreamDataPolicy,
    allowsPrivateNetwork: row.allows_private_network,
    inputCostUsd: row.input_cost_usd === null ? null : money(row.input_cost_usd),
    outputCostUsd: row.output_cost_usd === null ? null : money(row.output_cost_usd),
    createdAt: row.created_at,
  }
}

export async function listUpstreams(db: Db): Promise<readonly Upstream[]> {
  const rows = await db
    .selectFrom('upstream')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toUpstream)
}

/** False when the same server answers for the model already. */
export async function insertUpstream(tx: Db, upstream: Upstream): Promise<boolean> {
  const { inputCostUsd, outputCostUsd } = upstream
  const row = await tx
    .insertInto('upstream')
    .values({
      id: upstream.id,
      model_name: upstream.model,
      provider: upstream.provider,
      url: upstream.url,
      upstream_model: upstream.upstreamModel,
      sealed_credential: upstream.sealedCredential,
      region: upstream.region,
      data_policy: upstream.dataPolicy,
      allows_private_network: upstream.allowsPrivateNetwork,
      input_cost_usd: inputCostUsd === null ? null : renderMoney(inputCostUsd),
      output_cost_usd: outputCostUsd === null ? null : renderMoney(outputCostUsd),
      created_at: upstream.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['model_name', 'url', 'upstream_model']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** What may change; the rest is another upstream. */
export async function updateUpstream(
  tx: Db,
  { id, sealedCredential, region, dataPolicy, allowsPrivateNetwork }: Upstream,
): Promise<void> {
  await tx
    .updateTable('upstream')
    .set({
      ...{ sealed_credential: sealedCredential, region, data_policy: dataPolicy },
      allows_private_network: allowsPrivateNetwork,
    })
    .where('id', '=', id)
    .execute()
}

export async function deleteUpstream(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('upstream').where('id', '=', id).execute()
}
