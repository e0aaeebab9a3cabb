/** The folder whose content outlives the attempt: made new, or taken over from the attempt before. */
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, rmdir } from 'node:fs/promises'
import type { Admission } from '#platform/engines/engine.ts'
import type { AttemptPaths } from './attempt-folder.ts'
import { pathsOf } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'

/** Idempotent: it moves once, and a crash finds it at one place or the other. */
export async function takeOverArtifacts(
  machine: LocalMachine,
  paths: AttemptPaths,
  { previousAttemptId = null }: Admission,
): Promise<void> {
  if (existsSync(paths.artifacts)) return
  const earlier = previousAttemptId === null ? null : pathsOf(machine, previousAttemptId)
  if (earlier !== null && existsSync(earlier.artifacts)) {
    await rename(earlier.artifacts, paths.artifacts)
    await removeEmpty(earlier)
    return
  }
  await mkdir(paths.artifacts, { mode: 0o700 })
}

/** Removes the folders in which a command left nothing. */
export async function removeEmpty({ artifacts, work }: AttemptPaths): Promise<void> {
  for (const folder of [artifacts, work])
    await rmdir(folder).catch(() => {
      // Not empty, or not there: the files are the lease's.
    })
}

/** Removes what a command left. */
export async function discardFiles({ work }: AttemptPaths): Promise<void> {
  await rm(work, { recursive: true, force: true })
}
