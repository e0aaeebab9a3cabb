/**
 * Signals to processes that are known by more than their pid. Never to pid 0, 1 or -1, which mean everybody, and never
 * to a pid that the system has given to another process since.
 */
import type { ProcessIdentity } from './process-entry.ts'
import { isAlive } from './process-table.ts'
import type { ProcessTable } from './process-table.ts'

/** Sends a signal if exactly this process is alive. Says whether it was sent. */
export function signalProcess(
  table: ProcessTable,
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
): boolean {
  if (!isOrdinary(identity.pid) || !isAlive(table, identity)) return false
  return send(identity.pid, signal)
}

/** Sends a signal to every process of a group. The caller has seen a member of it alive. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  return isOrdinary(groupId) && send(-groupId, signal)
}

function isOrdinary(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 1
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal)
  } catch (error) {
    // ESRCH: it ended between the look and the signal, so what was asked for has happened. EPERM: it belongs to
    // another user. It goes on being seen alive, so nobody takes it for gone.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}
