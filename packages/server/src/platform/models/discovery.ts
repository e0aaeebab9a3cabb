/**
 * Looks for servers on this machine that speak the OpenAI dialect, at the ports where well-known products listen. It
 * asks each once, all at the same time, and is done within its timeout whatever they answer. It adds nothing.
 */
import { Agent, type Dispatcher, request } from 'undici'
import { z } from 'zod'
import { checkedLookup } from '../outbound/connection.ts'
import type { Reach } from '../outbound/target.ts'

export interface FoundServer {
  /** Base address, such as `http://127.0.0.1:11434/v1`. */
  readonly url: string
  readonly product: string
  readonly models: readonly string[]
}

export interface Candidate {
  readonly port: number
  /** The product whose own port this is; null where several are at home. */
  readonly product: string | null
}

export interface DiscoveryOptions {
  /** Ports that are our own. */
  readonly exclude?: readonly number[]
  readonly candidates?: readonly Candidate[]
  readonly timeoutMs?: number
}

export const WELL_KNOWN: readonly Candidate[] = [
  { port: 11434, product: 'Ollama' },
  { port: 1234, product: 'LM Studio' },
  { port: 8000, product: null },
  { port: 8080, product: null },
  { port: 30000, product: null },
]

const TIMEOUT_MS = 700
/** For a server that somebody named: it may be farther away. */
const ANSWER_WITHIN_MS = 3000
const BODY_BYTES_MAX = 1024 * 1024
const MODELS_MAX = 200
/** What we call ourselves in `owned_by`; a replica of ours is never offered to us. */
const OURSELVES = 'spillway'
const UNKNOWN_PRODUCT = 'OpenAI-compatible server'

/** What products call themselves in `owned_by`. */
const OWNERS: Readonly<Record<string, string>> = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  llamacpp: 'llama.cpp',
  'llama.cpp': 'llama.cpp',
  organization_owner: 'LM Studio',
}

const ModelList = z.object({
  object: z.literal('list'),
  data: z
    .array(z.object({ id: z.string().min(1).max(200), owned_by: z.string().nullish() }))
    .nullable(),
})

/** Those that answer, in the order of the candidates. */
export async function findServers(options: DiscoveryOptions = {}): Promise<FoundServer[]> {
  const { exclude = [], candidates = WELL_KNOWN, timeoutMs = TIMEOUT_MS } = options
  const signal = AbortSignal.timeout(timeoutMs)
  const agent = new Agent({ maxResponseSize: BODY_BYTES_MAX, connect: { timeout: timeoutMs } })
  try {
    const asked = candidates
      .filter(({ port }) => !exclude.includes(port))
      .map((candidate) => probe(candidate, agent, signal))
    return (await Promise.all(asked)).filter((found) => found !== null)
  } finally {
    await agent.destroy()
  }
}

/**
 * Whether a server answers with a list of models at a base address such as `http://127.0.0.1:11434/v1`. What its name
 * leads to is looked at as with any other call.
 */
export async function listsModels(
  url: string,
  reach: Reach,
  timeoutMs = ANSWER_WITHIN_MS,
): Promise<boolean> {
  const lookup = checkedLookup(new URL(url).protocol, reach)
  const connect = { timeout: timeoutMs, lookup }
  const agent = new Agent({ maxResponseSize: BODY_BYTES_MAX, connect })
  try {
    const address = `${url.replace(/\/+$/, '')}/models`
    return ModelList.safeParse(await ask(address, agent, AbortSignal.timeout(timeoutMs))).success
  } finally {
    await agent.destroy()
  }
}

async function probe(
  { port, product }: Candidate,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<FoundServer | null> {
  const url = `http://127.0.0.1:${port}/v1`
  const answer = await ask(`${url}/models`, dispatcher, signal)
  const parsed = ModelList.safeParse(answer)
  if (!parsed.success) return null
  const models = parsed.data.data ?? []
  const owners = models.map((model) => model.owned_by?.toLowerCase() ?? '')
  if (owners.includes(OURSELVES)) return null
  const named = owners.map((owner) => OWNERS[owner]).find((name) => name !== undefined)
  return {
    url,
    product: product ?? named ?? UNKNOWN_PRODUCT,
    models: models.slice(0, MODELS_MAX).map((model) => model.id),
  }
}

async function ask(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<unknown> {
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal })
    if (statusCode === 200) return await body.json()
    await body.dump()
    return null
  } catch {
    // Nobody listens, or something listens that is not what we look for. Both are the usual case.
    return null
  }
}
