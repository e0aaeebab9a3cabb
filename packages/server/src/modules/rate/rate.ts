/** Which rate limits a request counts against, and how a share of a minute is cut. Pure. */

export type RateKind = 'requests' | 'tokens'
export type RateSetter = 'operator' | 'organization'

export interface RateLimit {
  readonly id: string
  /** Null: of every customer, each by itself. */
  readonly organizationId: string | null
  /** Null: of all together; so for what follows. */
  readonly projectId: string | null
  readonly apiKeyId: string | null
  readonly model: string | null
  readonly setBy: RateSetter
  /** Null: not limited in this. */
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly concurrency: number | null
  readonly setAt: Date
}

export interface RateUse {
  readonly organizationId: string
  readonly isCustomer: boolean
  readonly projectId: string
  readonly apiKeyId: string
  readonly model: string
}

/** One counter: of a limit, and of one organization where the limit is of each. */
export interface RateKey {
  readonly limitId: string
  readonly subject: string
}

/** All limits that cover a request; all of them hold. */
export function ratesInForce(limits: readonly RateLimit[], use: RateUse): readonly RateLimit[] {
  return limits.filter(
    (limit) =>
      (limit.organizationId === null
        ? use.isCustomer
        : limit.organizationId === use.organizationId) &&
      (limit.projectId === null || limit.projectId === use.projectId) &&
      (limit.apiKeyId === null || limit.apiKeyId === use.apiKeyId) &&
      (limit.model === null || limit.model === use.model),
  )
}

/** The share of what is left that one gateway takes without need, as a divisor: the others want some as well. */
const SHARE_DIVISOR = 16

/** How much to take of a minute: what is needed, and a stock that shrinks with what is left. */
export function shareOf(needed: number, left: number): number {
  const stock = Math.floor(Math.max(0, left - needed) / SHARE_DIVISOR)
  return Math.min(needed + stock, Math.max(left, 0))
}
