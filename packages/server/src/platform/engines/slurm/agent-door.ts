/**
 * The door to an attempt's port, on its node: whoever else is on the cluster's network finds it, and is not let in
 * without the attempt's key. Behind it is the port, while a process of the attempt itself listens there.
 */
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { openSealedDoor } from '#platform/engines/sealed-line.ts'
import { findListener } from '#platform/processes/listeners.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { Given } from './agent-record.ts'
import type { NodeReport, Task } from './job-folder.ts'

/** Who listens is looked up at most so often. */
const FRESH_MS = 500

export interface DoorSource {
  readonly task: Task
  readonly given: Given
  readonly servicePort: number
  /** The attempt's processes that live now. */
  readonly pids: () => readonly number[]
}

/** Null for what answers at no port. */
export async function openDoor(source: DoorSource): Promise<NodeReport['door']> {
  const { task, given, servicePort, pids } = source
  if (task.door === undefined) return null
  const { key, addresses } = task.door
  const node = given['SLURMD_NODENAME'] ?? hostname()
  const terms = { identity: task.admission.attemptId, key, find: finder(servicePort, pids) }
  const address = addresses[node] ?? ''
  // A name may mean loopback here and the network elsewhere.
  if (isIP(address) === 0)
    return { node, port: (await openSealedDoor({ ...terms, host: null })).port }
  try {
    return { node, port: (await openSealedDoor({ ...terms, host: address })).port }
  } catch (error) {
    // The address is one that only others see, translated on the way.
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error
    return { node, port: (await openSealedDoor({ ...terms, host: null })).port }
  }
}

function finder(port: number, pids: DoorSource['pids']) {
  let seen: { readonly atMs: number; readonly host: string } | null = null
  return () => {
    if (seen === null || monotonicMs() - seen.atMs > FRESH_MS) {
      const host = findListener(pids(), port)
      seen = host === null ? null : { atMs: monotonicMs(), host }
    }
    return seen === null ? null : { host: seen.host, port }
  }
}
