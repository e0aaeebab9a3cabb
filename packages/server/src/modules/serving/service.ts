/** Declares deployments: replicas on our pools, and servers that stand for a model alone. */
import { Fault } from '#kernel/fault.ts'
import { newId } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { retireModel } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import type { ModelServer } from './model-server.ts'
import { type Context, declareModel } from './model-service.ts'
import { DEPLOYMENT_PROGRAM } from './steps.ts'
import * as store from './store.ts'
import { areSame, fixedTerms, type ScalingTerms, withinBounds } from './terms.ts'
import { listUpstreams } from './upstream-store.ts'

export interface ReplicaDeployment {
  readonly model: string
  readonly pool: string
  readonly terms: ScalingTerms
  readonly weights: string | null
  /** What runs there, where it is not a replica of ours. */
  readonly server?: ModelServer | null
}

/** What an operator changed stands until the file says something else than it said before. */
async function declareTerms(tx: Db, old: store.Deployment, declared: ScalingTerms): Promise<void> {
  const before = (await store.findDeclared(tx, old.id)) as ScalingTerms | null
  const terms = before !== null && areSame(declared, before) ? old.terms : declared
  await store.saveTerms(tx, old.id, terms)
  await store.saveReplicasWanted(tx, old.id, withinBounds(old.replicasWanted, terms))
}

/** Makes the deployments that run on our pools exactly these; models no longer declared leave the catalog. */
export async function declareReplicaDeployments(
  tx: Db,
  wanted: readonly ReplicaDeployment[],
  { now, ids }: Context,
): Promise<void> {
  const known = await store.listDeployments(tx)
  // The file comes first: a model that somebody else served under this name gives way.
  for (const each of known)
    if (each.source === 'upstream' && wanted.some((one) => one.model === each.model))
      await store.deleteDeployment(tx, each.id)
  const existing = known.filter((each) => each.source === 'replica')
  for (const { model, pool, terms, weights, server = null } of wanted) {
    const old = existing.find((each) => each.model === model)
    const id = old?.id ?? newId('deployment', ids)
    if (old) {
      await store.updateDeployment(tx, id, { pool, weights, server })
      await declareTerms(tx, old, terms)
    } else
      await store.insertDeployment(tx, {
        id,
        model,
        source: 'replica',
        pool,
        replicasWanted: terms.replicasMin,
        terms,
        weights,
        server,
        upstreamUrl: null,
        upstreamModel: null,
        allowsPrivateNetwork: false,
        createdAt: now,
      })
    await store.saveDeclared(tx, id, terms)
    await wakeStrand(tx, { program: DEPLOYMENT_PROGRAM, subject: id }, now)
  }
  const replicas = await store.listReplicas(tx)
  const upstreams = await listUpstreams(tx)
  for (const old of existing.filter((each) => !wanted.some((one) => one.model === each.model))) {
    // Somebody else may go on answering for it.
    if (!upstreams.some(({ model }) => model === old.model)) await retireModel(tx, old.model, now)
    if (!replicas.some((replica) => replica.deploymentId === old.id)) {
      await store.deleteDeployment(tx, old.id)
      continue
    }
    await store.saveTerms(tx, old.id, fixedTerms(0))
    await store.saveReplicasWanted(tx, old.id, 0)
    await wakeStrand(tx, { program: DEPLOYMENT_PROGRAM, subject: old.id }, now)
  }
}

export interface UpstreamDeclaration {
  readonly model: string
  readonly upstreamUrl: string
  readonly upstreamModel: string
  readonly allowsPrivateNetwork: boolean
  readonly contextTokens: number
  readonly inputUsdPerMillionTokens: string
  readonly outputUsdPerMillionTokens: string
}

/** Adds a model that somebody else's server serves. Throws `deployment.name_taken`. */
export async function addUpstream(
  tx: Db,
  upstream: UpstreamDeclaration,
  context: Context,
): Promise<store.Deployment> {
  const { model, upstreamUrl, upstreamModel, contextTokens } = upstream
  if ((await store.listDeployments(tx)).some((each) => each.model === model))
    throw new Fault('deployment.name_taken', `A model named ${model} is in the catalog already.`)
  await declareModel(
    tx,
    {
      name: model,
      displayName: model,
      description: `${upstreamModel}, served at ${new URL(upstreamUrl).host}.`,
      publisher: 'unknown',
      licence: 'unknown',
      isToy: false,
      contextTokens,
      inputUsdPerMillionTokens: money(upstream.inputUsdPerMillionTokens),
      outputUsdPerMillionTokens: money(upstream.outputUsdPerMillionTokens),
    },
    context,
  )
  const deployment: store.Deployment = {
    id: newId('deployment', context.ids),
    model,
    source: 'upstream',
    pool: null,
    replicasWanted: 0,
    terms: fixedTerms(0),
    weights: null,
    server: null,
    upstreamUrl: upstreamUrl.replace(/\/+$/, ''),
    upstreamModel,
    allowsPrivateNetwork: upstream.allowsPrivateNetwork,
    createdAt: context.now,
  }
  await store.insertDeployment(tx, deployment)
  return deployment
}

/** Takes an upstream's model out of the catalog. Ours are declared in the fleet file and leave with it. */
export async function removeUpstream(tx: Db, id: string, now: Date): Promise<void> {
  const deployment = (await store.listDeployments(tx)).find(
    (each) => each.id === id && each.source === 'upstream',
  )
  if (!deployment) throw new Fault('deployment.not_found', `There is no upstream deployment ${id}.`)
  await store.deleteDeployment(tx, id)
  const rest = await listUpstreams(tx)
  if (!rest.some(({ model }) => model === deployment.model))
    await retireModel(tx, deployment.model, now)
}

/** Which pool serves each model that runs on ours. */
export async function poolsOfModels(db: Db): Promise<ReadonlyMap<string, string>> {
  const deployments = await store.listDeployments(db)
  return new Map(deployments.flatMap(({ model, pool }) => (pool === null ? [] : [[model, pool]])))
}
