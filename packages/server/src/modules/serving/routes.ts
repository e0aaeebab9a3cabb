/** The model catalog and deployments over HTTP. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { type Price, renderMoney } from '#kernel/money.ts'
import { listModels, type Model } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import type { ReplicaRow } from './replica.ts'
import { addUpstream, listRoutes, removeUpstream, type ServedRoute } from './service.ts'
import * as store from './store.ts'

type Names =
  | 'listModels'
  | 'getModel'
  | 'listDeployments'
  | 'listDiscoveries'
  | 'createDeployment'
  | 'deleteDeployment'

export interface ServingRouteDeps {
  readonly ids: IdSource
  /** OpenAI-compatible servers that answer on this machine. */
  /** Whether a server answers at an address with a list of models. */
  readonly probe: (url: string) => Promise<boolean>
  readonly discover: () => Promise<
    readonly { url: string; product: string; models: readonly string[] }[]
  >
}

function renderPrice({ amount, per, unit }: Price) {
  return { amountUsd: renderMoney(amount), per: per.toString(), unit }
}

interface Served {
  readonly route: ServedRoute | undefined
  readonly deployment: store.Deployment | undefined
  /** Of this deployment. */
  readonly replicas: readonly ReplicaRow[]
}

/** On its way, unless nothing is wanted or every replica waits after a fault. */
function stateOf({ route, deployment, replicas }: Served): 'ready' | 'starting' | 'unavailable' {
  if ((route?.targets.length ?? 0) > 0) return 'ready'
  const isWanted = deployment?.source === 'upstream' || (deployment?.replicasWanted ?? 0) > 0
  const isBackingOff = replicas.length > 0 && replicas.every(({ state }) => state === 'backing_off')
  return isWanted && !isBackingOff ? 'starting' : 'unavailable'
}

function renderModel(model: Model, served: Served) {
  const { route, deployment } = served
  return {
    id: model.name,
    displayName: model.displayName,
    description: model.description,
    publisher: model.publisher,
    licence: model.licence,
    isToy: model.isToy,
    contextTokens: model.contextTokens,
    price: {
      input: route
        ? renderPrice(route.inputPrice)
        : { amountUsd: '0', per: '1', unit: 'token' as const },
      output: route
        ? renderPrice(route.outputPrice)
        : { amountUsd: '0', per: '1', unit: 'token' as const },
    },
    state: stateOf(served),
    stateText: route?.stateText ?? 'Not deployed.',
    replicasReady: route?.targets.length ?? 0,
    source: deployment?.source ?? ('replica' as const),
  }
}

async function renderModels(db: Db, now: Date) {
  const [models, routes, deployments, rows] = [
    await listModels(db),
    await listRoutes(db, now),
    await store.listDeployments(db),
    await store.listReplicas(db),
  ]
  return models.flatMap((model) => {
    const route = routes.find((each) => each.model === model.name)
    const deployment = deployments.find((each) => each.model === model.name)
    const replicas = rows.filter((row) => row.deploymentId === deployment?.id)
    return route ? [renderModel(model, { route, deployment, replicas })] : []
  })
}

async function renderDeployments(db: Db) {
  const replicas = await store.listReplicas(db)
  return (await store.listDeployments(db)).map((deployment) => ({
    id: deployment.id,
    model: deployment.model,
    source: deployment.source,
    pool: deployment.pool,
    replicasWanted: deployment.replicasWanted,
    upstreamUrl: deployment.upstreamUrl,
    weights: deployment.weights,
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

export function servingRoutes({ ids, discover, probe }: ServingRouteDeps): Pick<Routes, Names> {
  return {
    listModels: async ({ db, now }) => ({ items: await renderModels(db, now), nextCursor: null }),
    getModel: async ({ db, params, now }) => {
      const model = (await renderModels(db, now)).find((each) => each.id === params.id)
      if (!model) throw new Fault('model.not_found', `There is no model ${params.id}.`)
      return model
    },
    listDeployments: async ({ db }) => ({ items: await renderDeployments(db), nextCursor: null }),
    listDiscoveries: async ({ db }) => {
      const known = (await store.listDeployments(db)).map((deployment) => deployment.upstreamUrl)
      const found = (await discover()).filter(({ url }) => !known.includes(url.replace(/\/+$/, '')))
      return {
        items: found.map((each) => ({ ...each, models: [...each.models] })),
        nextCursor: null,
      }
    },
    createDeployment: async ({ db, body, now, setTarget }) => {
      if (!(await probe(body.upstreamUrl)))
        throw new Fault(
          'deployment.upstream_unreachable',
          `Nothing answers at ${body.upstreamUrl}/models with a list of models.`,
        )
      const deployment = await addUpstream(db, body, { now, ids })
      setTarget(deployment.id)
      const rendered = (await renderDeployments(db)).find((each) => each.id === deployment.id)
      if (!rendered) throw new Fault('deployment.not_found', 'The deployment vanished.')
      return rendered
    },
    deleteDeployment: async ({ db, params, now }) => {
      await removeUpstream(db, params.id, now)
      return { ok: true as const }
    },
  }
}
