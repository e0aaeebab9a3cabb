/** Which servers answer for a model, at which prices, and which of them to try next. Pure. */
import type { UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'
import type { Price } from '#kernel/money.ts'
import type { Needs } from './frame/needs.ts'

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
}

export interface Route {
  readonly model: string
  readonly contextTokens: number
  readonly isToy: boolean
  /** It makes embeddings, and answers nothing else. */
  readonly isEmbedding?: boolean
  readonly inputSku: string
  readonly inputPriceId: string
  readonly inputPrice: Price
  readonly outputSku: string
  readonly outputPriceId: string
  readonly outputPrice: Price
  /** Of the classes that have a price of their own. */
  readonly classPrices?: ClassPrices | undefined
  readonly targets: readonly Target[]
  /** Why there are no targets, as a sentence. */
  readonly stateText: string
  /** Whether asking for it starts a server where it has none. */
  readonly isWakeable: boolean
  /** How long that took lately; null where it was never measured. */
  readonly coldStartMs: number | null
}

/** How busy a target is, and until when it is avoided after a failure. */
export interface TargetLoad {
  readonly inFlight: number
  readonly avoidUntilMs: number
}

/** All that a choice may go by. It is the whole of it: a choice reads nothing else, so that it can be made again. */
export interface RoutingSnapshot {
  readonly targets: readonly Target[]
  readonly load: (id: string) => TargetLoad | undefined
  /** What the request needs of a server. */
  readonly needs: Needs
  /** Tried already for this request. */
  readonly tried: readonly string[]
  readonly nowMs: number
  /** Counts up with every choice, so that equals take turns. */
  readonly turn: number
}

export interface RoutingDecision {
  /** Null: none is left to try. */
  readonly target: Target | null
  readonly reason: 'only_one' | 'least_busy' | 'failed_lately' | 'none_left'
}

/**
 * The target to try: not tried yet for this request, not just failed, fewest requests in flight; among equals the one
 * at `turn`. A target that just failed is still better than none.
 */
export function chooseTarget(snapshot: RoutingSnapshot): RoutingDecision {
  const { targets, load, tried, nowMs, turn } = snapshot
  let best: Target | null = null
  let bestRank = Infinity
  for (let index = 0; index < targets.length; index++) {
    const target = targets[(index + turn) % targets.length] as Target
    if (tried.includes(target.id)) continue
    const { inFlight, avoidUntilMs } = load(target.id) ?? IDLE
    const rank = inFlight + (avoidUntilMs > nowMs ? AVOIDED : 0)
    if (rank < bestRank) [best, bestRank] = [target, rank]
  }
  if (best === null) return { target: null, reason: 'none_left' }
  if (bestRank >= AVOIDED) return { target: best, reason: 'failed_lately' }
  return { target: best, reason: targets.length === 1 ? 'only_one' : 'least_busy' }
}

const IDLE: TargetLoad = { inFlight: 0, avoidUntilMs: 0 }
const AVOIDED = 1e9
