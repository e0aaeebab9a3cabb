/** Who answers for each model now, at which prices: what gateways keep in memory. */
import type { UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import type { Money, Price } from '#kernel/money.ts'
import { listModels, listPricesInForce, type Model } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import { coldStartsByDeployment } from './start-store.ts'
import * as store from './store.ts'
import {
  cachedResponseSku,
  CLASSES,
  classSku,
  PAID_TIERS,
  type PaidTier,
  tierSku,
  TOKEN_CLASSES,
  type TokenClass,
} from './token-class.ts'
import { listUpstreams, type Upstream } from './upstream-store.ts'

interface ClassPrice {
  readonly sku: string
  readonly priceId: string
  readonly price: Price
}

type ClassPrices = Partial<Readonly<Record<TokenClass, ClassPrice>>>

interface ServedTarget {
  readonly id: string
  readonly url: string
  readonly upstreamModel: string
  readonly kind: 'replica' | 'upstream'
  readonly provider: UpstreamProvider
  readonly sealedCredential: string | null
  readonly region: string | null
  readonly dataPolicy: UpstreamDataPolicy
  /** Of an upstream: its name may lead into a private network. */
  readonly allowsPrivateNetwork: boolean
  /** Of a replica. */
  readonly pool: string | null
  /** What it takes itself for a million tokens; null: not known. */
  readonly inputCostUsd: Money | null
  readonly outputCostUsd: Money | null
}

interface TierPrices {
  readonly inputSku: string
  readonly inputPriceId: string
  readonly inputPrice: Price
  readonly outputSku: string
  readonly outputPriceId: string
  readonly outputPrice: Price
  readonly classPrices: ClassPrices | undefined
}

/** Who answers for a model now, as the gateway needs it. */
export interface ServedRoute extends TierPrices {
  readonly model: string
  readonly contextTokens: number
  readonly isToy: boolean
  readonly isEmbedding: boolean
  /** Absent in a catalog of before there were such prices. */
  readonly cachedResponse: ClassPrice | undefined
  /** Of the tiers that have prices of their own. */
  readonly tiers: Partial<Readonly<Record<PaidTier, TierPrices>>> | undefined
  readonly targets: readonly ServedTarget[]
  readonly stateText: string
  /** Whether asking for it starts a replica where it has none. */
  readonly isWakeable: boolean
  /** Null: never measured. */
  readonly coldStartMs: number | null
  /** Where its replicas run; null where it has none of ours. */
  readonly pool: string | null
}

const OURS = {
  provider: 'openai',
  sealedCredential: null,
  region: null,
  dataPolicy: 'unknown',
  allowsPrivateNetwork: true,
  inputCostUsd: null,
  outputCostUsd: null,
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
        pool: null,
        ...OURS,
        allowsPrivateNetwork: deployment.allowsPrivateNetwork,
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
            pool: deployment.pool,
            ...OURS,
          },
        ]
      : [],
  )
}

type Prices = Awaited<ReturnType<typeof listPricesInForce>>

function classPriceOf(sku: string, prices: Prices): ClassPrice | undefined {
  const inForce = prices.get(sku)
  return inForce && { sku, priceId: inForce.id, price: inForce.price }
}

/** Undefined where no class has a price of its own: the usual case, which the gateway then knows at once. */
function classPricesOf(
  prices: Prices,
  skuOf: (tokenClass: TokenClass) => string,
): ClassPrices | undefined {
  const found = TOKEN_CLASSES.flatMap((each) => {
    const price = classPriceOf(skuOf(each), prices)
    return price ? [[each, price] as const] : []
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function tierClassSku(model: string, tier: PaidTier) {
  return (tokenClass: TokenClass) => tierSku(model, tier, CLASSES[tokenClass].suffix)
}

function tiersOf({ name }: Model, prices: Prices): ServedRoute['tiers'] {
  const found = PAID_TIERS.flatMap((tier) => {
    const [inputSku, outputSku] = [tierSku(name, tier, 'input'), tierSku(name, tier, 'output')]
    const [input, output] = [prices.get(inputSku), prices.get(outputSku)]
    if (input === undefined || output === undefined) return []
    const own = {
      ...{ inputSku, inputPriceId: input.id, inputPrice: input.price },
      ...{ outputSku, outputPriceId: output.id, outputPrice: output.price },
      classPrices: classPricesOf(prices, tierClassSku(name, tier)),
    }
    return [[tier, own] as const]
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function toRoute(model: Model, prices: Prices) {
  const priceOf = (sku: string) => present(prices.get(sku), `a price of ${sku}`)
  const [input, output] = [priceOf(model.inputSku), priceOf(model.outputSku)]
  return {
    model: model.name,
    contextTokens: model.contextTokens,
    isToy: model.isToy,
    isEmbedding: model.isEmbedding,
    inputSku: model.inputSku,
    inputPriceId: input.id,
    inputPrice: input.price,
    outputSku: model.outputSku,
    outputPriceId: output.id,
    outputPrice: output.price,
    classPrices: classPricesOf(prices, (each) => classSku(model.name, each)),
    cachedResponse: classPriceOf(cachedResponseSku(model.name), prices),
    tiers: tiersOf(model, prices),
  }
}

function skusOf({ name, inputSku, outputSku }: Model): readonly string[] {
  const own = [inputSku, outputSku, ...TOKEN_CLASSES.map((each) => classSku(name, each))]
  const ofTier = (tier: PaidTier) => [
    ...['input', 'output'].map((direction) => tierSku(name, tier, direction)),
    ...TOKEN_CLASSES.map(tierClassSku(name, tier)),
  ]
  return [...own, cachedResponseSku(name), ...PAID_TIERS.flatMap(ofTier)]
}

function toTarget({ id, url, upstreamModel, ...upstream }: Upstream): ServedTarget {
  const { provider, sealedCredential, region, dataPolicy } = upstream
  const { inputCostUsd, outputCostUsd, allowsPrivateNetwork } = upstream
  return {
    id,
    url,
    upstreamModel,
    kind: 'upstream',
    provider,
    sealedCredential,
    region,
    dataPolicy,
    allowsPrivateNetwork,
    pool: null,
    inputCostUsd,
    outputCostUsd,
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

/** Every model of the catalog that somebody may answer for, with its servers and its prices. */
export async function listRoutes(db: Db, at: Date): Promise<readonly ServedRoute[]> {
  const models = await listModels(db)
  const deployments = await store.listDeployments(db)
  const replicas = await store.listReplicas(db)
  const coldStarts = await coldStartsByDeployment(db)
  const upstreams = await listUpstreams(db)
  const prices = await listPricesInForce(db, models.flatMap(skusOf), at)
  return models.flatMap((model) => {
    const deployment = deployments.find((each) => each.model === model.name)
    const others = upstreams.filter((each) => each.model === model.name).map(toTarget)
    if (!deployment && others.length === 0) return []
    const mine = replicas.filter((replica) => replica.deploymentId === deployment?.id)
    return [
      {
        ...toRoute(model, prices),
        targets: [...(deployment ? targetsOf(deployment, mine) : []), ...others],
        stateText: deployment ? stateTextOf(deployment, mine[0]) : 'Served by an upstream.',
        // While somebody else answers, nobody waits for a replica of ours.
        isWakeable: deployment !== undefined && isWakeable(deployment),
        coldStartMs: coldStarts.get(deployment?.id ?? '') ?? null,
        pool: deployment?.pool ?? null,
      },
    ]
  })
}
