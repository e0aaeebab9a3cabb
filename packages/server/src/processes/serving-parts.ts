/** What serving needs from this machine: weights, the replica's command, its health. */
import { join } from 'node:path'
import type { FleetFile } from '#modules/fleet/index.ts'
import type { Principal } from '#modules/identity/index.ts'
import { declareModel, type Deployment, type ServingDeps } from '#modules/serving/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { ensureToyModel } from '#platform/models/toy/index.ts'
import type { Config } from '../config.ts'
import { cardOf } from './fleet-start.ts'
import type { Ground } from './ground.ts'
import { checkReplica, replicaCommand } from './replica-launch.ts'
import { createWeightsShelf } from './weights-shelf.ts'

interface Parts {
  readonly ground: Ground
  readonly config: Config
  readonly root: string
  readonly fleet: FleetFile
  readonly operator: Principal
}

/** The catalog must say that the toy stands in for the model that was asked for. */
async function sayToy(
  { ground, fleet }: Parts,
  deployment: Deployment,
  why: string,
): Promise<void> {
  const model = fleet.models.find((each) => each.name === deployment.model)
  if (!model) return
  const card = cardOf(model, true)
  const description = `${card.description} It stands in for ${deployment.weights ?? ''}: ${why}`
  await inTransaction(ground.database, (tx) =>
    declareModel(tx, { ...card, description }, { now: ground.now(), ids: ground.ids }),
  )
}

export function assembleServing(parts: Parts): ServingDeps {
  const { ground, config, root, fleet, operator } = parts
  const modelsFolder = join(config.dataDir, 'models')
  const textsFolder = join(root, 'examples/texts')
  const contextTokensOf = (model: string) =>
    fleet.models.find((each) => each.name === model)?.contextTokens ?? 2048
  return {
    database: ground.database,
    now: ground.now,
    ids: ground.ids,
    owner: { organizationId: operator.organizationId, projectId: operator.projectId },
    replicaCommand: replicaCommand({ dataDir: config.dataDir, ids: ground.ids, contextTokensOf }),
    checkHealth: checkReplica,
    locateWeights: createWeightsShelf({
      log: ground.log,
      toyPath: async () => (await ensureToyModel({ textsFolder, modelsFolder })).path,
      resolve: async () => ({ kind: 'unreachable', text: 'not yet' }),
      onFallback: (deployment, why) => sayToy(parts, deployment, why),
    }),
  }
}
