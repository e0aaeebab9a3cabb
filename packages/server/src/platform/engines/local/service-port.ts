/**
 * Where a service is reached: at its port, and only while a process of the attempt itself listens there. Leases share this machine's loopback with everything else, so a port alone proves nothing.
 */
import type { Address } from '#platform/engines/engine.ts'
import { findListener, isSupported } from '#platform/processes/listeners.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AdmissionRecord } from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { readJson } from './durable-file.ts'
import { pathsOf, readStatus } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import { socketPath } from './socket-path.ts'

/** Who listens is looked up at most so often. */
const FRESH_MS = 500

export type FindAddress = (attemptId: string) => Promise<Address | null>

export function createAddresses(machine: LocalMachine, attempts: Attempts): FindAddress {
  const known = new Map<string, { readonly atMs: number; readonly address: Address }>()
  return async (attemptId) => {
    const fresh = known.get(attemptId)
    if (fresh && monotonicMs() - fresh.atMs < FRESH_MS) return fresh.address
    known.delete(attemptId)
    const address = await lookUp(machine, attempts, attemptId)
    if (address !== null) known.set(attemptId, { atMs: monotonicMs(), address })
    return address
  }
}

async function lookUp(
  machine: LocalMachine,
  attempts: Attempts,
  attemptId: string,
): Promise<Address | null> {
  const paths = pathsOf(machine, attemptId)
  const record = await readJson<AdmissionRecord>(paths.admission)
  const status = await readStatus(paths)
  if (!record?.servicePort || status?.phase !== 'running') return null
  const port = record.servicePort
  const own = record.admission.service?.terminal ? { token: record.token } : {}
  if (!isSupported()) {
    // Without a way to see who listens, only a port that was picked for it counts as its own.
    return record.admission.service?.port === 0
      ? { kind: 'tcp', host: '127.0.0.1', port, ...own }
      : null
  }
  const pids = attempts.processesOf(paths, status).pids()
  const { sandbox } = record
  if (sandbox.kind === 'bubblewrap' && sandbox.hasOwnNetwork) {
    // The port is on another loopback than ours, and the attempt's own door leads there.
    const isOpen = findListener(pids, port, status.leader?.pid ?? pids[0]) !== null
    return isOpen ? { kind: 'socket', path: socketPath(paths.door), ...own } : null
  }
  const host = findListener(pids, port)
  return host === null ? null : { kind: 'tcp', host, port, ...own }
}
