/** Closes a lease whose record the engine lost, on the operator's word, after the engine was asked once more. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { closeClaims, returnToBlock } from '#modules/book/index.ts'
import { releaseHold } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Engine, Engines } from '#platform/engines/engine.ts'
import { settleFault } from './fault-service.ts'
import { attemptId, endingAt, type Lease } from './lease.ts'
import { settleReclaim } from './reclaim-service.ts'
import { recordFact, wakeMarket } from './record.ts'
import { requeue } from './requeue-service.ts'
import * as store from './store.ts'

export interface Confirmation {
  readonly id: string
  readonly reason: string
  /** The machine is off, or cut from its GPUs. */
  readonly isFenced: boolean
  readonly actor: string
  readonly now: Date
  readonly ids: IdSource
}

type Standing = 'gone' | 'present' | 'unknown'

/** The engine's own work has no attempt: it is gone when a report that succeeds does not have it. */
async function lookAfresh(engine: Engine, lease: Lease): Promise<Standing> {
  if (lease.engineRun === null) return engine.confirmGone(attemptId(lease))
  const { work } = await engine.foreign()
  return work.some((each) => each.runId === lease.engineRun) ? 'present' : 'gone'
}

async function askEngine(engines: Engines, lease: Lease): Promise<Standing> {
  const engine = engines.find(lease.pool)
  if (!engine) return 'unknown'
  // An engine that does not answer cannot tell.
  return lookAfresh(engine, lease).catch(() => 'unknown' as const)
}

function refuseUnlessGone(standing: Standing, isFenced: boolean): void {
  if (standing === 'present')
    throw new Fault('lease.still_present', 'The engine says that its processes are there.')
  if (standing === 'unknown' && !isFenced)
    throw new Fault(
      'lease.still_present',
      'The engine cannot tell whether its processes are gone, and nobody says that the machine is fenced.',
    )
}

/** Ends it, or lets it wait for room again where it asked for that: an attempt that the engine lost is a failure. */
async function endOrRequeue(
  tx: Db,
  lease: Lease,
  { goneAt, how }: { readonly goneAt: Date; readonly how: string },
): Promise<void> {
  // Nothing was confirmed to run after this: it neither costs nor counts against the time limit.
  const ranUntil = lease.meteredUntil ?? lease.startedAt ?? goneAt
  const ending = endingAt(lease, { how: 'lost', exitCode: null }, ranUntil)
  if (ending.kind === 'requeue')
    return requeue(tx, lease, { after: ending.after, text: `lost: ${how}`, goneAt, ranUntil })
  const { reason } = ending
  if (lease.holdId) await releaseHold(tx, lease.holdId)
  const over = { state: 'ended' as const, endedAt: goneAt, endReason: reason }
  await store.changeLease(tx, lease.id, { ...over, waitingFor: null })
  const text = `Ended: ${reason}.`
  await recordFact(tx, lease, { at: goneAt, type: 'lease.ended', text, data: { reason } })
}

/**
 * The bill ends where it stood: nothing was confirmed to run after that; what is owed for a reclaim or a lost GPU is
 * given back. Throws `lease.still_present` unless the engine says gone, or cannot tell and the machine is said to be
 * fenced.
 */
export async function confirmGone(
  tx: Db,
  engines: Engines,
  { id, reason, isFenced, actor, now, ids }: Confirmation,
): Promise<Lease> {
  const lease = await store.lockLease(tx, id)
  if (!lease) throw new Fault('lease.not_found', `There is no lease ${id}.`)
  if (lease.state === 'ended')
    throw new Fault('lease.already_ended', 'This lease has ended already.')
  if (lease.state === 'pending')
    throw new Fault('lease.still_present', 'It waits for room and has no slots; stop it instead.')
  const standing = await askEngine(engines, lease)
  refuseUnlessGone(standing, isFenced)
  const { meteredUntil } = lease
  const goneAt = meteredUntil !== null && meteredUntil > now ? meteredUntil : now
  const closing = { goneAt, meteredUntil, now, ids }
  await settleFault(tx, lease, closing)
  await settleReclaim(tx, lease, closing)
  await returnToBlock(tx, await closeClaims(tx, id, goneAt), ids)
  const how = standing === 'gone' ? 'the engine has nothing of it' : 'the machine is fenced'
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.confirmed_gone',
    text: `The operator confirmed that it is gone (${how}): ${reason}. Its slots are free; nothing is billed after ${(lease.meteredUntil ?? lease.startedAt ?? now).toISOString()}.`,
    data: { how: 'operator', engine: standing, actor, reason },
  })
  await endOrRequeue(tx, lease, { goneAt, how })
  await wakeMarket(tx, now)
  return (await store.findLease(tx, id)) ?? lease
}
