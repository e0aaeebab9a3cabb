/**
 * What happens during a reclaim, as parts of a lease's step: the notice is delivered, a reason that vanished is noted,
 * the stop is asked for; and a reclaim that the engine began by itself is entered. Each may run again at any time.
 */
import { isIdOf } from '#kernel/ids.ts'
import { inTransaction } from '#platform/db/database.ts'
import { isSooner, type Observation } from '#platform/engines/engine.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { LEASE_LOOK_EVERY_MS, LEASE_STOP_REPEAT_MS } from '../../limits.ts'
import { attemptId, type Lease } from './lease.ts'
import { takeBack } from './reclaim-service.ts'
import * as reclaims from './reclaim-store.ts'
import { recordFact } from './record.ts'
import type { LeaseStepDeps } from './step-deps.ts'
import * as store from './store.ts'
import { lastTold } from './told-store.ts'

type Running = Extract<Observation, { state: 'running' }>

function lookAgain(now: Date, afterMs: number): StepOutcome {
  return { kind: 'wait', untilMs: now.getTime() + afterMs }
}

/**
 * By every way there is, which is then recorded: what reached the command, and what did not. A time that was brought
 * forward since is told again.
 */
export async function deliverNotice(deps: LeaseStepDeps, lease: Lease): Promise<void> {
  const stopAt = lease.stopAt ?? deps.now()
  const time = stopAt.toISOString().replace(/\.\d{3}Z$/, 'Z')
  const told = await lastTold(deps.database, lease, ['lease.notice_delivered'])
  if (told !== null && !isSooner({ time }, { time: told.time ?? time })) return
  // To one that knows of it and is to stop now, the request to stop says the rest.
  const isSilent = lease.reclaimReason === 'stopped' || (told !== null && stopAt <= deps.now())
  const wanted = isSilent ? null : lease.noticeSignal
  const notice = { action: 'terminate', time, signal: wanted } as const
  const reached = await deps.engines.of(lease.pool).notify(attemptId(lease), notice)
  const signal = reached.signal ? wanted : null
  const ways = [...(reached.document ? ['metadata document'] : []), ...(signal ? [signal] : [])]
  await inTransaction(deps.database, async (tx) => {
    const at = deps.now()
    await recordFact(tx, lease, {
      at,
      type: 'lease.notice_delivered',
      text: `${told === null ? 'Notice' : 'Earlier deadline'} delivered: ${ways.join(' and ') || 'by event only'}.`,
      data: { channel: 'engine', signal, time, document: reached.document },
    })
    await reclaims.noteDelivered(tx, lease, { at, ...reached })
  })
}

/** The warning stands where the command can read it, until the risk has passed. It is a courtesy: that it could not be written stops nothing. */
export async function deliverWarning(deps: LeaseStepDeps, lease: Lease): Promise<void> {
  const { riskAt, riskToldAt } = lease
  if (riskToldAt === null) return
  const told = await lastTold(deps.database, lease, [
    'lease.risk_delivered',
    'lease.risk_withdrawn',
  ])
  const isTold = told?.type === 'lease.risk_delivered'
  if (isTold === (riskAt !== null)) return
  try {
    const warning = riskAt === null ? null : { time: riskAt.toISOString() }
    await deps.engines.of(lease.pool).warn(attemptId(lease), warning)
  } catch (error) {
    return deps.onTrouble(lease.id, error)
  }
  const fact =
    riskAt === null
      ? { type: 'lease.risk_withdrawn', text: 'The warning stands in the metadata no more.' }
      : {
          type: 'lease.risk_delivered',
          text: 'Told in the metadata document that it may be taken back soon.',
        }
  await inTransaction(deps.database, (tx) =>
    recordFact(tx, lease, { ...fact, at: deps.now(), data: { channel: 'engine' } }),
  )
}

/** A notice is final, so that who got it can rely on it; that its reason went away is part of the record. */
export async function noteVanishedCause(deps: LeaseStepDeps, lease: Lease): Promise<void> {
  // A block that is due does not go away.
  if (lease.reclaimFor === null || isIdOf('block', lease.reclaimFor)) return
  const waiting = await store.findLease(deps.database, lease.reclaimFor)
  if (waiting?.state === 'pending') return
  await inTransaction(deps.database, async (tx) => {
    const at = deps.now()
    if (!(await reclaims.noteCauseGone(tx, lease, at))) return
    await recordFact(tx, lease, {
      at,
      type: 'lease.reclaim_cause_gone',
      text: 'The work that needed the room no longer waits for it; the notice stands.',
    })
  })
}

/** Asks the engine to stop once the notice time has run out, and asks again until the processes are gone. */
export async function stopWhenDue(deps: LeaseStepDeps, lease: Lease): Promise<StepOutcome> {
  const now = deps.now()
  const stopAt = lease.stopAt ?? now
  if (now < stopAt)
    return lookAgain(now, Math.min(LEASE_LOOK_EVERY_MS, stopAt.getTime() - now.getTime()))
  await deps.engines.of(lease.pool).stop(attemptId(lease), lease.graceMs)
  if (lease.stoppedAt === null)
    await inTransaction(deps.database, async (tx) => {
      const locked = await store.lockLease(tx, lease.id)
      if (locked?.state !== 'reclaiming' || locked.attempt !== lease.attempt) return
      await store.changeLease(tx, lease.id, { stoppedAt: now })
      await reclaims.noteStopAsked(tx, lease, now)
      const grace =
        lease.graceMs === 0
          ? 'killed at once'
          : `killed after ${lease.graceMs} ms if it does not obey`
      await recordFact(tx, lease, {
        at: now,
        type: 'lease.stopping',
        text: `Asked to stop; ${grace}.`,
        data: { reason: lease.reclaimReason, stopAt: stopAt.toISOString() },
      })
    })
  return lookAgain(now, LEASE_STOP_REPEAT_MS)
}

/** The engine began to take it back by its own rules: Spillway keeps the record, and warns by every way it has. */
export async function onPreemption(
  deps: LeaseStepDeps,
  observed: Lease,
  { preemption, bootId }: Running,
): Promise<void> {
  if (!preemption) return
  await inTransaction(deps.database, async (tx) => {
    const lease = await store.lockLease(tx, observed.id)
    if (lease?.state !== 'running' && lease?.state !== 'starting') return
    if (lease.attempt !== observed.attempt) return
    const now = deps.now()
    const { decidedMs, stopMs, text } = preemption
    const decidedAt = deps.instantOf(bootId, decidedMs) ?? now
    const announced = stopMs === null ? null : deps.instantOf(bootId, stopMs)
    const stopAt = announced ?? new Date(decidedAt.getTime() + lease.noticeMs)
    const taking = { cause: 'engine', text, byKind: null, forLease: null, decidedAt } as const
    await takeBack(tx, lease, { ...taking, stopAt, now, ids: deps.ids })
  })
}
