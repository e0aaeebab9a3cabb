/** The folder whose content outlives the attempt: made new, or taken over from the attempt before. */
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, rmdir } from 'node:fs/promises'
import type { Admission } from '#platform/engines/engine.ts'
import type { AttemptPaths } from './attempt-folder.ts'
import { pathsOf } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'

/** Idempotent, also at the same time: it moves once, and a crash finds it at one place or the other. */
export async function takeOverArtifacts(
  machine: LocalMachine,
  paths: AttemptPaths,
  { previousAttemptId = null }: Admission,
): Promise<void> {
  if (existsSync(paths.artifacts)) return
  const earlier = previousAttemptId === null ? null : pathsOf(machine, previousAttemptId)
  if (earlier !== null && existsSync(earlier.artifacts)) {
    await moveOnce(earlier.artifacts, paths.artifacts)
    await removeEmpty(earlier)
    return
  }
  // Recursive: that another admission of the same attempt was quicker is no failure.
  await mkdir(paths.artifacts, { recursive: true, mode: 0o700 })
}

async function moveOnce(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    const wasMoved = (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(to)
    if (!wasMoved) throw error
  }
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
