/** What the load generator is asked, and what it answers. */

export interface LoadOrder {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Must be in every answer: the proof that the mock, and nothing else, made it. */
  readonly mark: string
  readonly concurrency: number
  readonly warmUpMs: number
  readonly durationMs: number
}

export interface LoadResult {
  readonly asked: number
  readonly answered: number
  readonly failures: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Until the first bytes of the answer. */
  readonly firstP50Ms: number
  readonly firstP99Ms: number
  /** Events of a streamed answer: least and most of all answers. */
  readonly eventsMin: number
  readonly eventsMax: number
}
