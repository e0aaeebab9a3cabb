/**
 * Remembers who a credential stands for, so that a request costs no question to the database. A known key outlives
 * an outage of the database; an unknown one is then neither right nor wrong. Keeps hashes, never credentials.
 */
import { hash } from 'node:crypto'
import type { Credential, Principal } from '#modules/identity/index.ts'

export type Verdict =
  | { readonly kind: 'known'; readonly principal: Principal }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'unavailable' }

export interface PrincipalCacheDeps {
  readonly authenticate: (credential: Credential) => Promise<Principal | null>
  /** Milliseconds on a clock that only goes forward. */
  readonly nowMs: () => number
  readonly onFailure: (failure: unknown) => void
}

interface Entry {
  readonly verdict: Verdict
  readonly freshUntilMs: number
  /** Kept beyond its freshness only for a key, and only against an outage. */
  readonly keptUntilMs: number
}

const ENTRIES_MAX = 10_000
/** Wrong ones are kept apart, so that a flood of them drives no right one out. */
const WRONG_MAX = 1_000
const KEY_FRESH_MS = 30_000
/** Signing out is not announced; a revoked key is. */
const SESSION_FRESH_MS = 3_000
const WRONG_FRESH_MS = 5_000
const KEPT_MS = 15 * 60_000
/** With no word from the database about revoked keys, nothing stays fresh for longer. */
const DEAF_FRESH_MS = 1_000

const WRONG: Verdict = { kind: 'wrong' }
const UNAVAILABLE: Verdict = { kind: 'unavailable' }

export class PrincipalCache {
  readonly #deps: PrincipalCacheDeps
  /** In order of insertion, so the first is the oldest. */
  readonly #known = new Map<string, Entry>()
  readonly #wrong = new Map<string, Entry>()
  readonly #lookups = new Map<string, Promise<Verdict>>()
  #generation = 0
  #isDeaf = true

  constructor(deps: PrincipalCacheDeps) {
    this.#deps = deps
  }

  /** What is remembered, else null. While the database is away, what was known stays so and is asked again behind. */
  recall(credential: Credential): Verdict | null {
    const key = fingerprint(credential)
    const entry = this.#known.get(key) ?? this.#wrong.get(key)
    const nowMs = this.#deps.nowMs()
    if (!entry) return null
    if (entry.freshUntilMs > nowMs) return entry.verdict
    if (!this.#isDeaf || entry.keptUntilMs <= nowMs) return null
    void this.resolve(credential)
    return entry.verdict
  }

  /** Asks the database; callers with one credential share the question. */
  resolve(credential: Credential): Promise<Verdict> {
    const key = fingerprint(credential)
    const running = this.#lookups.get(key)
    if (running) return running
    const lookup = this.#lookUp(key, credential).finally(() => this.#lookups.delete(key))
    this.#lookups.set(key, lookup)
    return lookup
  }

  /** A key was made or revoked: nothing remembered of it, or of wrong keys, counts any more. */
  forget(apiKeyId: string): void {
    this.#generation += 1
    this.#wrong.clear()
    for (const [key, { verdict }] of this.#known)
      if (verdict.kind === 'known' && verdict.principal.apiKeyId === apiKeyId)
        this.#known.delete(key)
  }

  /** Says whether news of keys arrives. Before and after a gap, everything remembered is asked again. */
  setDeaf(isDeaf: boolean): void {
    this.#generation += 1
    this.#isDeaf = isDeaf
    this.#wrong.clear()
    const nowMs = this.#deps.nowMs()
    for (const [key, entry] of this.#known) this.#known.set(key, { ...entry, freshUntilMs: nowMs })
  }

  async #lookUp(key: string, credential: Credential): Promise<Verdict> {
    const generation = this.#generation
    try {
      const principal = await this.#deps.authenticate(credential)
      const verdict: Verdict = principal ? { kind: 'known', principal } : WRONG
      // What changed while the question ran may have changed the answer.
      if (generation === this.#generation) this.#remember(key, verdict, credential.kind)
      return verdict
    } catch (failure) {
      this.#deps.onFailure(failure)
      const entry = this.#known.get(key)
      return entry && entry.keptUntilMs > this.#deps.nowMs() ? entry.verdict : UNAVAILABLE
    }
  }

  #remember(key: string, verdict: Verdict, kind: Credential['kind']): void {
    const isKnown = verdict.kind === 'known'
    const [entries, sizeMax] = isKnown ? [this.#known, ENTRIES_MAX] : [this.#wrong, WRONG_MAX]
    const longestMs =
      kind === 'session' ? SESSION_FRESH_MS : isKnown ? KEY_FRESH_MS : WRONG_FRESH_MS
    const freshMs = Math.min(longestMs, this.#isDeaf ? DEAF_FRESH_MS : Infinity)
    const nowMs = this.#deps.nowMs()
    this.#known.delete(key)
    this.#wrong.delete(key)
    entries.set(key, {
      verdict,
      freshUntilMs: nowMs + freshMs,
      keptUntilMs: nowMs + (isKnown && kind === 'key' ? KEPT_MS : 0),
    })
    const [oldest] = entries.keys()
    if (entries.size > sizeMax && oldest !== undefined) entries.delete(oldest)
  }
}

function fingerprint({ kind, text }: Credential): string {
  return kind + hash('sha256', text, 'base64')
}
