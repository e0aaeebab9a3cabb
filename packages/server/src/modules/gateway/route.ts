/** Which servers answer for a model, at which prices, and what an operator and a project say of them. Types alone. */
import type {
  ModelCardDocument,
  RouteConstraints,
  RouteDocument,
  UpstreamDataPolicy,
  UpstreamProvider,
} from '@spillway/contract'
import type { Money, Price } from '#kernel/money.ts'

/** A class of tokens that may have a price of its own. Where it has none, it costs what its whole costs. */
export type TokenClass = 'cachedInput' | 'cacheWrite' | 'reasoning'

export interface ClassPrice {
  readonly sku: string
  readonly priceId: string
  readonly price: Price
}

export type ClassPrices = Partial<Readonly<Record<TokenClass, ClassPrice>>>

/** What a server speaks: each has a folder in `providers`. */
export type ProviderKind = UpstreamProvider

/** One server that answers for a model. `url` is a base such as `http://127.0.0.1:8081/v1`. */
export interface Target {
  readonly id: string
  readonly url: string
  /** The name the server itself uses. */
  readonly upstreamModel: string
  /** A replica is ours and reports usage in every chunk; an upstream is somebody else's. */
  readonly kind: 'replica' | 'upstream'
  readonly provider: ProviderKind
  /** Opened only to be sent. */
  readonly sealedCredential: string | null
  /** Where it runs, as the operator declared it; null: not known. */
  readonly region: string | null
  /** What becomes of the prompts that it sees. */
  readonly dataPolicy: UpstreamDataPolicy
  /** Of an upstream: its name may lead into a private network, or to this machine. Absent: it may not. */
  readonly allowsPrivateNetwork?: boolean
  /** Whose it is: `own`, `private`, or a host of the public internet. */
  readonly providerName: string
  /** Of a replica. */
  readonly pool: string | null
  /** What a million tokens cost the operator there; null: not known. */
  readonly cost: { readonly input: Money; readonly output: Money } | null
}

/** What the operator set for a model. */
export interface RoutePolicy {
  readonly version: number
  readonly document: RouteDocument
}

/** When a model goes, and what is told of it until then. */
export interface ModelRetirement {
  readonly atMs: number
  readonly successor: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** What is declared of a model, as far as lists of models show it. */
export type ListedCard = Pick<
  ModelCardDocument,
  | 'publisher'
  | 'licence'
  | 'outputTokensMax'
  | 'inputModalities'
  | 'outputModalities'
  | 'capabilities'
>

/** Rules of a project about models. All of them hold. */
export type ProjectAccess = readonly {
  /** These and no others; else all but these. */
  readonly isOnly: boolean
  readonly models: ReadonlySet<string>
}[]

/** What tokens are charged as. */
export interface RoutePrices {
  readonly inputSku: string
  readonly inputPriceId: string
  readonly inputPrice: Price
  readonly outputSku: string
  readonly outputPriceId: string
  readonly outputPrice: Price
  /** Of the classes that have a price of their own. */
  readonly classPrices?: ClassPrices | undefined
}

/** Tiers that may have prices of their own; the default one has the route's. */
export type PaidTier = 'batch' | 'flex' | 'priority'

export interface Route extends RoutePrices {
  readonly model: string
  readonly contextTokens: number
  readonly isToy: boolean
  /** It makes embeddings, and answers nothing else. */
  readonly isEmbedding?: boolean
  /** Of each token of an answer that is given from a cache; absent: none is. */
  readonly cachedResponse?: ClassPrice | undefined
  /** The tier whose prices these are; absent: the default one. */
  readonly tier?: PaidTier
  readonly tiers?: Partial<Readonly<Record<PaidTier, RoutePrices>>> | undefined
  readonly targets: readonly Target[]
  /** Why there are no targets, as a sentence. */
  readonly stateText: string
  /** Whether asking for it starts a server where it has none. */
  readonly isWakeable: boolean
  /** How long that took lately; null where it was never measured. */
  readonly coldStartMs: number | null
  /** A replica of ours as it is when it runs: whether it may be asked is judged before it is woken. */
  readonly ours: Target | null
  readonly policy: RoutePolicy | null
  /** Absent while nothing is announced. */
  readonly retirement?: ModelRetirement
  readonly card?: ListedCard
}

/** All that gateways route by. */
export interface RoutingTable {
  readonly routes: readonly Route[]
  /** What projects allow, by the project's id. */
  readonly projects: ReadonlyMap<string, RouteConstraints>
  /** Other names, and the models that they stand for. */
  readonly aliases?: ReadonlyMap<string, string>
  /** By the project's id. */
  readonly access?: ReadonlyMap<string, ProjectAccess>
}
