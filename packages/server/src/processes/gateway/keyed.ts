/**
 * A request with an Idempotency-Key: run once, charged once, and answered the same again. Its answer is made to its end
 * also when the client leaves, since a repetition will ask for it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Claim, KeptAnswer, KeyedCalls, Outcome } from '#modules/content/index.ts'
import { type Principal, refusals } from '#modules/gateway/index.ts'
import {
  IDEMPOTENCY_KEY_CHARACTERS_MAX,
  KEYED_ANSWER_BYTES_MAX,
  KEYED_MAKING_BYTES_MAX,
} from '../../limits.ts'
import { type Exchange, sendRefusal } from './exchange.ts'
import { KeepingRoom, KeptResponse } from './kept-response.ts'

/** A request whose bytes are there. */
export interface Received {
  readonly exchange: Exchange
  readonly principal: Principal
  readonly body: Uint8Array
}

/** How long an answer's last words wait to be stored; storing goes on behind them. */
const STORED_WITHIN_MS = 2000
/** What an answer says of itself, beside its bytes, that is said again with it. */
const KEPT_HEADER = /^(?:content-type|cache-control|x-accel-buffering|x-spillway-.*)$/

export class KeyedServing {
  readonly #calls: KeyedCalls
  readonly #room = new KeepingRoom(KEYED_MAKING_BYTES_MAX)
  readonly #making = new Set<KeptResponse>()

  constructor(calls: KeyedCalls) {
    this.#calls = calls
  }

  async serve(
    received: Received & { readonly key: string },
    run: (received: Received) => Promise<void>,
  ): Promise<void> {
    const { exchange, principal, body, key } = received
    if (key === '' || key.length > IDEMPOTENCY_KEY_CHARACTERS_MAX)
      return sendRefusal(exchange, refusals.wrongIdempotencyKey(IDEMPOTENCY_KEY_CHARACTERS_MAX))
    const claiming = await this.#calls.claim({
      organizationId: principal.organizationId,
      principalId: principal.firstKeyId ?? principal.apiKeyId,
      ...{ key, body, dialect: exchange.dialect.name, requestId: exchange.requestId },
    })
    switch (claiming.kind) {
      case 'claimed':
        return this.#run(received, claiming.claim, run)
      case 'answered':
        return repeat(exchange, claiming.answer)
      case 'running':
        return sendRefusal(exchange, refusals.idempotencyKeyInUse())
      case 'other_request':
        return sendRefusal(exchange, refusals.idempotencyKeyReused())
      case 'spent':
        return sendRefusal(exchange, refusals.answerSpent(claiming.why, claiming.requestId))
      case 'unavailable':
        return sendRefusal(exchange, refusals.databaseAway())
    }
  }

  /** This process ends: answers whose clients have left go no further. */
  abandon(): void {
    for (const response of this.#making) response.abandon()
  }

  async #run(
    { exchange, principal, body }: Received,
    claim: Claim,
    run: (received: Received) => Promise<void>,
  ): Promise<void> {
    const limits = { room: this.#room, bytesMax: KEYED_ANSWER_BYTES_MAX }
    const response = new KeptResponse(exchange.response, limits)
    let [tokens, isWhole] = [0, false]
    const kept = {
      record: {
        eventId: claim.eventId,
        onSettled: (used: number) => {
          tokens += used
        },
      },
      onWhole: () => {
        isWhole = true
      },
    }
    this.#making.add(response)
    try {
      await run({ exchange: { ...exchange, response, kept }, principal, body })
    } finally {
      const outcome = outcomeOf(response, { isCharged: tokens > 0, isWhole, claim })
      const settled = this.#calls.settle(claim, outcome)
      await Promise.race([settled, delay(STORED_WITHIN_MS, undefined, { ref: false })])
      this.#making.delete(response)
      response.release()
    }
  }
}

interface Run {
  readonly isCharged: boolean
  readonly isWhole: boolean
  readonly claim: Claim
}

/** A whole answer is given again; what was charged without one is never run again; all else may be tried again. */
function outcomeOf(response: KeptResponse, { isCharged, isWhole, claim }: Run): Outcome {
  if (!isWhole) return isCharged ? { kind: 'spent', why: 'broken' } : { kind: 'free' }
  const words = response.words()
  if (words === null) return { kind: 'spent', why: 'too_large' }
  const headers = Object.entries(words.headers).filter(([name]) => KEPT_HEADER.test(name))
  const answer = { requestId: claim.requestId, headers: Object.fromEntries(headers) }
  return { kind: 'answered', answer: { ...answer, body: words.body } }
}

/** The same bytes, of a stream as well. */
function repeat(
  { response, requestId, sight }: Exchange,
  { headers, body, ...of }: KeptAnswer,
): void {
  if (response.destroyed) return
  sight?.repeat()
  response.writeHead(200, {
    ...headers,
    'x-spillway-idempotent-replayed': 'true',
    'x-spillway-original-request-id': of.requestId,
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
  })
  response.end(body)
}
