/**
 * The journal, watched. When a record cannot be written, no new work is taken until one can be; what was delivered
 * meanwhile is kept in memory and written then, so that it is lost only if this process dies as well.
 */
import { type Journal, JournalFailure, type JournalRecord } from '#modules/metering/index.ts'

export interface RecordKeeperDeps {
  readonly journal: Journal
  /** A record that changes nothing, to find out whether one can be written. */
  readonly makeProbe: () => JournalRecord
  readonly onChange: (isRecording: boolean, message: string) => void
  /** This journal will never take a record again: another process has to. */
  readonly onBroken: () => void
}

const PROBE_EVERY_MS = 1000
/** More than the requests that can run at once. */
const KEPT_MAX = 10_000

export class RecordKeeper {
  readonly #deps: RecordKeeperDeps
  #kept: JournalRecord[] = []
  #probing: NodeJS.Timeout | null = null

  constructor(deps: RecordKeeperDeps) {
    this.#deps = deps
  }

  get isRecording(): boolean {
    return this.#probing === null
  }

  /** Resolves once the record is on disk. */
  readonly append = async (record: JournalRecord): Promise<void> => {
    try {
      await this.#deps.journal.append(record)
    } catch (failure) {
      this.#onFailed(failure)
      throw failure
    }
  }

  readonly keep = (record: JournalRecord): void => {
    if (this.#kept.length < KEPT_MAX) this.#kept.push(record)
  }

  backlogBytes(): number {
    return this.#deps.journal.backlogBytes()
  }

  /** Writes what was kept, if it can be, and closes the journal. */
  async close(): Promise<void> {
    if (this.#probing) clearInterval(this.#probing)
    await this.#writeKept()
    await this.#deps.journal.close()
  }

  #onFailed(failure: unknown): void {
    if (this.#probing) return
    this.#probing = setInterval(() => void this.#probe(), PROBE_EVERY_MS)
    const why = failure instanceof Error ? failure.message : String(failure)
    this.#deps.onChange(false, `usage cannot be recorded, so new work is refused: ${why}`)
    if (!mayRecover(failure)) this.#deps.onBroken()
  }

  async #probe(): Promise<void> {
    try {
      await this.#deps.journal.append(this.#deps.makeProbe())
      await this.#writeKept()
    } catch (failure) {
      // Still not; the next probe tells, unless there is no hope.
      if (!mayRecover(failure)) this.#deps.onBroken()
      return
    }
    if (this.#probing) clearInterval(this.#probing)
    this.#probing = null
    this.#deps.onChange(true, 'usage can be recorded again')
  }

  async #writeKept(): Promise<void> {
    while (this.#kept[0]) {
      await this.#deps.journal.append(this.#kept[0])
      this.#kept.shift()
    }
  }
}

/** A full disk may be emptied. A failed sync, or a name taken away by somebody who thought us dead, is for good. */
function mayRecover(failure: unknown): boolean {
  return failure instanceof JournalFailure && failure.reason === 'refused'
}
