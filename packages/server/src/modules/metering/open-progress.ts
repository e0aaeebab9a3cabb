/** What requests of one writer that have not ended used so far, from the journal's records in their order. Pure. */
import type { JournalRecord } from './journal-record.ts'
import type { UsageEvent } from './usage-event.ts'

interface Progress {
  readonly event: UsageEvent
  readonly segment: number
}

export class OpenProgress {
  readonly #byId = new Map<string, Progress>()

  /** Takes in the next records: progress replaces earlier progress, the final word ends it. */
  note(records: readonly JournalRecord[], segment: number): void {
    for (const record of records) {
      if (record.kind === 'progress')
        this.#byId.set(record.event.id, { event: record.event, segment })
      if (record.kind === 'usage') this.#byId.delete(record.event.id)
    }
  }

  /** What is billed when the writer is dead: what was delivered until then. */
  events(): readonly UsageEvent[] {
    return [...this.#byId.values()].map(({ event }) => event)
  }

  /** The first segment that is still needed for it; null when none is. */
  oldestSegment(): number | null {
    const segments = [...this.#byId.values()].map(({ segment }) => segment)
    return segments.length === 0 ? null : Math.min(...segments)
  }
}
