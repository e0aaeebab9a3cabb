/** Which servers answer for a model, at which prices, and which of them to try next. Pure. */
import type { Price } from '#kernel/money.ts'

/** One server that answers for a model. `url` is a base such as `http://127.0.0.1:8081/v1`. */
export interface Target {
  readonly id: string
  readonly url: string
  /** The name the server itself uses. */
  readonly upstreamModel: string
  /** A replica is ours and reports usage in every chunk; an upstream is somebody else's. */
  readonly kind: 'replica' | 'upstream'
}

export interface Route {
  readonly model: string
  readonly contextTokens: number
  readonly isToy: boolean
  readonly inputSku: string
  readonly inputPriceId: string
  readonly inputPrice: Price
  readonly outputSku: string
  readonly outputPriceId: string
  readonly outputPrice: Price
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

/**
 * The target to try: not tried yet for this request, not just failed, fewest requests in flight; among equals the one
 * at `turn`, so that they take turns. A target that just failed is still better than none.
 */
export function chooseTarget(
  targets: readonly Target[],
  load: (id: string) => TargetLoad | undefined,
  { tried, nowMs, turn }: { tried: readonly string[]; nowMs: number; turn: number },
): Target | null {
  let best: Target | null = null
  let bestRank = Infinity
  for (let index = 0; index < targets.length; index++) {
    const target = targets[(index + turn) % targets.length] as Target
    if (tried.includes(target.id)) continue
    const { inFlight, avoidUntilMs } = load(target.id) ?? { inFlight: 0, avoidUntilMs: 0 }
    const rank = inFlight + (avoidUntilMs > nowMs ? 1e9 : 0)
    if (rank < bestRank) [best, bestRank] = [target, rank]
  }
  return best
}
