/**
 * Removes the cgroups that a crash left behind: those of attempts that are gone, and those of this engine's that no
 * attempt knows of. The system itself keeps any in which a process lives.
 */
import type { AdmissionRecord } from '../attempt-folder.ts'
import type { Attempts } from '../attempts.ts'
import { readJson } from '../durable-file.ts'
import { pathsOf } from '../local-machine.ts'
import type { LocalMachine } from '../local-machine.ts'
import { removeGroup } from './attempt-groups.ts'
import { listGroups, markOf } from './cgroups.ts'

export async function sweep(
  machine: LocalMachine,
  attempts: Attempts,
  list: () => Promise<readonly string[]>,
): Promise<void> {
  try {
    const cgroups = await machine.cgroups()
    // Listed first: an attempt that begins now has its record before its groups.
    const found = listGroups(cgroups)
    const needed = new Set<string>()
    for (const attemptId of await list()) {
      const record = await readJson<AdmissionRecord>(pathsOf(machine, attemptId).admission)
      if (record === null) continue
      const { state } = await attempts.observe(attemptId)
      if (state !== 'gone') needed.add(record.mark)
      // A server that has moved to another group since finds these by the record alone.
      else for (const { path } of record.groups?.groups ?? []) removeGroup(path)
    }
    for (const path of found) if (!needed.has(markOf(cgroups, path))) removeGroup(path)
  } catch {
    // What could not be read now is swept at the next start; nothing that runs depends on it.
  }
}
