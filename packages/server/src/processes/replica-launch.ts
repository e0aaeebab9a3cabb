/** How a replica is run inside its lease, and how to ask it whether it is ready. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { z } from 'zod'
import { newId, type IdSource } from '#kernel/ids.ts'
import type { Lease } from '#modules/lease/index.ts'
import { type Deployment, renderServerCommand, type ServingDeps } from '#modules/serving/index.ts'

const PORT_FLAG = '--port-file'
const HEALTH_WITHIN_MS = 1000

const PortFile = z.object({ port: z.number().int().positive() })

/** Of what a replica says of itself. */
const Activity = z
  .object({
    busy: z.number().int().min(0),
    waiting: z.number().int().min(0),
    places: z.number().int().min(1),
    tally: z.object({
      promptTokens: z.number().int().min(0),
      completionTokens: z.number().int().min(0),
    }),
  })
  .transform(({ busy, waiting, places, tally }) => {
    return { busy, waiting, places, tokens: tally.promptTokens + tally.completionTokens }
  })

interface LaunchDeps {
  readonly dataDir: string
  readonly ids: IdSource
  /** Tokens of context by model, from the catalog. */
  readonly contextTokensOf: (model: string) => number
  /** Whether a model makes embeddings, and nothing else. */
  readonly isEmbedding: (model: string) => boolean
}

/** The command of a new replica. It takes a free port and writes it to a file of its own. */
export function replicaCommand({
  dataDir,
  ids,
  contextTokensOf,
  isEmbedding,
}: LaunchDeps): ServingDeps['replicaCommand'] {
  const folder = join(dataDir, 'replicas')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const own = (deployment: Deployment, weightsPath: string) => [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'replica.ts'),
    ...['--weights', weightsPath],
    ...['--model', deployment.model],
    ...['--context', String(contextTokensOf(deployment.model))],
    ...(isEmbedding(deployment.model) ? ['--embeddings'] : []),
    ...['--port', '0'],
    ...[PORT_FLAG, join(folder, `${newId('claim', ids)}.json`)],
  ]
  return async (deployment: Deployment, weights: string) => {
    const { model, server } = deployment
    if (server === null) return own(deployment, weights)
    return renderServerCommand({ server, model, weights, contextTokens: contextTokensOf(model) })
  }
}

function portOf(lease: Lease): number | null {
  const path = lease.command[lease.command.indexOf(PORT_FLAG) + 1]
  try {
    const text = readFileSync(path ?? '', 'utf8').trim()
    return /^\d+$/.test(text) ? Number(text) : PortFile.parse(JSON.parse(text)).port
  } catch {
    // Not written yet.
    return null
  }
}

/** Asks the replica of a lease that runs. */
export async function checkReplica(lease: Lease): ReturnType<ServingDeps['checkHealth']> {
  const port = portOf(lease)
  if (port === null) return { kind: 'loading' }
  const url = `http://127.0.0.1:${port}`
  try {
    const answer = await request(`${url}/health`, {
      headersTimeout: HEALTH_WITHIN_MS,
      bodyTimeout: HEALTH_WITHIN_MS,
    })
    const said: unknown = await answer.body.json()
    if (answer.statusCode !== 200) return { kind: 'loading' }
    const activity = Activity.safeParse(said)
    return { kind: 'ready', url, load: activity.success ? activity.data : null }
  } catch {
    // It does not listen (yet, or any more); its lease says whether it lives.
    return { kind: 'unknown' }
  }
}
