/**
 * Where each deployment's weights are. A reference is resolved once, in the background; while it loads, the deployment
 * says how far it has come. A hub that cannot be reached falls back to the toy, loudly.
 */
import type { Logger } from 'pino'
import type { Deployment, Weights } from '#modules/serving/index.ts'

export interface WeightsShelfDeps {
  readonly log: Logger
  /** Without a reference the weights are the toy's. */
  readonly resolve: (
    deployment: Deployment,
    onProgress: (text: string) => void,
  ) => Promise<
    | { readonly kind: 'found'; readonly path: string }
    | { readonly kind: 'unreachable'; readonly text: string }
    | { readonly kind: 'refused'; readonly text: string }
  >
  /** The model is served by the toy in the place of its own weights; the catalog must say so. */
  readonly onFallback: (deployment: Deployment, why: string) => Promise<void>
}

/** A refused reference is looked at again after this long: the file may have been put there meanwhile. */
const RETRY_REFUSED_MS = 10_000

async function fill(
  deps: WeightsShelfDeps,
  deployment: Deployment,
  put: (weights: Weights) => void,
): Promise<void> {
  const outcome = await deps.resolve(deployment, (text) => put({ kind: 'loading', text }))
  if (outcome.kind === 'found') return put({ kind: 'ready', path: outcome.path })
  deps.log.error({ model: deployment.model, weights: deployment.weights }, outcome.text)
  if (outcome.kind === 'refused') return put({ kind: 'failed', text: outcome.text })
  await deps.onFallback(deployment, outcome.text)
  await fill(deps, { ...deployment, weights: null }, put)
}

/** Answers at once with what is known, and starts finding out when nothing is. */
export function createWeightsShelf(deps: WeightsShelfDeps): (deployment: Deployment) => Weights {
  const known = new Map<string, Weights>()
  return (deployment) => {
    const key = `${deployment.id} ${deployment.weights ?? ''}`
    const found = known.get(key)
    if (found) return found
    const begun: Weights = { kind: 'loading', text: 'Looks for its weights.' }
    known.set(key, begun)
    const put = (weights: Weights) => {
      known.set(key, weights)
      if (weights.kind === 'failed') setTimeout(() => known.delete(key), RETRY_REFUSED_MS).unref()
    }
    fill(deps, deployment, put).catch((cause: unknown) => {
      deps.log.error({ err: cause, model: deployment.model }, 'could not look for weights')
      put({
        kind: 'failed',
        text: `Its weights could not be read: ${cause instanceof Error ? cause.message : 'unknown'}`,
      })
    })
    return begun
  }
}
