/**
 * Requests under an Idempotency-Key, over all gateways: one runs, it is charged once, and its answer is given again.
 * What the database could not be told at once is told later; what a dead gateway was at is settled by what it journalled.
 */
import { createHmac } from 'node:crypto'
import { listPosted } from '#modules/metering/index.ts'
import type { Database, Db } from '#platform/db/database.ts'
import {
  KEYED_ANSWER_KEPT_MS,
  KEYED_ANSWERS_BYTES_MAX,
  KEYED_CLAIMS_WAITING_MAX,
  KEYED_SETTLING_BYTES_MAX,
} from '../../limits.ts'
import {
  crowdOut,
  deleteKeyedBefore,
  endRunningOf,
  findKeyed,
  type FoundRow,
  freeKeyed,
  insertKeyed,
  keepAnswer,
  listRunningOf,
  spendKeyed,
} from './keyed-call-store.ts'
import type { Claim, Claiming, KeyedRequest, Outcome } from './keyed-call.ts'
import { openAnswer, sealAnswer } from './sealed-answer-service.ts'

export interface KeyedCallsDeps {
  readonly database: Database
  readonly pepper: string
  /** This gateway: whoever finds it dead settles what it was at. */
  readonly writer: string
  readonly newEventId: () => string
  readonly now: () => Date
  readonly onFailure: (failure: unknown) => void
}

interface Unsettled {
  readonly claim: Claim
  readonly outcome: Outcome
}

/** Between two looks a key may be freed and taken again, but not for ever. */
const LOOKS_MAX = 3

export class KeyedCalls {
  readonly #deps: KeyedCallsDeps
  /** What the database could not be told yet. */
  #unsettled: Unsettled[] = []
  #unsettledBytes = 0
  #waiting = 0
  readonly #kept = new Set<string>()
  #isTelling = false

  constructor(deps: KeyedCallsDeps) {
    this.#deps = deps
  }

  async claim(request: KeyedRequest): Promise<Claiming> {
    // Claims queue for few connections; who would wait for long is told so instead.
    if (this.#waiting >= KEYED_CLAIMS_WAITING_MAX) return { kind: 'unavailable' }
    this.#waiting += 1
    try {
      return await this.#claim(request)
    } catch (failure) {
      this.#deps.onFailure(failure)
      return { kind: 'unavailable' }
    } finally {
      this.#waiting -= 1
    }
  }

  /** What became of it; resolves once that is known to all, or is noted to be told later. */
  async settle(claim: Claim, outcome: Outcome): Promise<void> {
    try {
      await this.#tell(claim, outcome)
    } catch (failure) {
      this.#deps.onFailure(failure)
      this.#note(claim, outcome)
    }
  }

  /** Tells what could not be told, and keeps organizations within their room. Called now and then. */
  async tick(): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      for (let next = this.#unsettled[0]; next; next = this.#unsettled[0]) {
        await this.#tell(next.claim, next.outcome)
        this.#unsettled.shift()
        this.#unsettledBytes -= bytesOf(next.outcome)
      }
      for (const organizationId of this.#kept) {
        await crowdOut(this.#deps.database, { organizationId, bytesMax: KEYED_ANSWERS_BYTES_MAX })
        this.#kept.delete(organizationId)
      }
    } catch (failure) {
      this.#deps.onFailure(failure)
    } finally {
      this.#isTelling = false
    }
  }

  async #claim(request: KeyedRequest): Promise<Claiming> {
    const { database, writer, newEventId, now } = this.#deps
    const { organizationId, requestId } = request
    const at = now()
    const id = this.#hash('key', [organizationId, request.principalId, request.key])
    const requestHash = this.#hash('request', [request.dialect, request.body])
    const eventId = newEventId()
    const row = { id, organizationId, requestHash, eventId, requestId, writer, at }
    const expiredBefore = new Date(at.getTime() - KEYED_ANSWER_KEPT_MS)
    for (let look = 0; look < LOOKS_MAX; look++) {
      if (await insertKeyed(database, row, expiredBefore))
        return { kind: 'claimed', claim: { id, organizationId, eventId, requestId } }
      const found = await findKeyed(database, id)
      if (found) return this.#read(id, found, requestHash)
    }
    return { kind: 'running' }
  }

  #read(id: string, found: FoundRow, requestHash: string): Claiming {
    const { state, why, sealed, requestId } = found
    if (found.requestHash !== requestHash) return { kind: 'other_request' }
    if (state === 'answered' && sealed !== null)
      return { kind: 'answered', answer: openAnswer(sealed, this.#placeOf(id)) }
    return why === null ? { kind: 'running' } : { kind: 'spent', why, requestId }
  }

  async #tell(claim: Claim, outcome: Outcome): Promise<void> {
    const { database } = this.#deps
    const { id, eventId, organizationId } = claim
    if (outcome.kind === 'free') return freeKeyed(database, { id, eventId })
    if (outcome.kind === 'spent') return spendKeyed(database, { id, eventId, why: outcome.why })
    const sealed = sealAnswer(outcome.answer, this.#placeOf(id))
    await keepAnswer(database, { id, eventId, sealed, bytes: sealed.length })
    this.#kept.add(organizationId)
  }

  #note(claim: Claim, outcome: Outcome): void {
    const isTooMuch = this.#unsettledBytes + bytesOf(outcome) > KEYED_SETTLING_BYTES_MAX
    const noted: Outcome = isTooMuch ? { kind: 'spent', why: 'too_large' } : outcome
    this.#unsettled.push({ claim, outcome: noted })
    this.#unsettledBytes += bytesOf(noted)
  }

  #placeOf(id: string) {
    return { pepper: this.#deps.pepper, name: `keyed ${id}` }
  }

  /** The length before each part keeps two lists of parts from reading the same. */
  #hash(purpose: string, parts: readonly (string | Uint8Array)[]): string {
    const hmac = createHmac('sha256', this.#deps.pepper).update(`keyed call ${purpose}`)
    for (const part of parts) hmac.update(`\n${part.length}\n`).update(part)
    return hmac.digest('base64url')
  }
}

function bytesOf(outcome: Outcome): number {
  return outcome.kind === 'answered' ? outcome.answer.body.length : 0
}

/** The gateway is dead and its journal is posted: what it was at is now known to have been charged, or not. */
export async function settleKeyedOf(tx: Db, writer: string): Promise<void> {
  const running = await listRunningOf(tx, writer)
  if (running.length === 0) return
  await endRunningOf(tx, { writer, charged: await listPosted(tx, running) })
}

export function deleteOldKeyedCalls(db: Db, now: Date): Promise<void> {
  return deleteKeyedBefore(db, new Date(now.getTime() - KEYED_ANSWER_KEPT_MS))
}
