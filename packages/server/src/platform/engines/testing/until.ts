/** Waiting in tests: for a condition, with a deadline, never for a time. */
import { setTimeout as pause } from 'node:timers/promises'

const DEADLINE_MS = 20_000
const LOOK_MS = 5

/** The first answer that is not null, undefined or false. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | null | undefined | false> | Answer | null | undefined | false,
): Promise<Answer> {
  const deadline = performance.now() + DEADLINE_MS
  while (performance.now() < deadline) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) return answer
    await pause(LOOK_MS)
  }
  throw new Error(`waited in vain until ${what}`)
}
