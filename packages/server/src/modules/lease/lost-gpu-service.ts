/**
 * A GPU that dies often takes its process along before any reading tells. So when a command fails, its GPUs are looked at
 * before its lease is closed: one that is lost then is why, and the lease ends as if that had been known first.
 */
import { findReading, nodeNames } from '#modules/fleet/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import type { Observation } from '#platform/engines/engine.ts'
import { tellFaults } from './fault-service.ts'
import type { Lease } from './lease.ts'
import type { LeaseStepDeps } from './step-deps.ts'

type Gone = Extract<Observation, { state: 'gone' }>

/** Whether the end of an attempt may be that of a GPU. One that was asked to end has another cause. */
function isSuspect({ state }: Lease, { how, exitCode }: Gone): boolean {
  return state === 'running' && (how === 'lost' || (how === 'exited' && exitCode !== 0))
}

/** Throws where the engine cannot tell: the lease is not closed before it could be asked. */
export async function noteLostGpus(deps: LeaseStepDeps, lease: Lease, seen: Gone): Promise<void> {
  if (!isSuspect(lease, seen)) return
  const inventories = await deps.engines.of(lease.pool).inventory()
  const names = await nodeNames(
    deps.database,
    lease.placements.map(({ nodeId }) => nodeId),
  )
  const lost = lease.placements.flatMap(({ nodeId, slots }) =>
    (inventories.find(({ node }) => node === names.get(nodeId))?.faults ?? [])
      .filter(({ slot, isLost }) => isLost === true && slots.includes(slot))
      .map(({ slot, reason }) => ({ nodeId, slot, reason, isLost: true })),
  )
  if (lost.length === 0) return
  await inTransaction(deps.database, async (tx) => {
    const now = deps.now()
    const lastGoodAt = await findReading(tx, lease.pool)
    const faults = lost.map((each) => ({ ...each, since: now, lastGoodAt }))
    await tellFaults(tx, faults, now)
  })
}
