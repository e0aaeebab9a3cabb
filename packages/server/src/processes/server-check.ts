/**
 * Asks the vLLM or SGLang of a replica's lease whether it is ready, and how busy it is. It is ready once it is well and
 * lists the model by its name: some engines are well before they have loaded it.
 */
import { request } from 'undici'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'
import { findServiceAddress, type Lease } from '#modules/lease/index.ts'
import { type Deployment, type Health, readActivity } from '#modules/serving/index.ts'
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'

const ANSWER_WITHIN_MS = 1000
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) })

interface CheckDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
}

async function get(url: string): Promise<string | null> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  try {
    const { statusCode, body } = await request(url, { signal })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > ANSWER_BYTES_MAX) return null
      chunks.push(chunk)
    }
    return statusCode === 200 ? Buffer.concat(chunks).toString() : null
  } catch {
    // It does not listen (yet, or any more); its lease says whether it lives.
    return null
  }
}

async function lists(url: string, model: string): Promise<boolean> {
  const said = ModelList.safeParse(parseJson((await get(`${url}/v1/models`)) ?? ''))
  return said.success && said.data.data.some(({ id }) => id === model)
}

/** Null: nothing of the lease listens. */
async function findUrl(
  { database, engines, now }: CheckDeps,
  lease: Lease,
): Promise<string | null> {
  const { id, organizationId } = lease
  const source = { db: database, engines }
  const address = await findServiceAddress(source, { id, organizationId, now: now() }).catch(
    () => null,
  )
  return address?.kind === 'tcp' ? `http://${address.host}:${address.port}` : null
}

export function createServerCheck(deps: CheckDeps) {
  /** Leases whose server has listed its model: it does so once and for all. */
  const listed = new Set<string>()
  return async (lease: Lease, { model, server }: Deployment): Promise<Health> => {
    const url = await findUrl(deps, lease)
    if (url === null || (await get(`${url}/health`)) === null)
      return listed.has(lease.id) ? { kind: 'unknown' } : { kind: 'loading' }
    if (!listed.has(lease.id)) {
      if (!(await lists(url, model))) return { kind: 'loading' }
      listed.add(lease.id)
    }
    const activity = readActivity((await get(`${url}/metrics`)) ?? '')
    if (activity === null) return { kind: 'ready', url, load: null }
    const { running: busy, waiting, tokens } = activity
    return {
      kind: 'ready',
      url,
      load: { busy, waiting, places: server?.requestsAtOnce ?? 1, tokens },
    }
  }
}
