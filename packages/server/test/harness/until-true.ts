/** Waiting for something that happens elsewhere: asked again and again until a deadline, instead of a sleep. */
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 10
const TIMEOUT_MS = 20_000

export interface UntilTrueOptions {
  readonly timeoutMs?: number
  /** What is waited for, for the message of a failure. */
  readonly what?: string
}

/** Resolves with the first truthy answer. A condition that throws counts as not yet; its last error is the cause. */
export async function untilTrue<Answer>(
  condition: () => Answer | Promise<Answer>,
  { timeoutMs = TIMEOUT_MS, what = condition.toString() }: UntilTrueOptions = {},
): Promise<NonNullable<Exclude<Answer, false | 0 | ''>>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const outcome = await ask(condition)
    if (outcome.answer) return outcome.answer as NonNullable<Exclude<Answer, false | 0 | ''>>
    if (performance.now() > deadline)
      throw new Error(`not true within ${timeoutMs} ms: ${what}`, { cause: outcome.error })
    await pause(LOOK_EVERY_MS)
  }
}

async function ask<Answer>(condition: () => Answer | Promise<Answer>) {
  try {
    return { answer: await condition(), error: undefined }
  } catch (error) {
    return { answer: null, error }
  }
}
