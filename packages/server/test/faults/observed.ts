/** What a person sees of a running installation: its API as operator and as buyer, token requests, its gateway's pid. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient, type Deployment, type Lease } from '@spillway/contract'
import { isAlive } from '#platform/db/process-identity.ts'
import { untilTrue } from '../harness/index.ts'
import type { TestInstallation } from '../harness/installation.ts'

export interface Observed {
  readonly operator: Client
  readonly buyer: Client
}

export function observe({ url, demoApiKey, operatorToken }: TestInstallation): Observed {
  return {
    operator: createClient({ url, credential: operatorToken }),
    buyer: createClient({ url, credential: demoApiKey }),
  }
}

/** The first replica of a model's deployment, once the condition holds. */
export async function replicaOf(
  { operator }: Observed,
  model: string,
  condition: (replica: Deployment['replicas'][number]) => boolean,
): Promise<Deployment['replicas'][number]> {
  return untilTrue(
    async () => {
      const { items } = await operator.listDeployments()
      const [replica] = items.find((each) => each.model === model)?.replicas ?? []
      return replica && condition(replica) ? replica : null
    },
    { timeoutMs: 60_000, what: `${model}: ${condition.toString()}` },
  )
}

export function untilLease(
  client: Client,
  id: string,
  condition: (lease: Lease) => boolean,
): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return condition(lease) ? lease : null
    },
    { timeoutMs: 30_000, what: `${id}: ${condition.toString()}` },
  )
}

interface ChatRequest {
  readonly model?: string
  readonly content?: string
  readonly maxTokens?: number
  readonly isStream?: boolean
}

export function chat(
  { url, demoApiKey }: TestInstallation,
  { model = 'toy', content = 'go on', maxTokens = 8, isStream = false }: ChatRequest = {},
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demoApiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      max_tokens: maxTokens,
      messages: [{ role: 'user', content }],
      ...(isStream ? { stream: true } : {}),
    }),
  })
}

/** Tokens of output that the buyer was charged for, by model. */
export async function tokensCharged({ buyer }: Observed, model: string): Promise<number> {
  const { rows } = await buyer.getUsage()
  const row = rows.find(({ sku }) => sku === `tokens.${model}.output`)
  return Number(row?.quantity ?? 0)
}

/** Waits until exactly so many are charged: what is in a journal is posted a moment later. */
export async function untilCharged(
  seen: Observed,
  { model, tokens }: { readonly model: string; readonly tokens: number },
): Promise<void> {
  await untilTrue(async () => (await tokensCharged(seen, model)) === tokens, {
    timeoutMs: 30_000,
    what: `${tokens} tokens of ${model} are charged`,
  })
  await untilTrue(async () => (await seen.operator.getSystem()).meterBacklogEvents === 0)
  if ((await tokensCharged(seen, model)) !== tokens) throw new Error('charged more than once')
}

/** Everything that must hold after any fault. */
export async function findBroken({ operator }: Observed): Promise<readonly string[]> {
  const { checks } = await operator.verifyLedger()
  const books = await operator.getBooks()
  const gaps = books.pools.filter(({ byKindMs, freeMs, totalMs }) => {
    const claimedMs = Object.values(byKindMs).reduce((sum, ms) => sum + ms, 0)
    return claimedMs + freeMs !== totalMs
  })
  return [
    ...checks.filter(({ isHeld }) => !isHeld).map(({ text }) => text),
    ...gaps.map(({ pool }) => `slot-time of ${pool} does not sum to the wall time`),
  ]
}

/** The gateways that this data folder knows of and that live, by pid. */
export function gatewaysOf(dataDir: string): readonly number[] {
  const folder = join(dataDir, 'gateways')
  return readdirSync(folder)
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number })
    .map(({ pid }) => pid)
    .filter(isAlive)
}
