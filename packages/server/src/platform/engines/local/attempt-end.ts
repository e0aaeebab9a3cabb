/** How an attempt ended, where its own exit does not say all: its files were too many, or could not be carried. */
import type { AttemptPaths, Exit } from './attempt-folder.ts'
import { readEnd } from './durable-file.ts'
import { describeExit } from './exit-text.ts'
import { isDiskFull } from './files-watch.ts'
import { INPUT_FAILED, OUTPUT_FAILED, reasonIn } from './transfers.ts'

const LOG_END_BYTES = 4096

export interface Farewell {
  readonly how: 'exited' | 'start_failed'
  readonly text: string
}

export interface EndKnown {
  readonly exit: Exit
  readonly wasStopped: boolean
  /** Why its files made an end of it. */
  readonly fileFault: string | null
}

/** Of a command that carried no files, or whose files were not the matter. */
export async function describeEnd(
  { work }: Pick<AttemptPaths, 'work'>,
  { exit, wasStopped, fileFault }: EndKnown,
): Promise<Farewell> {
  const text = describeExit(exit, wasStopped)
  if (fileFault !== null) return { how: 'exited', text: `${text}: ${fileFault}` }
  const isFull = exit.exitCode !== 0 && !wasStopped && (await isDiskFull(work))
  return { how: 'exited', text: isFull ? `${text}; the disk of its files is full` : text }
}

/** Of a command in a carrier that could not fetch or send a file, from its last words; null for any other end. */
export async function describeCarriage(
  { log }: Pick<AttemptPaths, 'log'>,
  { exitCode }: Exit,
): Promise<Farewell | null> {
  if (exitCode !== INPUT_FAILED && exitCode !== OUTPUT_FAILED) return null
  const how = exitCode === INPUT_FAILED ? 'start_failed' : 'exited'
  const text = reasonIn(await readEnd(log, LOG_END_BYTES)) ?? `exited with code ${exitCode}`
  return { how, text }
}
