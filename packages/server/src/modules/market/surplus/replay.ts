/**
 * In which order a seller that starts anew is told of its past: what it decided hour by hour, and before each decision
 * whatever had come true by then. Hours in which nothing was decided, as in an outage, move nothing. Pure.
 */
export interface ReplayStep {
  readonly kind: 'decide' | 'settle'
  /** Of the hours given. */
  readonly index: number
}

export interface ReplayPlan {
  /** From the hour of a decision to the end of what it foresaw. */
  readonly horizonMs: number
  readonly nowMs: number
}

/** The steps for decisions made at ascending `hoursMs`; the last ones settle what is known now. */
export function* replayOf(
  hoursMs: readonly number[],
  { horizonMs, nowMs }: ReplayPlan,
): Generator<ReplayStep> {
  let settled = 0
  function* settleUntil(ms: number): Generator<ReplayStep> {
    while ((hoursMs[settled] ?? Infinity) + horizonMs <= ms)
      yield { kind: 'settle', index: settled++ }
  }
  for (const [index, hourMs] of hoursMs.entries()) {
    yield* settleUntil(hourMs)
    yield { kind: 'decide', index }
  }
  yield* settleUntil(nowMs)
}
