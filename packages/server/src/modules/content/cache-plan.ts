/** Whether a request may be answered from its project's cache, and whether its answer goes there. Pure. */
import type { ContentPolicy } from './policy.ts'

/** What the header `x-spillway-cache` asks for. */
export interface CacheWish {
  readonly mode: 'use' | 'bypass' | 'refresh'
  readonly maxAgeS: number | null
}

export interface CachePlan {
  readonly isRead: boolean
  readonly ttlS: number
  /** An answer that is older is not wanted. */
  readonly maxAgeS: number | null
}

const WISH = /^\s*(use|bypass|refresh)\s*(?:;\s*max-age=(\d{1,8})\s*)?$/

/** Null: it is not understood. */
export function readCacheWish(header: string): CacheWish | null {
  const [, mode, maxAge] = WISH.exec(header) ?? []
  if (mode === undefined) return null
  return { mode: mode as CacheWish['mode'], maxAgeS: maxAge === undefined ? null : Number(maxAge) }
}

interface Asked {
  readonly wish: CacheWish | null
  /** Another try would answer the same, as far as anybody can say. */
  readonly isSteady: boolean
}

/** Null: the cache has nothing to do with it. The header narrows what the project allows, and never widens it. */
export function planCache(
  { cache, cacheTtlS, isSampledCached }: ContentPolicy,
  { wish, isSteady }: Asked,
): CachePlan | null {
  if (cache === 'off' || wish?.mode === 'bypass') return null
  if (cache === 'asked' && wish === null) return null
  if (!isSteady && (wish === null || !isSampledCached)) return null
  const maxAgeS = wish?.maxAgeS ?? null
  return {
    isRead: wish?.mode !== 'refresh',
    ttlS: maxAgeS === null ? cacheTtlS : Math.min(maxAgeS, cacheTtlS),
    maxAgeS,
  }
}

/**
 * Whether another try would answer the same: nothing is drawn at random, or there is nothing to draw. A seed alone is
 * no promise.
 */
export function isSteady(
  body: Readonly<Record<string, unknown>>,
  { isEmbedding, choices }: { readonly isEmbedding: boolean; readonly choices: number },
): boolean {
  return isEmbedding || (body['temperature'] === 0 && choices === 1)
}

/** Says of a request how its answer is delivered, and nothing of what the answer is. */
const OF_DELIVERY = new Set(['stream', 'stream_options', 'user', 'metadata', 'safety_identifier'])

/** The same text for the same request, however its keys are ordered; another text for any other. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

/** All of a request that its answer depends on. */
export function canonicalRequest(body: Readonly<Record<string, unknown>>): string {
  return canonical(
    Object.fromEntries(Object.entries(body).filter(([key]) => !OF_DELIVERY.has(key))),
  )
}
