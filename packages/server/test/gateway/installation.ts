/** What a gateway finds in a database: a customer with a key and money, and models with somebody to answer for them. */
import { sql } from 'kysely'
import { idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { createApiKey, createOrganization } from '#modules/identity/index.ts'
import { grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { declareModel, upstreamRoutes } from '#modules/serving/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'

export const PEPPER = 'pepper-of-a-test-installation'

const now = () => new Date()
const ids = idSource(Date.now)
const deps = { pepper: PEPPER, ids }

export interface Customer {
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  readonly key: string
}

export async function addCustomer(
  db: Database,
  { name, usd }: { name: string; usd: string },
): Promise<Customer> {
  return inTransaction(db, async (tx) => {
    const organization = await createOrganization(tx, { name, kind: 'customer', now: now() }, deps)
    const { id: organizationId, projectId } = organization
    const key = { organizationId, projectId, name: 'test', role: 'inference' as const, now: now() }
    const { apiKey, secret } = await createApiKey(tx, key, deps)
    await openCustomerAccount(tx, organizationId)
    const credit = { organizationId, amount: money(usd), source: `credit:${organizationId}` }
    if (usd !== '0') await grantCredit(tx, { ...credit, now: now(), ids })
    return { organizationId, projectId, apiKeyId: apiKey.id, key: secret }
  })
}

export interface ModelOptions {
  readonly name: string
  /** None: the model is in the catalog, but nobody answers for it. */
  readonly urls: readonly string[]
  /** A replica reports usage in every chunk, an upstream only at the end. */
  readonly kind?: 'replica' | 'upstream'
  readonly upstreamModel?: string
  readonly contextTokens?: number
  readonly isEmbedding?: boolean
  /** Whether flex costs half and priority twice as much as the default tier. */
  readonly hasTiers?: boolean
}

/** Puts a model at 1 USD a million input tokens and 2 USD a million output tokens into the catalog. */
export async function addModel(db: Database, options: ModelOptions): Promise<void> {
  const { name, urls, kind = 'replica', upstreamModel = name, contextTokens = 1000 } = options
  await inTransaction(db, async (tx) => {
    await declareModel(
      tx,
      {
        name,
        displayName: name,
        description: '',
        publisher: 'test',
        licence: 'none',
        isToy: true,
        isEmbedding: options.isEmbedding ?? false,
        contextTokens,
        inputUsdPerMillionTokens: money('1'),
        outputUsdPerMillionTokens: money('2'),
        ...(options.hasTiers && {
          tierUsdPerMillionTokens: {
            flex: { input: money('0.5'), output: money('1') },
            priority: { input: money('2'), output: money('4') },
          },
        }),
      },
      { now: now(), ids },
    )
    await sql`
      INSERT INTO site (name, region, jurisdiction, ownership, pue, power_usd_per_kwh)
      VALUES ('here', 'here', 'XX', 'owned', 1, 0) ON CONFLICT DO NOTHING`.execute(tx)
    await sql`
      INSERT INTO pool (name, site_name, accelerator, accelerator_kind, engine, finding, capex_usd_per_gpu,
        residual_fraction, life_years, power_kw_per_gpu, idle_power_fraction, opex_usd_per_gpu_hour,
        reclaim)
      VALUES ('pool', 'here', 'none', 'cpu', 'local', '', 0, 0, 1, 0, 0, 0, '{}') ON CONFLICT DO NOTHING`.execute(
      tx,
    )
    const isUpstream = kind === 'upstream'
    const id = `dep_${name}`
    await sql`
      INSERT INTO deployment (id, model_name, source, pool_name, replicas_wanted, upstream_url, upstream_model,
        allows_private_network, created_at)
      VALUES (${id}, ${name}, ${kind}, ${isUpstream ? null : 'pool'}, ${urls.length},
        ${isUpstream ? (urls[0] ?? null) : null}, ${isUpstream ? upstreamModel : null}, true, now())`.execute(
      tx,
    )
    if (isUpstream) return
    for (const [ordinal, url] of urls.entries())
      await sql`
        INSERT INTO replica (deployment_id, ordinal, url, state)
        VALUES (${id}, ${ordinal}, ${url.replace(/\/v1$/, '')}, 'ready')`.execute(tx)
  })
}

type UpstreamBody = Parameters<ReturnType<typeof upstreamRoutes>['createUpstream']>[0]['body']

/** Declares an upstream as the API does. */
export async function addUpstream(
  db: Database,
  body: Omit<UpstreamBody, 'dataPolicy' | 'allowsPrivateNetwork'> & {
    readonly allowsPrivateNetwork?: boolean
  },
): Promise<void> {
  const { createUpstream } = upstreamRoutes({ pepper: PEPPER, ids })
  await inTransaction(db, async (tx) => {
    const defaults = { dataPolicy: 'unknown' as const, allowsPrivateNetwork: true }
    const call = { db: tx, body: { ...defaults, ...body }, now: now() }
    await createUpstream({ ...call, setTarget: () => undefined } as never)
  })
}
