/**
 * The port of a service: picked when the attempt is admitted, and reached only while a process of the attempt itself
 * listens there. Leases share this machine's loopback with everything else, so a port alone proves nothing.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Address, Admission } from '#platform/engines/engine.ts'
import { findListener, isSupported } from '#platform/processes/listeners.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AdmissionRecord } from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { readJson } from './durable-file.ts'
import { pathsOf, readStatus } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import { socketPath } from './socket-path.ts'

/** The port that the command is told; null for what is no service. */
export async function choosePort({ service }: Admission): Promise<number | null> {
  if (!service) return null
  if (service.port !== 0) return service.port
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : null
}

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
