/**
 * Prompts and answers that a project asked to be stored. Kept sealed behind the answer, so that no client waits; what
 * cannot be kept then is not, and that is counted. Read by whoever may, one at a time.
 */
import { Fault } from '#kernel/fault.ts'
import type { Database, Db } from '#platform/db/database.ts'
import { STORED_BYTES_MAX, STORED_CONTENT_BYTES_MAX } from '../../limits.ts'
import { openContent, sealContent } from './sealed-answer-service.ts'
import { crowdStored, deleteStored, findStored, insertStored } from './stored-store.ts'

/** What is stored of one request, as two JSON texts. */
export interface Content {
  /** As it was sent on: what guardrails took out of it is not in it. */
  readonly request: string
  readonly answer: string
}

export interface Storing extends Content {
  readonly requestId: string
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  readonly model: string
  readonly dialect: string
}

export interface ContentStoreDeps {
  readonly database: Database
  readonly pepper: string
  readonly now: () => Date
  readonly onFailure: (failure: unknown) => void
}

/** So many wait to be written at once; more are not stored. */
const WRITES_MAX = 256

const placeOf = (pepper: string, requestId: string) => ({ pepper, name: `stored ${requestId}` })

export class ContentStore {
  readonly #deps: ContentStoreDeps
  readonly #grown = new Set<string>()
  #writes = 0
  #isCrowding = false

  constructor(deps: ContentStoreDeps) {
    this.#deps = deps
  }

  async keep({ request, answer, ...of }: Storing): Promise<void> {
    const { database, pepper, now, onFailure } = this.#deps
    if (request.length + answer.length > STORED_CONTENT_BYTES_MAX) return
    if (this.#writes >= WRITES_MAX) return onFailure(new Error('too much waits to be stored'))
    this.#writes += 1
    try {
      const sealed = sealContent({ request, answer }, placeOf(pepper, of.requestId))
      await insertStored(database, { ...of, sealed, at: now() })
      this.#grown.add(of.projectId)
    } catch (failure) {
      onFailure(failure)
    } finally {
      this.#writes -= 1
    }
  }

  /** Keeps projects within their room. Called now and then. */
  async tick(): Promise<void> {
    if (this.#isCrowding || this.#grown.size === 0) return
    this.#isCrowding = true
    try {
      for (const projectId of this.#grown) {
        await crowdStored(this.#deps.database, { projectId, bytesMax: STORED_BYTES_MAX })
        this.#grown.delete(projectId)
      }
    } catch (failure) {
      this.#deps.onFailure(failure)
    } finally {
      this.#isCrowding = false
    }
  }
}

interface Reading {
  readonly organizationId: string
  readonly requestId: string
  readonly now: Date
  readonly pepper: string
}

/** Throws `stored_content.not_found`, for another organization's as well. */
export async function readStored(db: Db, { pepper, ...whose }: Reading) {
  const row = await findStored(db, whose)
  if (row === null) throw missing(whose.requestId)
  return { row, content: openContent(row.sealed, placeOf(pepper, row.requestId)) }
}

export async function removeStored(
  tx: Db,
  whose: { readonly organizationId: string; readonly requestId: string },
): Promise<void> {
  if ((await deleteStored(tx, whose)) === 0) throw missing(whose.requestId)
}

function missing(requestId: string): Fault {
  return new Fault('stored_content.not_found', `Nothing is stored of the request ${requestId}.`)
}
