/** Deployments and their replicas as the API shows them. */
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import { coldStartsByDeployment } from './start-store.ts'
import { type Deployment, listDeployments, listReplicas } from './store.ts'
import type { ScalingTerms } from './terms.ts'

export const PPM_PER_PERCENT = 10_000

function renderTerms({ bandPpm, ...terms }: ScalingTerms) {
  return { ...terms, bandPercent: bandPpm / PPM_PER_PERCENT }
}

function renderServer({ server }: Deployment) {
  if (server === null) return null
  const { engine, gpus, requestsAtOnce } = server
  return { engine, gpus, requestsAtOnce }
}

export async function renderDeployment(db: Db, id: string) {
  const found = (await renderDeployments(db)).find((each) => each.id === id)
  if (!found) throw new Fault('deployment.not_found', `There is no deployment ${id}.`)
  return found
}

export async function renderDeployments(db: Db) {
  const replicas = await listReplicas(db)
  const coldStarts = await coldStartsByDeployment(db)
  return (await listDeployments(db)).map((deployment) => ({
    id: deployment.id,
    model: deployment.model,
    source: deployment.source,
    pool: deployment.pool,
    ...renderTerms(deployment.terms),
    replicasWanted: deployment.replicasWanted,
    coldStartMs: coldStarts.get(deployment.id) ?? null,
    upstreamUrl: deployment.upstreamUrl,
    weights: deployment.weights,
    server: renderServer(deployment),
    replicas: replicas
      .filter((replica) => replica.deploymentId === deployment.id)
      .map(({ leaseId, url, state, text, crashes, retryAt }) => ({
        leaseId,
        url,
        state,
        text,
        crashes,
        retryAt: retryAt?.toISOString() ?? null,
      })),
  }))
}
