/**
 * A project's cache of whole answers, shared by all gateways: what is asked again word for word is answered without the
 * model. Each project has a key of its own, so that nothing of one can be found, or read, from another.
 */
import { createHmac } from 'node:crypto'
import type { Database } from '#platform/db/database.ts'
import { openText, sealText } from '#platform/sealed-text.ts'
import { CACHE_ANSWER_BYTES_MAX, CACHE_ANSWERS_MAX, CACHE_BYTES_MAX } from '../../limits.ts'
import {
  addCounts,
  type CacheCount,
  evictCached,
  findCached,
  insertCached,
  touchCached,
} from './cache-store.ts'
import type { ContentPolicy } from './policy.ts'

export interface AnswerCacheDeps {
  readonly database: Database
  readonly pepper: string
  readonly now: () => Date
  readonly onFailure: (failure: unknown) => void
}

/** All that an answer depends on. Each part is told apart from the next by its length. */
export interface CacheSubject {
  readonly policy: ContentPolicy
  readonly parts: readonly string[]
}

export interface CachedAnswer {
  readonly requestId: string
  readonly content: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly madeAt: Date
}

export interface Caching {
  readonly policy: ContentPolicy
  readonly id: string
  readonly model: string
  readonly ttlS: number
}

/** The place of a subject: a hash under a key of the project and its generation. */
export function cacheId(pepper: string, { policy, parts }: CacheSubject): string {
  const { organizationId, projectId, generation } = policy
  const salt = createHmac('sha256', pepper)
    .update(JSON.stringify(['cache', organizationId, projectId, generation]))
    .digest()
  const hmac = createHmac('sha256', salt)
  for (const part of parts) hmac.update(`${part.length}\n`).update(part)
  return hmac.digest('base64url')
}

export class AnswerCache {
  readonly #deps: AnswerCacheDeps
  #counts = new Map<string, CacheCount>()
  readonly #used = new Set<string>()
  readonly #grown = new Set<string>()
  #isTelling = false

  constructor(deps: AnswerCacheDeps) {
    this.#deps = deps
  }

  idOf(subject: CacheSubject): string {
    return cacheId(this.#deps.pepper, subject)
  }

  /** Null: there is none, or it cannot be known: then the model is asked. */
  async find(
    { policy: { projectId }, id }: Pick<Caching, 'policy' | 'id'>,
    maxAgeS: number | null,
  ): Promise<CachedAnswer | null> {
    const { database, now, onFailure } = this.#deps
    try {
      const at = now()
      const found = await findCached(database, { id, projectId, now: at })
      if (found === null) return null
      const ageMs = at.getTime() - found.made_at.getTime()
      if (maxAgeS !== null && ageMs > maxAgeS * 1000) return null
      this.#used.add(id)
      return {
        requestId: found.request_id,
        content: openText(found.sealed, this.#sealOf(id)),
        inputTokens: found.input_tokens,
        outputTokens: found.output_tokens,
        madeAt: found.made_at,
      }
    } catch (failure) {
      onFailure(failure)
      return null
    }
  }

  /** Keeps an answer, if it is small enough and the project still wants it. */
  async keep(
    { policy, id, model, ttlS }: Caching,
    { content, ...answer }: Omit<CachedAnswer, 'madeAt'>,
  ): Promise<void> {
    if (content.length > CACHE_ANSWER_BYTES_MAX) return
    const { database, now, onFailure } = this.#deps
    const madeAt = now()
    const { projectId, generation } = policy
    const expiresAt = new Date(madeAt.getTime() + ttlS * 1000)
    try {
      const sealed = sealText(content, this.#sealOf(id))
      const row = { id, projectId, generation, model, sealed, madeAt, expiresAt }
      await insertCached(database, { ...row, ...answer })
      this.#grown.add(projectId)
    } catch (failure) {
      onFailure(failure)
    }
  }

  count(projectId: string, outcome: { readonly hitTokens: number } | 'miss'): void {
    const before = this.#counts.get(projectId) ?? { projectId, hits: 0, misses: 0, hitTokens: 0 }
    const isMiss = outcome === 'miss'
    this.#counts.set(projectId, {
      projectId,
      hits: before.hits + (isMiss ? 0 : 1),
      misses: before.misses + (isMiss ? 1 : 0),
      hitTokens: before.hitTokens + (isMiss ? 0 : outcome.hitTokens),
    })
  }

  /** Writes what was counted, and keeps caches within their room. Called now and then. */
  async tick(): Promise<void> {
    if (this.#isTelling || this.#counts.size + this.#grown.size + this.#used.size === 0) return
    this.#isTelling = true
    const { database, now, onFailure } = this.#deps
    const counts = this.#counts
    this.#counts = new Map()
    try {
      await addCountsOf(database, counts, now())
      const used = [...this.#used]
      this.#used.clear()
      if (used.length > 0) await touchCached(database, used, now())
      for (const projectId of this.#grown) {
        const room = { bytesMax: CACHE_BYTES_MAX, answersMax: CACHE_ANSWERS_MAX }
        await evictCached(database, { projectId, ...room })
        this.#grown.delete(projectId)
      }
    } catch (failure) {
      // What was counted is lost with it: it is a rate that people look at, and no money goes by it.
      onFailure(failure)
    } finally {
      this.#isTelling = false
    }
  }

  #sealOf(id: string) {
    return { pepper: this.#deps.pepper, purpose: `kept content cached ${id}` }
  }
}

async function addCountsOf(
  database: Database,
  counts: ReadonlyMap<string, CacheCount>,
  now: Date,
): Promise<void> {
  if (counts.size > 0) await addCounts(database, [...counts.values()], now)
}
