/** What holds for one request by its project's guardrails, as the rest of the path sees it. */
import type { ModelRail, Verdict } from '#modules/guardrail/index.ts'
import type { AnswerEvent, StreamReader } from '../frame/answer-event.ts'

export interface Screening {
  /** Whether the answer is looked at. */
  readonly isOutput: boolean
  /** What becomes of the request. */
  verdict(): Verdict
  /** Notes what a model that was asked found in the request. */
  note(rail: ModelRail): void
  /** The events of a stream as they may go on. */
  guard(reader: StreamReader): StreamReader
  /** The events of an answer in one piece as they may go on. */
  screen(events: readonly AnswerEvent[]): readonly AnswerEvent[]
  /** What was found, for a header: `name=mode;kind;count`, never the thing itself. Empty where nothing was. */
  render(): string
}

export interface Guard {
  readonly screening: Screening
  /** Models that are still to be asked about the request. */
  readonly judges: readonly ModelRail[]
}
