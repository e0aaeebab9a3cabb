/** Declares models and deployments, and tells gateways who serves what. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, money, type Price } from '#kernel/money.ts'
import {
  defineModel,
  defineSku,
  getPriceInForce,
  listModels,
  type Model,
  retireModel,
  setPrice,
} from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { coldStartsByDeployment } from './start-store.ts'
import { DEPLOYMENT_PROGRAM } from './steps.ts'
import * as store from './store.ts'
import { areSame, fixedTerms, type ScalingTerms, withinBounds } from './terms.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

export interface ModelDeclaration {
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly publisher: string
  readonly licence: string
  readonly isToy: boolean
  readonly contextTokens: number
  readonly inputUsdPerMillionTokens: Money
  readonly outputUsdPerMillionTokens: Money
}

const TOKENS_PER_PRICE = 1_000_000n

/** Puts a model with its SKUs and prices into the catalog, or brings it up to date. */
export async function declareModel(
  tx: Db,
  model: ModelDeclaration,
  { now, ids }: Context,
): Promise<void> {
  const skus = { input: `tokens.${model.name}.input`, output: `tokens.${model.name}.output` }
  for (const direction of ['input', 'output'] as const) {
    const amount =
      direction === 'input' ? model.inputUsdPerMillionTokens : model.outputUsdPerMillionTokens
    const sku = skus[direction]
    await defineSku(tx, {
      name: sku,
      unit: 'token',
      description: `${direction} tokens of ${model.name}`,
    })
    await setPrice(tx, { sku, price: { amount, per: TOKENS_PER_PRICE, unit: 'token' }, now, ids })
  }
  const { name, displayName, description, publisher, licence, isToy, contextTokens } = model
  await defineModel(tx, {
    name,
    displayName,
    description,
    publisher,
    licence,
    isToy,
    contextTokens,
    inputSku: skus.input,
    outputSku: skus.output,
  })
}

export interface ReplicaDeployment {
  readonly model: string
  readonly pool: string
  readonly terms: ScalingTerms
  readonly weights: string | null
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
  for (const { model, pool, terms, weights } of wanted) {
    const old = existing.find((each) => each.model === model)
    const id = old?.id ?? newId('deployment', ids)
    if (old) {
      await store.updateDeployment(tx, id, { pool, weights })
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
        upstreamUrl: null,
        upstreamModel: null,
        createdAt: now,
      })
    await store.saveDeclared(tx, id, terms)
    await wakeStrand(tx, { program: DEPLOYMENT_PROGRAM, subject: id }, now)
  }
  const replicas = await store.listReplicas(tx)
  for (const old of existing.filter((each) => !wanted.some((one) => one.model === each.model))) {
    await retireModel(tx, old.model, now)
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
    upstreamUrl: upstreamUrl.replace(/\/+$/, ''),
    upstreamModel,
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
  await retireModel(tx, deployment.model, now)
}

/** Who answers for a model now, as the gateway needs it. */
export interface ServedRoute {
  readonly model: string
  readonly contextTokens: number
  readonly isToy: boolean
  readonly inputSku: string
  readonly inputPriceId: string
  readonly inputPrice: Price
  readonly outputSku: string
  readonly outputPriceId: string
  readonly outputPrice: Price
  readonly targets: readonly {
    id: string
    url: string
    upstreamModel: string
    kind: 'replica' | 'upstream'
    provider: 'openai' | 'anthropic'
    sealedCredential: string | null
    region: string | null
    dataPolicy: 'unknown' | 'not_kept' | 'kept' | 'trained_on'
  }[]
  readonly stateText: string
  /** Whether asking for it starts a replica where it has none. */
  readonly isWakeable: boolean
  /** Null: never measured. */
  readonly coldStartMs: number | null
}

const ours = {
  provider: 'openai',
  sealedCredential: null,
  region: null,
  dataPolicy: 'unknown',
} as const

function targetsOf(
  deployment: store.Deployment,
  replicas: Awaited<ReturnType<typeof store.listReplicas>>,
): ServedRoute['targets'] {
  const { id, model, source, upstreamUrl, upstreamModel } = deployment
  if (source === 'upstream')
    return [
      {
        id,
        url: upstreamUrl ?? '',
        upstreamModel: upstreamModel ?? model,
        kind: 'upstream',
        ...ours,
      },
    ]
  return replicas.flatMap((replica) =>
    replica.deploymentId === id && replica.state === 'ready' && replica.url !== null
      ? [
          {
            id: `${id}/${replica.ordinal}`,
            url: `${replica.url}/v1`,
            upstreamModel: model,
            kind: 'replica' as const,
            ...ours,
          },
        ]
      : [],
  )
}

async function toRoute(
  db: Db,
  model: Model,
  at: Date,
): Promise<Omit<ServedRoute, 'targets' | 'stateText' | 'isWakeable' | 'coldStartMs'>> {
  const [input, output] = [
    await getPriceInForce(db, model.inputSku, at),
    await getPriceInForce(db, model.outputSku, at),
  ]
  return {
    model: model.name,
    contextTokens: model.contextTokens,
    isToy: model.isToy,
    inputSku: model.inputSku,
    inputPriceId: input.id,
    inputPrice: input.price,
    outputSku: model.outputSku,
    outputPriceId: output.id,
    outputPrice: output.price,
  }
}

export function isWakeable({ source, terms }: store.Deployment): boolean {
  return source === 'replica' && terms.policy === 'autoscale' && terms.replicasMax > 0
}

function stateTextOf(deployment: store.Deployment, first: { text: string } | undefined): string {
  if (deployment.source === 'upstream') return 'Served by an upstream.'
  const isAsleep = deployment.replicasWanted === 0 && isWakeable(deployment)
  if (isAsleep) return 'It sleeps, and starts when somebody asks for it.'
  return first?.text ?? 'It has no replica yet.'
}

/** Every model of the catalog with its servers and its prices. */
export async function listRoutes(db: Db, at: Date): Promise<readonly ServedRoute[]> {
  const [models, deployments, replicas, coldStarts] = [
    await listModels(db),
    await store.listDeployments(db),
    await store.listReplicas(db),
    await coldStartsByDeployment(db),
  ]
  const routes: ServedRoute[] = []
  for (const model of models) {
    const deployment = deployments.find((each) => each.model === model.name)
    if (!deployment) continue
    const mine = replicas.filter((replica) => replica.deploymentId === deployment.id)
    routes.push({
      ...(await toRoute(db, model, at)),
      targets: targetsOf(deployment, replicas),
      stateText: stateTextOf(deployment, mine[0]),
      isWakeable: isWakeable(deployment),
      coldStartMs: coldStarts.get(deployment.id) ?? null,
    })
  }
  return routes
}

/** Which pool serves each model that runs on ours. */
export async function poolsOfModels(db: Db): Promise<ReadonlyMap<string, string>> {
  const deployments = await store.listDeployments(db)
  return new Map(deployments.flatMap(({ model, pool }) => (pool === null ? [] : [[model, pool]])))
}
