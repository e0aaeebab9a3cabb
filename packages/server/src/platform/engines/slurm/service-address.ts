/**
 * Where a service or a terminal on a node is reached: at the door that its agent keeps. The door itself says whether
 * anything listens behind it, so nothing that a file said some time ago is believed. Slurm is not asked.
 */
import { existsSync } from 'node:fs'
import { dial } from '#platform/engines/dial.ts'
import type { Address } from '#platform/engines/engine.ts'
import { readJson } from '#platform/engines/local/durable-file.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptRecord, JobPaths, Task } from './job-folder.ts'
import { pathsOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import { readReport } from './user-file.ts'

/** A door is knocked at no more often than this, before what passes through it. */
const FRESH_MS = 500
const KNOCK_WITHIN_MS = 3000
/** The way to the node is broken, which says nothing about what listens there. */
const NO_WAY = ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']

export function createAddresses(
  cluster: SlurmCluster,
): (attemptId: string) => Promise<Address | null> {
  const known = new Map<string, { readonly atMs: number; readonly address: Address }>()
  return async (attemptId) => {
    const fresh = known.get(attemptId)
    if (fresh && monotonicMs() - fresh.atMs < FRESH_MS) return fresh.address
    known.delete(attemptId)
    const address = await lookUp(pathsOf(cluster, attemptId))
    if (address !== null) known.set(attemptId, { atMs: monotonicMs(), address })
    return address
  }
}

async function lookUp(paths: JobPaths): Promise<Address | null> {
  if (existsSync(paths.gone) || existsSync(paths.forgotten)) return null
  const record = await readJson<AttemptRecord>(paths.record)
  const task = await readJson<Task>(paths.task)
  const { door = null } = (await readReport(paths.node(0).report)) ?? {}
  // A door is on a node of the attempt; what says otherwise would have this machine knock at strangers'.
  const host = record?.door?.addresses[door?.node ?? '']
  if (!record?.door || task === null || door === null || host === undefined) return null
  const address: Address = {
    ...{ kind: 'sealed', host, port: door.port },
    ...{ identity: paths.attemptId, key: record.door.key },
    ...(record.admission.service?.terminal ? { token: task.token } : {}),
  }
  return (await isOpen(address, door.node)) ? address : null
}

/** Throws where the node cannot be reached. A port that somebody else has meanwhile is not its own. */
async function isOpen(address: Address, node: string): Promise<boolean> {
  try {
    const line = await dial(address, KNOCK_WITHIN_MS)
    line.on('error', () => line.destroy())
    line.destroy()
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!NO_WAY.includes(code)) return false
    throw new Error(`the door of the attempt on ${node} cannot be reached: ${code}`, {
      cause: error,
    })
  }
}
