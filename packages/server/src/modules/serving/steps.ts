/** Keeps a deployment's replicas as many and as well as wanted: the strand `deployment/<id>`. */
import { ServiceRequest } from '@spillway/contract'
import type { IdSource } from '#kernel/ids.ts'
import {
  createLease,
  findLease,
  type Lease,
  type LeaseRequest,
  stopLease,
} from '#modules/lease/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import {
  REPLICA_BACKOFF_MAX_MS,
  REPLICA_BACKOFF_MIN_MS,
  REPLICA_DRAIN_SETTLE_MS,
  REPLICA_DRAIN_WITHIN_MS,
  REPLICA_READY_WITHIN_MS,
  REPLICA_STEADY_AFTER_MS,
} from '../../limits.ts'
import {
  chooseKept,
  decideLeaving,
  decideReplica,
  freeOrdinals,
  type Health,
  type Load,
  type ReplicaAction,
  type ReplicaRow,
  SERVES_TEXT,
} from './replica.ts'
import { saveStart } from './start-store.ts'
import * as store from './store.ts'

export const DEPLOYMENT_PROGRAM = 'deployment'

/** Where a deployment's weights are, or how far they have come. */
export type Weights =
  /** `standsIn`: a sentence that says for what, and why, when these are not the weights that were asked for. */
  | { readonly kind: 'ready'; readonly path: string; readonly standsIn: string | null }
  | { readonly kind: 'loading'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }

export interface ServingDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** Whose leases the replicas are: the operator's. */
  readonly owner: { readonly organizationId: string; readonly projectId: string }
  readonly locateWeights: (deployment: store.Deployment) => Weights
  /** The command that runs a replica of these weights; it writes its port under its lease's id. */
  readonly replicaCommand: (
    deployment: store.Deployment,
    weightsPath: string,
  ) => Promise<readonly string[]>
  /** Asks the replica that runs in this lease. */
  readonly checkHealth: (lease: Lease, deployment: store.Deployment) => Promise<Health>
  /** Told what a replica that serves says of itself; null when it does not answer. */
  readonly onLoad: (reading: LoadReading) => void
}

export interface LoadReading {
  readonly deploymentId: string
  readonly leaseId: string
  readonly load: Load | null
  readonly at: Date
}

const LIMITS = {
  minMs: REPLICA_BACKOFF_MIN_MS,
  maxMs: REPLICA_BACKOFF_MAX_MS,
  steadyAfterMs: REPLICA_STEADY_AFTER_MS,
  readyWithinMs: REPLICA_READY_WITHIN_MS,
}
const DRAIN_LIMITS = { settleMs: REPLICA_DRAIN_SETTLE_MS, withinMs: REPLICA_DRAIN_WITHIN_MS }
const LOOK_SOON_MS = 200
const LOOK_STEADY_MS = 500
const REPLICA_GRACE_MS = 5000
/** It has GPUs and processes to let go of. */
const SERVER_GRACE_MS = 30_000

function freshRow(ordinal: number): ReplicaRow {
  return {
    ordinal,
    leaseId: null,
    url: null,
    state: 'starting',
    text: 'Begins.',
    crashes: 0,
    retryAt: null,
    drainingSince: null,
  }
}

/** A replica, and what it is one of. */
interface Replica {
  readonly deployment: store.Deployment
  readonly row: ReplicaRow
}

async function note(tx: Db, { deployment, row }: Replica, now: Date): Promise<void> {
  await store.saveReplica(tx, deployment.id, row)
  await emitEvent(tx, {
    at: now,
    type: `replica.${row.state}`,
    organizationId: null,
    subject: deployment.model,
    data: { ordinal: row.ordinal, text: row.text, crashes: row.crashes, leaseId: row.leaseId },
  })
}

/** It is gone for good: what it was, and that it answers nothing any more, is told with its row. */
async function remove(tx: Db, { deployment, row }: Replica, now: Date): Promise<void> {
  await store.deleteReplica(tx, deployment.id, row.ordinal)
  const isDrained = row.state === 'draining'
  const text = isDrained ? 'Has answered what was under way, and goes.' : 'Is not wanted any more.'
  await emitEvent(tx, {
    ...{ at: now, type: 'replica.removed', organizationId: null, subject: deployment.model },
    data: { ordinal: row.ordinal, text, crashes: row.crashes, leaseId: row.leaseId },
  })
}

/** Changes a replica's row in a transaction of its own. */
async function change(
  deps: ServingDeps,
  { deployment, row }: Replica,
  wanted: Partial<ReplicaRow>,
): Promise<void> {
  await inTransaction(deps.database, (tx) =>
    note(tx, { deployment, row: { ...row, ...wanted } }, deps.now()),
  )
}

/** A replica of ours finishes on notice. Other servers end at once on any signal, so they get none before their time. */
function workOf({ server }: store.Deployment) {
  if (server === null) return { gpus: 1, graceMs: REPLICA_GRACE_MS, noticeSignal: 'SIGTERM' }
  return {
    ...{ gpus: server.gpus, graceMs: SERVER_GRACE_MS, noticeSignal: 'none' },
    ...{ mode: 'service' as const, service: ServiceRequest.parse({ health: { path: '/health' } }) },
  }
}

function leaseRequest(
  deps: ServingDeps,
  { deployment, row }: Replica,
): Omit<LeaseRequest, 'command'> {
  return {
    ...deps.owner,
    kind: 'serving',
    name: `${deployment.model} replica ${row.ordinal + 1}`,
    pool: deployment.pool ?? undefined,
    ...workOf(deployment),
    environment: {},
    requeue: 'never',
    maxPriceUsd: null,
  }
}

async function leaseReplica(deps: ServingDeps, replica: Replica): Promise<void> {
  const { deployment, row } = replica
  const weights = deps.locateWeights(deployment)
  if (weights.kind !== 'ready') {
    const state = weights.kind === 'failed' ? 'backing_off' : 'starting'
    if (row.text === weights.text && row.state === state) return
    return change(deps, replica, { state, leaseId: null, retryAt: null, text: weights.text })
  }
  const command = await deps.replicaCommand(deployment, weights.path)
  await inTransaction(deps.database, async (tx) => {
    const now = deps.now()
    const request = { ...leaseRequest(deps, replica), command }
    const lease = await createLease(tx, request, { now, ids: deps.ids })
    const waiting = { leaseId: lease.id, url: null, retryAt: null, text: 'Waits for a slot.' }
    await note(tx, { deployment, row: { ...row, ...waiting, state: 'starting' } }, now)
  })
}

interface Decided {
  readonly lease: Lease | null
  readonly action: ReplicaAction
}

/** How long it took is kept when a lease serves for the first time. */
async function begin(
  deps: ServingDeps,
  replica: Replica,
  { lease, change: wanted }: { readonly lease: Lease; readonly change: Partial<ReplicaRow> },
): Promise<void> {
  await inTransaction(deps.database, async (tx) => {
    const now = deps.now()
    const placedMs = (lease.placedAt ?? lease.createdAt).getTime()
    await saveStart(tx, {
      leaseId: lease.id,
      deploymentId: replica.deployment.id,
      readyAt: now,
      waitedMs: Math.max(0, placedMs - lease.createdAt.getTime()),
      loadedMs: Math.max(0, now.getTime() - placedMs),
    })
    await note(tx, { ...replica, row: { ...replica.row, ...wanted } }, now)
  })
}

async function act(deps: ServingDeps, replica: Replica, decided: Decided): Promise<void> {
  const { action, lease } = decided
  if (action.kind === 'lease') await leaseReplica(deps, replica)
  else if (action.kind === 'note' && action.change.state === 'ready' && lease !== null)
    await begin(deps, replica, { lease, change: action.change })
  else if (action.kind === 'note') await change(deps, replica, action.change)
  else if (action.kind === 'give_up') {
    if (replica.row.leaseId !== null) await stopReplica(deps, replica.row.leaseId)
    await change(deps, replica, action.change)
  }
}

async function stopReplica(deps: ServingDeps, leaseId: string): Promise<void> {
  const lease = await findLease(deps.database, leaseId)
  if (!lease || lease.state === 'ended' || lease.state === 'reclaiming') return
  await inTransaction(deps.database, (tx) =>
    stopLease(tx, { id: leaseId, organizationId: null, now: deps.now() }),
  )
}

/** Of other weights, or started otherwise, than now: the fleet file changed, or a toy need not stand in any more. */
async function isOutdated(
  deps: ServingDeps,
  deployment: store.Deployment,
  { lease, weights }: { readonly lease: Lease; readonly weights: Weights },
): Promise<boolean> {
  const isUp = lease.state === 'starting' || lease.state === 'running'
  if (!isUp || weights.kind !== 'ready') return false
  if (deployment.server === null) return !lease.command.includes(weights.path)
  const command = await deps.replicaCommand(deployment, weights.path)
  return command.join('\n') !== lease.command.join('\n')
}

/** Whether it serves and nothing was to do. */
async function stepReplica(deps: ServingDeps, replica: Replica): Promise<boolean> {
  const { deployment, row } = replica
  const lease = row.leaseId === null ? null : await findLease(deps.database, row.leaseId)
  const weights = deps.locateWeights(deployment)
  if (lease !== null && (await isOutdated(deps, deployment, { lease, weights })))
    await stopReplica(deps, lease.id)
  const health = await askHealth(deps, replica, lease)
  if (lease !== null && (row.state === 'ready' || health.kind === 'ready')) {
    const load = health.kind === 'ready' ? health.load : null
    deps.onLoad({ deploymentId: deployment.id, leaseId: lease.id, load, at: deps.now() })
  }
  const servesText = (weights.kind === 'ready' ? weights.standsIn : null) ?? SERVES_TEXT
  const limits = limitsOf(deployment)
  const action = decideReplica(row, lease, { health, servesText, now: deps.now(), limits })
  await act(deps, replica, { action, lease })
  return row.state === 'ready' && action.kind === 'nothing'
}

function limitsOf({ server }: store.Deployment) {
  return server === null ? LIMITS : { ...LIMITS, readyWithinMs: server.readyWithinMs }
}

async function askHealth(
  deps: ServingDeps,
  { deployment }: Replica,
  lease: Lease | null,
): Promise<Health> {
  return lease?.state === 'running' ? deps.checkHealth(lease, deployment) : { kind: 'unknown' }
}

/** A replica that is not wanted any more answers what is under way, then goes. */
async function stepLeaving(deps: ServingDeps, replica: Replica): Promise<void> {
  const { row } = replica
  const lease = row.leaseId === null ? null : await findLease(deps.database, row.leaseId)
  const isUp = lease?.state === 'running'
  const health = await askHealth(deps, replica, lease)
  const action = isUp
    ? decideLeaving(row, health, { now: deps.now(), limits: DRAIN_LIMITS })
    : { kind: 'go' as const }
  if (action.kind === 'drain') return change(deps, replica, action.change)
  if (action.kind === 'wait') return
  if (row.leaseId !== null) await stopReplica(deps, row.leaseId)
  await inTransaction(deps.database, (tx) => remove(tx, replica, deps.now()))
}

/** One step of a deployment. Replicas beyond the wanted number are drained. */
export async function stepDeployment(deps: ServingDeps, id: string): Promise<StepOutcome> {
  const deployment = (await store.listDeployments(deps.database)).find((each) => each.id === id)
  if (!deployment || deployment.source !== 'replica') return { kind: 'done' }
  const rows = (await store.listReplicas(deps.database)).filter((row) => row.deploymentId === id)
  const { kept, leaving } = chooseKept<ReplicaRow>(rows, deployment.replicasWanted)
  const missing = freeOrdinals(rows, deployment.replicasWanted - kept.length).map(freshRow)
  let isSteady = leaving.length === 0
  for (const row of [...kept, ...missing])
    if (!(await stepReplica(deps, { deployment, row }))) isSteady = false
  for (const row of leaving) await stepLeaving(deps, { deployment, row })
  // Nothing is wanted and nothing is left: whoever wants something wakes it.
  if (deployment.replicasWanted === 0 && rows.length === 0) return { kind: 'done' }
  return {
    kind: 'wait',
    untilMs: deps.now().getTime() + (isSteady ? LOOK_STEADY_MS : LOOK_SOON_MS),
  }
}
