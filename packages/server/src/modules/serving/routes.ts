/** The model catalog and deployments over HTTP. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { type Price, renderMoney } from '#kernel/money.ts'
import { listModels, type Model, readAccess } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Call, Routes } from '#platform/http/handler.ts'
import type { Reach } from '#platform/outbound/target.ts'
import type { ReplicaRow } from './replica.ts'
import { listRoutes, type ServedRoute } from './route-service.ts'
import { addUpstream, removeUpstream } from './service.ts'
import * as store from './store.ts'
import { changeTerms } from './terms-service.ts'
import type { ScalingTerms } from './terms.ts'
import { parseAddress } from './upstream-service.ts'
import { PPM_PER_PERCENT, renderDeployment, renderDeployments } from './view-service.ts'

type Names =
  | 'listModels'
  | 'getModel'
  | 'listDeployments'
  | 'listDiscoveries'
  | 'createDeployment'
  | 'scaleDeployment'
  | 'deleteDeployment'

export interface ServingRouteDeps {
  readonly ids: IdSource
  /** OpenAI-compatible servers that answer on this machine. */
  /** Whether a server answers at an address with a list of models. */
  readonly probe: (url: string, reach: Reach) => Promise<boolean>
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

type ModelState = 'ready' | 'starting' | 'asleep' | 'unavailable'

/** On its way, unless nothing is wanted or every replica waits after a fault. */
function stateOf({ route, deployment, replicas }: Served): ModelState {
  if ((route?.targets.length ?? 0) > 0) return 'ready'
  const isWanted = deployment?.source === 'upstream' || (deployment?.replicasWanted ?? 0) > 0
  if (!isWanted && route?.isWakeable === true) return 'asleep'
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
    isEmbedding: model.isEmbedding,
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
    coldStartMs: route?.coldStartMs ?? null,
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

type ScaleBody = Call<'scaleDeployment'>['body']

function parseTerms(body: ScaleBody): Partial<ScalingTerms> {
  const { bandPercent, ...rest } = body
  const bandPpm =
    bandPercent === undefined ? {} : { bandPpm: Math.round(bandPercent * PPM_PER_PERCENT) }
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...bandPpm,
  }
}

export function servingRoutes({ ids, discover, probe }: ServingRouteDeps): Pick<Routes, Names> {
  return {
    listModels: async ({ db, principal, now }) => {
      const { isKnown } = await readAccess(db, principal)
      const items = (await renderModels(db, now)).filter(({ id }) => isKnown(id))
      return { items, nextCursor: null }
    },
    getModel: async ({ db, params, principal, now }) => {
      const { isKnown } = await readAccess(db, principal)
      const model = (await renderModels(db, now)).find((each) => each.id === params.id)
      if (!model || !isKnown(model.id))
        throw new Fault('model.not_found', `There is no model ${params.id}.`)
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
      parseAddress(body.upstreamUrl, body.allowsPrivateNetwork)
      const reach = { isPrivateAllowed: body.allowsPrivateNetwork }
      if (!(await probe(body.upstreamUrl, reach)))
        throw new Fault(
          'deployment.upstream_unreachable',
          `Nothing answers at ${body.upstreamUrl}/models with a list of models.`,
        )
      const deployment = await addUpstream(db, body, { now, ids })
      setTarget(deployment.id)
      return renderDeployment(db, deployment.id)
    },
    scaleDeployment: async ({ db, params, body, now }) => {
      await changeTerms(db, params.id, { change: parseTerms(body), now })
      return renderDeployment(db, params.id)
    },
    deleteDeployment: async ({ db, params, now }) => {
      await removeUpstream(db, params.id, now)
      return { ok: true as const }
    },
  }
}
