/**
 * A start that cannot be, for a reason that the person at the terminal can remove. The message is whole sentences that
 * say what is wrong and what to do; it is printed without a stack, and the process ends.
 */
export class StartRefused extends Error {
  override readonly name: string = 'StartRefused'
}
