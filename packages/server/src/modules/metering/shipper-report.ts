/** What the shipper has to say, as data and as a sentence. Pure. */

export type ShipperReport =
  /** Something could not be done now and is tried again; nothing is lost. */
  | {
      readonly kind: 'retrying'
      readonly writer: string
      readonly attempt: number
      readonly delayMs: number
      readonly cause: unknown
    }
  /** This writer's journal is not posted any further until somebody has looked. */
  | {
      readonly kind: 'writer_stopped'
      readonly writer: string
      readonly reason: StopReason
      readonly text: string
      readonly cause?: unknown
    }
  /** The writer died in the middle of a write; nobody was told that these bytes are kept. */
  | { readonly kind: 'torn_tail'; readonly writer: string; readonly bytes: number }
  /** Repetitions that say something else than the first event of their id, which stays. */
  | { readonly kind: 'conflicts'; readonly writer: string; readonly count: number }
  /** The writer is gone and everything of it is posted. */
  | {
      readonly kind: 'writer_closed'
      readonly writer: string
      readonly unfinishedEvents: number
      readonly holdsReleased: number
    }

export type StopReason =
  /** Records that were acknowledged cannot be read. */
  | 'corrupt'
  /** An event that can never be posted. */
  | 'refused'
  /** A journal under the name of a writer that is gone. */
  | 'name_reused'

export type Severity = 'info' | 'warn' | 'error'

export function severityOf({ kind }: ShipperReport): Severity {
  if (kind === 'writer_closed') return 'info'
  return kind === 'torn_tail' ? 'warn' : 'error'
}

export function describeReport(report: ShipperReport): string {
  switch (report.kind) {
    case 'retrying':
      return `Usage of ${report.writer} cannot be posted now (attempt ${report.attempt}); it stays in the journal and is tried again in ${report.delayMs} ms.`
    case 'writer_stopped':
      return `Usage of ${report.writer} is not posted any further: ${report.text}. Its journal is kept; look at it, then start again.`
    case 'torn_tail':
      return `${report.writer} died while writing: ${report.bytes} bytes at the end of its journal were never acknowledged and are left out.`
    case 'conflicts':
      return `${report.count} repeated events of ${report.writer} differ from the first of their id, which stays.`
    case 'writer_closed':
      return `${report.writer} is gone and its journal is posted: ${report.unfinishedEvents} unfinished requests were charged for what they used, ${report.holdsReleased} holds were released.`
  }
}
