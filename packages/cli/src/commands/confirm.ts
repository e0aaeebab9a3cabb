/** Asks before what cannot be undone. */
import type { Call } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'

/** Returns when the person agrees; throws otherwise. Without a terminal it refuses rather than guesses. */
export async function confirm(call: Call<object>, question: string): Promise<void> {
  const { surroundings } = call
  if (!surroundings.isStdinTty || !surroundings.stderr.isTty)
    throw usageFailure(`${question} There is no terminal to ask at.`, 'Add --yes to agree.')
  const answer = await surroundings.ask(`${question} [y/N] `)
  if (answer !== null && /^y(es)?$/i.test(answer.trim())) return
  throw new Failure('Nothing was changed.', { exitCode: EXIT.refused })
}
