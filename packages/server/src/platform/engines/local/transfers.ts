/** What the carrier and the shim have to agree on: a variable, and how a failure to carry is told. Pure. */

/** The variable in which the carrier finds what to fetch and send. */
export const TRANSFERS_NAME = 'SPILLWAY_TRANSFERS'

/** The carrier's exit codes when it is not the command that failed. */
export const INPUT_FAILED = 125
export const OUTPUT_FAILED = 124

/** Begins the line of the log that says why. */
export const REASON_PREFIX = 'spillway: '

/** What the carrier wrote last, for people; null when it wrote nothing of the kind. */
export function reasonIn(logEnd: string): string | null {
  const lines = logEnd.trimEnd().split('\n')
  const last = lines.findLast((line) => line.startsWith(REASON_PREFIX))
  return last?.slice(REASON_PREFIX.length) ?? null
}
