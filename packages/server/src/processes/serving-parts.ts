/** What serving needs from this machine: weights, the replica's command, its health. */
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FleetFile } from '#modules/fleet/index.ts'
import type { Principal } from '#modules/identity/index.ts'
import { declareModel, type Deployment, type ServingDeps } from '#modules/serving/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import {
  renderProgress,
  resolveWeights,
  type WeightsPlaces,
} from '#platform/models/weights/index.ts'
import type { Config } from '../config.ts'
import { cardOf } from './fleet-start.ts'
import type { Ground } from './ground.ts'
import { checkReplica, replicaCommand } from './replica-launch.ts'
import { createServerCheck } from './server-check.ts'
import { createWeightsShelf, type WeightsShelfDeps } from './weights-shelf.ts'

interface Parts {
  readonly ground: Ground
  readonly config: Config
  readonly root: string
  readonly fleet: FleetFile
  readonly operator: Principal
  readonly engines: Engines
}

/** The catalog must say that the toy stands in for the model that was asked for, and when it does no more. */
async function sayStandIn(
  { ground, fleet }: Parts,
  deployment: Deployment,
  why: string | null,
): Promise<void> {
  const model = fleet.models.find((each) => each.name === deployment.model)
  if (!model) return
  const card = cardOf(model, why !== null)
  const description =
    why === null
      ? card.description
      : `${card.description} It stands in for ${deployment.weights ?? ''}: ${why}`
  await inTransaction(ground.database, (tx) =>
    declareModel(tx, { ...card, description }, { now: ground.now(), ids: ground.ids }),
  )
}

function placesOf({ config, root }: Parts): WeightsPlaces {
  return {
    textsFolder: join(root, 'examples/texts'),
    modelsFolder: join(config.dataDir, 'models'),
    baseFolder: dirname(config.fleetFile),
    homeFolder: homedir(),
    hubUrl: config.hubUrl,
    hubToken: config.hubToken,
  }
}

/** Finds a deployment's weights. A hub that does not answer is told apart: the toy stands in for it. */
function resolver(parts: Parts): WeightsShelfDeps['resolve'] {
  const places = placesOf(parts)
  return async (deployment, say) => {
    const model = parts.fleet.models.find((each) => each.name === deployment.model)
    const outcome = await resolveWeights(
      {
        reference: deployment.weights,
        sha256: model?.sha256 ?? null,
        onProgress: (progress) => say(`Loads its weights: ${renderProgress(progress)}.`),
      },
      places,
    )
    if (outcome.kind === 'ready') return { kind: 'found', path: outcome.path }
    const { text } = outcome
    return { kind: outcome.kind === 'unreachable' ? 'unreachable' : 'refused', text }
  }
}

export function assembleServing(parts: Parts): Omit<ServingDeps, 'onLoad'> {
  const { ground, config, fleet, operator, engines } = parts
  const contextTokensOf = (model: string) =>
    fleet.models.find((each) => each.name === model)?.contextTokens ?? 2048
  const isEmbedding = (model: string) =>
    fleet.models.some((each) => each.name === model && each.embeddings)
  const checkServer = createServerCheck({ ...ground, engines })
  const shelf = createWeightsShelf({
    log: ground.log,
    resolve: resolver(parts),
    onStandIn: (deployment, why) => sayStandIn(parts, deployment, why),
  })
  return {
    database: ground.database,
    now: ground.now,
    ids: ground.ids,
    owner: { organizationId: operator.organizationId, projectId: operator.projectId },
    replicaCommand: replicaCommand({
      dataDir: config.dataDir,
      ids: ground.ids,
      contextTokensOf,
      isEmbedding,
    }),
    checkHealth: (lease, deployment) =>
      deployment.server === null ? checkReplica(lease) : checkServer(lease, deployment),
    // Servers of somebody else's making load what they are told by themselves.
    locateWeights: (deployment) =>
      deployment.server === null
        ? shelf(deployment)
        : { kind: 'ready', path: deployment.weights ?? '', standsIn: null },
  }
}
