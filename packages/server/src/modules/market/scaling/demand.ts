/**
 * How much of a replica is wanted: requests against the places of one, tokens against the pace of one at work.
 * A sample that not every replica answered for says nothing of idleness. Pure.
 */

/** What was measured of a deployment over a stretch. */
export interface LoadSample {
  /** Its end. */
  readonly atMs: number
  readonly spanMs: number
  /** Requests that were being answered, in line, or held until there is a replica: the mean over the stretch. */
  readonly requests: number
  readonly tokensPerSecond: number
  readonly replicasReady: number
  /** Whether every replica that serves answered for itself. */
  readonly isWhole: boolean
}

/** What one replica can do, as measured. */
export interface ReplicaMeasure {
  /** Requests that it answers at once. */
  readonly places: number
  /** Tokens a second while it works; null where none was ever seen to. */
  readonly tokensPerSecondBusy: number | null
}

/** In replicas: by requests or by tokens, whichever is more. */
export function demandOf(sample: LoadSample, { places, tokensPerSecondBusy }: ReplicaMeasure) {
  const byRequests = sample.requests / places
  const byTokens =
    tokensPerSecondBusy === null || tokensPerSecondBusy <= 0
      ? 0
      : sample.tokensPerSecond / tokensPerSecondBusy
  return Math.max(byRequests, byTokens)
}

export interface Looking {
  readonly nowMs: number
  /** A sample of so long ago counts half. */
  readonly halfLifeMs: number
}

/**
 * The part of the time that a deployment's replica number `ordinal` (from 1) is wanted: the mean of how far demand
 * reaches into it, the recent weighing more. Never rises with the ordinal.
 */
export function shareWanted(
  demands: readonly { readonly atMs: number; readonly spanMs: number; readonly demand: number }[],
  ordinal: number,
  { nowMs, halfLifeMs }: Looking,
): number {
  let wanted = 0
  let whole = 0
  for (const { atMs, spanMs, demand } of demands) {
    const weight = spanMs * 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs)
    wanted += weight * Math.min(1, Math.max(0, demand - (ordinal - 1)))
    whole += weight
  }
  return whole === 0 ? 0 : wanted / whole
}

/** Since when nobody has wanted anything, with every replica up and answering for itself; null while somebody does. */
export function idleSince(
  beforeMs: number | null,
  { atMs, spanMs, requests, tokensPerSecond, replicasReady, isWhole }: LoadSample,
  replicasWanted: number,
): number | null {
  const isIdle =
    isWhole && requests === 0 && tokensPerSecond === 0 && replicasReady >= replicasWanted
  return isIdle ? (beforeMs ?? atMs - spanMs) : null
}
