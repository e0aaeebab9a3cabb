/**
 * Admits a request within every rate limit that covers it: a slot, a request and its most tokens are taken of each
 * before it runs; the slot comes back when it ends, tokens that it did not use as long as it is the same minute. Shares
 * of a minute are leased from the database: beyond them, and with the database away, nothing is admitted.
 */
import {
  type RateKey,
  type RateKind,
  type RateLimit,
  ratesInForce,
  type RateUse,
} from '#modules/rate/index.ts'
import { MINUTE_MS, minuteOf } from './minute.ts'
import { MinuteCounter, SlotCounter } from './rate-counter.ts'
import type { Left, RateStanding } from './rate-headers.ts'
import { databaseAway, type Refusal, rateExceeded, requestTooLarge } from './refusal.ts'

export interface RateKeeper {
  readonly takeShare: (
    key: RateKey,
    share: { readonly kind: RateKind; readonly startsAtMs: number; readonly needed: number },
  ) => Promise<{ readonly taken: number; readonly given: number }>
  readonly takeSlots: (key: RateKey, wanted: number) => Promise<number>
  readonly keepSlots: (key: RateKey, slots: number) => Promise<void>
}

export interface RateGateDeps {
  readonly keeper: RateKeeper
  /** The trusted clock's: minutes are those of the calendar. */
  readonly nowMs: () => number
  readonly onFailure: (failure: unknown) => void
}

export interface RatePass {
  readonly kind: 'passed'
  readonly standing: RateStanding
  /** The request has ended and used so many tokens; called once. */
  readonly end: (tokens: number) => void
  /** It did not run after all. */
  readonly cancel: () => void
}

export interface RateAsk extends RateUse {
  readonly limits: readonly RateLimit[]
  /** The most that the request could use. */
  readonly tokens: number
}

type Outcome = RatePass | { readonly kind: 'stopped'; readonly refusal: Refusal }

interface Taken {
  readonly end: (tokens: number) => void
  readonly cancel: () => void
}

const DIMENSIONS = ['concurrency', 'requests', 'tokens'] as const
type Dimension = (typeof DIMENSIONS)[number]

export class RateGate {
  readonly #deps: RateGateDeps
  readonly #minutes = new Map<string, MinuteCounter>()
  readonly #slots = new Map<string, SlotCounter>()

  constructor(deps: RateGateDeps) {
    this.#deps = deps
  }

  async pass({ limits, tokens, ...use }: RateAsk): Promise<Outcome & { standing: RateStanding }> {
    const covering = ratesInForce(limits, use)
    const taken: Taken[] = []
    const undo = (refusal: Refusal) => {
      for (const each of taken) each.cancel()
      return { kind: 'stopped' as const, refusal, standing: this.#standing(covering, use) }
    }
    for (const limit of covering)
      for (const dimension of DIMENSIONS) {
        const most = mostOf(limit, dimension)
        if (most === null) continue
        const needed = dimension === 'tokens' ? tokens : 1
        if (dimension === 'tokens' && needed > most) return undo(requestTooLarge(needed, most))
        try {
          const got = await this.#take({ limit, use, dimension, needed, most })
          if (got === null) return undo(this.#refuse(limit, dimension, most))
          taken.push(got)
        } catch (failure) {
          this.#deps.onFailure(failure)
          return undo(databaseAway())
        }
      }
    return {
      kind: 'passed',
      standing: this.#standing(covering, use),
      end: (used) => taken.forEach((each) => each.end(used)),
      cancel: () => taken.forEach((each) => each.cancel()),
    }
  }

  /** Gives idle slots back, and forgets what is not used. Called every second. */
  tick(): void {
    for (const [name, counter] of this.#slots) {
      if (counter.isIdle) this.#slots.delete(name)
      else void counter.tick().catch(this.#deps.onFailure)
    }
    const oldest = minuteOf(this.#deps.nowMs()) - MINUTE_MS
    for (const [name, { startsAtMs }] of this.#minutes)
      if (startsAtMs < oldest) this.#minutes.delete(name)
  }

  async #take({ limit, use, dimension, needed, most }: Taking): Promise<Taken | null> {
    const key = { limitId: limit.id, subject: use.organizationId }
    if (dimension === 'concurrency') {
      const slots = this.#slotsOf(key)
      if (!slots.tryTake() && !(await slots.take())) return null
      return { end: () => slots.end(), cancel: () => slots.end() }
    }
    const counter = this.#minuteOf(key, dimension)
    const state = counter.tryTake(needed, most)
    const asked = state === 'ask' ? await counter.take(needed, most) : counter.startsAtMs
    if (state === 'refused' || asked === null) return null
    const cancel = () => counter.giveBack(asked, needed)
    if (dimension === 'requests') return { end: () => undefined, cancel }
    return { end: (used) => counter.giveBack(asked, Math.max(0, needed - used)), cancel }
  }

  #standing(limits: readonly RateLimit[], { organizationId }: RateUse): RateStanding {
    const least = (kind: RateKind): Left | null =>
      limits.reduce<Left | null>((tightest, { id, ...limit }) => {
        const most = mostOf(limit, kind)
        if (most === null) return tightest
        const counter = this.#minuteOf({ limitId: id, subject: organizationId }, kind)
        const remaining = counter.remaining(most)
        return tightest === null || remaining < tightest.remaining
          ? { limit: most, remaining }
          : tightest
      }, null)
    const resetsAtMs = minuteOf(this.#deps.nowMs()) + MINUTE_MS
    return { requests: least('requests'), tokens: least('tokens'), resetsAtMs }
  }

  #refuse({ id, setBy }: RateLimit, dimension: Dimension, most: number): Refusal {
    const nowMs = this.#deps.nowMs()
    const retryMs =
      dimension === 'concurrency' ? CONCURRENCY_RETRY_MS : minuteOf(nowMs) + MINUTE_MS - nowMs
    return rateExceeded({ limitId: id, setBy, dimension, most, retryMs })
  }

  #minuteOf(key: RateKey, kind: RateKind): MinuteCounter {
    const name = `${key.limitId} ${key.subject} ${kind}`
    const known = this.#minutes.get(name)
    if (known) return known
    const { keeper, nowMs } = this.#deps
    const counter = new MinuteCounter({
      nowMs,
      take: (startsAtMs, needed) => keeper.takeShare(key, { kind, startsAtMs, needed }),
    })
    this.#minutes.set(name, counter)
    return counter
  }

  #slotsOf(key: RateKey): SlotCounter {
    const name = `${key.limitId} ${key.subject}`
    const known = this.#slots.get(name)
    if (known) return known
    const { keeper } = this.#deps
    const counter = new SlotCounter({
      take: (wanted) => keeper.takeSlots(key, wanted),
      keep: (slots) => keeper.keepSlots(key, slots),
    })
    this.#slots.set(name, counter)
    return counter
  }
}

interface Taking {
  readonly limit: RateLimit
  readonly use: RateUse
  readonly dimension: Dimension
  readonly needed: number
  readonly most: number
}

/** Somebody else's request may end at any moment. */
const CONCURRENCY_RETRY_MS = 1000

function mostOf(
  { concurrency, requestsPerMinute, tokensPerMinute }: Omit<RateLimit, 'id'>,
  dimension: Dimension,
): number | null {
  if (dimension === 'concurrency') return concurrency
  return dimension === 'requests' ? requestsPerMinute : tokensPerMinute
}
