/** What a project lets be kept of its prompts and answers. Without a policy nothing is. Pure. */

export type CacheMode = 'off' | 'asked' | 'on'

export interface ContentPolicy {
  readonly projectId: string
  readonly organizationId: string
  readonly cache: CacheMode
  readonly cacheTtlS: number
  /** Answers that another try would make otherwise may be kept, where a request asks for it. */
  readonly isSampledCached: boolean
  /** For how many days prompts and answers are stored; null: not at all. */
  readonly storedDays: number | null
  /** Answers kept under another one are not given. */
  readonly generation: string
  readonly setBy: string
  readonly setAt: Date
}

export const DEFAULT_CACHE_TTL_S = 3600
