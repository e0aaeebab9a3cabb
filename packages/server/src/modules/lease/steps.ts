/**
 * The life of a lease as durable steps. Each looks at the lease and at what the engine knows, does the next thing, and
 * may be run again at any time: after a crash, the same step simply happens again.
 */
import { renderMoney } from '#kernel/money.ts'
import { closeClaims, returnToBlock } from '#modules/book/index.ts'
import { findPool, nodeNames } from '#modules/fleet/index.ts'
import { releaseHold } from '#modules/ledger/index.ts'
import { type Db, inTransaction } from '#platform/db/database.ts'
import type { Admission, Engine, Observation } from '#platform/engines/engine.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { LEASE_LOOK_EVERY_MS, STEP_RETRY_MAX_MS } from '../../limits.ts'
import { doorOf } from './door-service.ts'
import { settleFault } from './fault-service.ts'
import { extendHold } from './funding-service.ts'
import { openHidden } from './hidden-service.ts'
import { prepareImage } from './image-steps.ts'
import { tenantOf } from './isolation-service.ts'
import { attemptId, endingAt, exhaustionNoticeMs, limitLeftMs, type Lease } from './lease.ts'
import { noteLostGpus } from './lost-gpu-service.ts'
import { meterUntil } from './meter.ts'
import { recordUnseen, settleReclaim } from './reclaim-service.ts'
import {
  deliverNotice,
  deliverWarning,
  noteVanishedCause,
  onPreemption,
  stopWhenDue,
} from './reclaim-steps.ts'
import { beginReclaim, shortenNotice, stopAtLimit } from './reclaim.ts'
import { recordFact, wakeMarket } from './record.ts'
import { requeue } from './requeue-service.ts'
import type { LeaseStepDeps } from './step-deps.ts'
import * as store from './store.ts'

type Gone = Extract<Observation, { state: 'gone' }>
type Running = Extract<Observation, { state: 'running' }>

function engineOf(deps: LeaseStepDeps, lease: Pick<Lease, 'pool'>): Engine {
  return deps.engines.of(lease.pool)
}

function lookAgain(now: Date, afterMs = LEASE_LOOK_EVERY_MS): StepOutcome {
  return { kind: 'wait', untilMs: now.getTime() + afterMs }
}

/** An attempt after another goes on with what that one left. */
function filesOf({ id, attempt, files }: Lease) {
  const previousAttemptId = attempt > 1 ? attemptId({ id, attempt: attempt - 1 }) : null
  return { artifactsBytesMax: files.artifactsBytesMax, previousAttemptId }
}

/** Starts what is placed. `admit` with the same attempt is idempotent, so a crash here is harmless. */
async function start(
  deps: LeaseStepDeps,
  lease: Lease,
  image: Pick<Admission, 'image'>,
): Promise<void> {
  const nodeIds = lease.placements.map(({ nodeId }) => nodeId)
  const names = await nodeNames(deps.database, nodeIds)
  const pool = await findPool(deps.database, lease.pool)
  const { environment: secretEnvironment, inputs, outputs } = openHidden(deps.pepper, lease)
  await engineOf(deps, lease).admit({
    attemptId: attemptId(lease),
    leaseId: lease.id,
    organizationId: lease.organizationId,
    tenant: await tenantOf(deps.database, lease.organizationId),
    kind: lease.kind,
    placements: lease.placements.map(({ nodeId, slots }) => ({
      node: names.get(nodeId) ?? nodeId,
      slots,
    })),
    acceleratorKind: pool?.acceleratorKind ?? 'cpu',
    command: lease.command,
    environment: lease.environment,
    workingDirectory: lease.workingDirectory,
    timeLimitMs: limitLeftMs(lease),
    ...doorOf(lease),
    ...filesOf(lease),
    ...image,
    secretEnvironment,
    inputs,
    outputs,
  })
}

async function recordStart(tx: Db, lease: Lease, startedAt: Date): Promise<void> {
  await store.changeLease(tx, lease.id, {
    state: lease.state === 'starting' ? 'running' : lease.state,
    startedAt,
  })
  const price = lease.priceUsd === null ? '' : ` at $${renderMoney(lease.priceUsd)} per GPU-hour`
  await recordFact(tx, lease, { at: startedAt, type: 'lease.started', text: `Started${price}.` })
}

/** Keeps the hold ahead; when the balance is used up, the lease gets its notice while the hold still pays. */
async function keepFunded(deps: LeaseStepDeps, tx: Db, lease: Lease): Promise<void> {
  const now = deps.now()
  const outcome = await extendHold(tx, lease, now)
  deps.beat.note(lease.id, outcome === 'full')
  if (outcome !== 'exhausted') return
  if (lease.state === 'reclaiming') return shortenNotice(tx, lease, now)
  if (lease.state !== 'running') return
  const noticeMs = exhaustionNoticeMs(lease)
  await beginReclaim(tx, lease, { reason: 'balance_exhausted', forLease: null, noticeMs, now })
}

async function enforceTimeLimit(tx: Db, lease: Lease, now: Date): Promise<void> {
  const limitMs = limitLeftMs(lease)
  if (limitMs === null || lease.startedAt === null) return
  if (now.getTime() < lease.startedAt.getTime() + limitMs) return
  // A notice that is longer than what is left of the limit does not lengthen it.
  if (lease.state === 'reclaiming') return stopAtLimit(tx, lease, now)
  if (lease.state !== 'running') return
  await beginReclaim(tx, lease, { reason: 'time_limit', forLease: null, noticeMs: 0, now })
}

/** Whether there is anything to write about a lease that runs. */
function isAnythingDue(deps: LeaseStepDeps, lease: Lease, seen: Running): boolean {
  if (lease.startedAt === null) return true
  const until = deps.instantOf(seen.bootId, seen.confirmedMs) ?? lease.startedAt
  const unmeteredMs = until.getTime() - (lease.meteredUntil ?? lease.startedAt).getTime()
  if (unmeteredMs >= deps.beat.meterEveryMs(lease.id)) return true
  const limitMs = limitLeftMs(lease)
  if (limitMs === null) return false
  return deps.now().getTime() >= lease.startedAt.getTime() + limitMs
}

/** Notes that it runs, meters it up to the confirmed instant, and keeps its hold ahead. */
async function onRunning(deps: LeaseStepDeps, observed: Lease, seen: Running): Promise<void> {
  const { database, ids } = deps
  const { id } = observed
  await inTransaction(database, async (tx) => {
    const now = deps.now()
    const before = await store.lockLease(tx, id)
    if (!before || before.state === 'ended' || before.state === 'pending') return
    // A later attempt did not start when this one did.
    if (before.attempt !== observed.attempt) return
    const startedAt = before.startedAt ?? deps.instantOf(seen.bootId, seen.startedMs) ?? now
    if (before.startedAt === null) await recordStart(tx, before, startedAt)
    const lease = {
      ...before,
      startedAt,
      state: before.state === 'starting' ? 'running' : before.state,
    } as const
    const until = deps.instantOf(seen.bootId, seen.confirmedMs) ?? startedAt
    const isDue =
      until.getTime() - (lease.meteredUntil ?? startedAt).getTime() >= deps.beat.meterEveryMs(id)
    if (isDue) {
      await meterUntil(tx, lease, { startedAt, until, now, ids })
      await keepFunded(deps, tx, lease)
    }
    const after = await store.lockLease(tx, id)
    if (after) await enforceTimeLimit(tx, after, now)
  })
}

function goneInstant(deps: LeaseStepDeps, lease: Lease, seen: Gone): Date {
  const instant = deps.instantOf(seen.bootId, seen.goneMs)
  const latestKnown = lease.meteredUntil ?? lease.startedAt ?? lease.placedAt ?? lease.createdAt
  if (instant === null) return latestKnown
  return instant < latestKnown ? latestKnown : instant
}

async function end(
  tx: Db,
  lease: Lease,
  { reason, seen, goneAt }: { reason: Lease['endReason']; seen: Gone; goneAt: Date },
) {
  if (lease.holdId) await releaseHold(tx, lease.holdId)
  await store.changeLease(tx, lease.id, {
    state: 'ended',
    endedAt: goneAt,
    endReason: reason,
    exitCode: seen.exitCode,
    exitSignal: seen.exitSignal,
    waitingFor: null,
  })
  await recordFact(tx, lease, {
    at: goneAt,
    type: 'lease.ended',
    text: `Ended: ${reason ?? ''}. ${seen.text}`.trim(),
    data: { reason, exitCode: seen.exitCode, exitSignal: seen.exitSignal },
  })
}

/** Closes claim and bill at the instant the processes were confirmed gone. */
async function onGone(deps: LeaseStepDeps, observed: Lease, seen: Gone): Promise<void> {
  const { database, ids } = deps
  const { id } = observed
  await inTransaction(database, async (tx) => {
    const now = deps.now()
    const before = await store.lockLease(tx, id)
    if (!before || before.state === 'ended' || before.state === 'pending') return
    // What was observed is over; what it is now, another step will observe.
    if (before.attempt !== observed.attempt) return
    const startedAt =
      before.startedAt ??
      (seen.startedMs === null ? null : deps.instantOf(seen.bootId, seen.startedMs))
    if (startedAt && before.startedAt === null) await recordStart(tx, before, startedAt)
    const lease = { ...before, startedAt }
    const goneAt = goneInstant(deps, lease, seen)
    const isUnseen = seen.how === 'preempted' && lease.reclaimReason === null
    if (isUnseen) await recordUnseen(tx, lease, { goneAt, ids })
    const meteredUntil = startedAt
      ? await meterUntil(tx, lease, { startedAt, until: goneAt, now, ids })
      : null
    await returnToBlock(tx, await closeClaims(tx, id, goneAt), ids)
    await recordFact(tx, lease, {
      at: goneAt,
      type: 'lease.confirmed_gone',
      text: 'Its processes are confirmed gone; slots free and billing over.',
      data: { how: seen.how },
    })
    const closing = { goneAt, meteredUntil, now, ids }
    await settleFault(tx, lease, closing)
    await settleReclaim(tx, lease, closing)
    const ending = endingAt(lease, seen, goneAt)
    if (ending.kind === 'requeue')
      await requeue(tx, lease, { after: ending.after, text: seen.text, goneAt })
    else await end(tx, lease, { reason: ending.reason, seen, goneAt })
    await wakeMarket(tx, now)
  })
  await engineOf(deps, observed).forget(attemptId(observed))
}

/** A lease that was taken back before the engine ever heard of it has no processes. */
function neverAdmitted(text = 'It had not been started.'): Gone {
  return {
    state: 'gone',
    bootId: '',
    startedMs: null,
    goneMs: 0,
    exitCode: null,
    exitSignal: null,
    how: 'start_failed',
    text,
  }
}

async function stepReclaiming(
  deps: LeaseStepDeps,
  lease: Lease,
  seen: Observation,
): Promise<StepOutcome> {
  if (seen.state === 'absent' && lease.startedAt === null) {
    // A start may be under way that the engine had not heard of: its slots are free once a fresh look finds nothing.
    if ((await engineOf(deps, lease).confirmGone(attemptId(lease))) !== 'gone')
      return lookAgain(deps.now())
    await onGone(deps, lease, neverAdmitted())
    return { kind: 'done' }
  }
  await noteVanishedCause(deps, lease)
  if (seen.state === 'running') {
    const delivery = deliverNotice(deps, lease)
    // Before the stop is due a failed delivery is tried again; once it is due, nothing stands in its way.
    if (deps.now() < (lease.stopAt ?? deps.now())) await delivery
    else await delivery.catch((error: unknown) => deps.onTrouble(lease.id, error))
  }
  return stopWhenDue(deps, lease)
}

/** Absent is not gone: the slots stay claimed until somebody has looked, and that somebody must be told. */
async function noteMissing(deps: LeaseStepDeps, lease: Lease): Promise<void> {
  if (await store.hasFact(deps.database, lease, 'lease.record_missing')) return
  const text = 'The engine has lost its record; the slots stay claimed and nothing more is billed.'
  await inTransaction(deps.database, (tx) =>
    recordFact(tx, lease, { at: deps.now(), type: 'lease.record_missing', text }),
  )
  deps.onTrouble(lease.id, new Error(text))
}

/** The engine tells when something changes; until then the meter and the time limit are all there is to see to. */
function lookAtNextBeat(deps: LeaseStepDeps, lease: Lease): StepOutcome {
  const now = deps.now()
  const sinceMs = (lease.meteredUntil ?? lease.startedAt ?? now).getTime()
  const meterMs = sinceMs + deps.beat.meterEveryMs(lease.id) - now.getTime()
  const leftMs = limitLeftMs(lease)
  const limitMs =
    leftMs === null || lease.startedAt === null
      ? Infinity
      : lease.startedAt.getTime() + leftMs - now.getTime()
  // What the engine confirmed may be a little older than now.
  const afterMs = Math.max(LEASE_LOOK_EVERY_MS / 4, Math.min(meterMs, limitMs))
  const untilMs = now.getTime() + afterMs
  return { kind: 'wait', untilMs: limitMs < meterMs ? untilMs : deps.beat.togetherMs(untilMs) }
}

/** Writes what is due about a lease that runs, and gives it back as it is then. */
async function follow(deps: LeaseStepDeps, lease: Lease, seen: Observation): Promise<Lease> {
  if (seen.state === 'running' && isAnythingDue(deps, lease, seen)) {
    const until = deps.instantOf(seen.bootId, seen.confirmedMs)
    const sighting = until === null ? null : { observed: lease, until }
    const metered = sighting === null ? null : await deps.rounds.meter(deps, sighting)
    if (metered !== null && !seen.preemption) return metered
    if (metered === null) await onRunning(deps, lease, seen)
  }
  if (seen.state === 'running' && seen.preemption) await onPreemption(deps, lease, seen)
  return (await store.findLease(deps.database, lease.id)) ?? lease
}

/** One step of a lease, as the strand `lease/<id>`. */
export async function stepLease(deps: LeaseStepDeps, id: string): Promise<StepOutcome> {
  const lease = await store.findLease(deps.database, id)
  if (!lease || lease.state === 'ended' || lease.state === 'pending') return { kind: 'done' }
  // The engine's own work is followed with its pool.
  if (lease.engineRun !== null) return { kind: 'done' }
  // Nobody can tell about it, so it keeps its slots; the reconciliation of its pool tells people.
  if (deps.engines.find(lease.pool) === null) return lookAgain(deps.now(), STEP_RETRY_MAX_MS)
  if (lease.state === 'starting') {
    const preparation = await prepareImage(deps, lease)
    if (preparation.kind === 'wait') return lookAgain(deps.now())
    if (preparation.kind === 'failed') {
      await onGone(deps, lease, neverAdmitted(preparation.text))
      return { kind: 'done' }
    }
    await start(deps, lease, preparation.image)
  }
  const seen = await engineOf(deps, lease).observe(attemptId(lease))
  if (seen.state !== 'running') deps.beat.drop(id)
  if (seen.state === 'gone') {
    await noteLostGpus(deps, lease, seen)
    await onGone(deps, lease, seen)
    return { kind: 'done' }
  }
  if (seen.state === 'absent' && lease.startedAt !== null) await noteMissing(deps, lease)
  const after = await follow(deps, lease, seen)
  // What was seen is of an attempt that is over.
  if (after.attempt !== lease.attempt) return lookAgain(deps.now())
  if (after.state === 'reclaiming') return stepReclaiming(deps, after, seen)
  if (seen.state !== 'running') return lookAgain(deps.now())
  await deliverWarning(deps, after)
  return lookAtNextBeat(deps, after)
}
