/**
 * Work that an engine runs without having been asked, as leases of kind anchor. They have slots, a timeline and a place
 * in the books; Spillway neither starts nor stops them, and they end when the engine does not list them any more.
 */
import type { IdSource } from '#kernel/ids.ts'
import { newId } from '#kernel/ids.ts'
import { closeClaims } from '#modules/book/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Lease, SlotsOfNode } from './lease.ts'
import { NO_FILES } from './lease.ts'
import { takePlaces } from './placing-store.ts'
import { recordFact, recordFacts } from './record.ts'
import * as store from './store.ts'

/** A run that the engine has, and the slots that it has there. */
export interface FoundRun {
  readonly runId: string
  readonly pool: string
  readonly name: string
  readonly user: string
  readonly account: string
  readonly startedAt: Date
  readonly timeLimitMs: number | null
  readonly organizationId: string
  readonly projectId: string
  readonly placements: readonly SlotsOfNode[]
}

function leaseOf(run: FoundRun, id: string): Lease {
  const { placements } = run
  const gpus = placements.reduce((sum, { slots }) => sum + slots.length, 0)
  const isEven = gpus % placements.length === 0
  return {
    ...{ id, organizationId: run.organizationId, projectId: run.projectId, name: run.name },
    ...{
      kind: 'anchor',
      mode: 'job',
      service: null,
      idleLimitMs: null,
      state: 'running',
      pool: run.pool,
      blockId: null,
      afterBlock: null,
      gpus,
    },
    // A gang of the engine may have other numbers on each node; the placements say which.
    nodes: isEven ? placements.length : 1,
    ...{ fabric: 'any', command: [run.name], environment: {}, workingDirectory: null },
    ...{ image: null, imageDigest: null },
    ...{ requeue: 'never', failuresMax: 1, failures: 0, retryAt: null, ranMs: 0 },
    ...{ noticeSignal: null, noticeMs: 0, graceMs: 0 },
    ...{
      timeLimitMs: run.timeLimitMs,
      maxPriceUsd: null,
      agreedPrice: null,
      priceId: null,
      priceUsd: null,
    },
    ...{ holdId: null, createdAt: run.startedAt, attempt: 1, placedAt: run.startedAt },
    ...{ placements, startedAt: run.startedAt, meteredUntil: null, waitingFor: null },
    ...{ billableUntil: null },
    ...{ reclaimReason: null, reclaimFor: null, noticeAt: null, stopAt: null, stoppedAt: null },
    ...{ endedAt: null, endReason: null, exitCode: null, exitSignal: null },
    ...{ secretNames: [], sealed: null, files: NO_FILES },
    ...{ terms: null, reclaimsMonth: null, reclaimsInMonth: 0 },
    ...{ checkpointAt: null, riskAt: null, riskToldAt: null, engineRun: run.runId },
  }
}

/** Enters runs that are seen for the first time. The caller claims their slots in the same transaction. */
export async function adoptRuns(
  tx: Db,
  runs: readonly FoundRun[],
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<readonly Lease[]> {
  const found = runs.map((run) => ({ run, lease: leaseOf(run, newId('lease', ids)) }))
  const leases = found.map(({ lease }) => lease)
  await store.insertLeases(
    tx,
    leases.map((lease) => ({ ...lease, state: 'pending' })),
  )
  await takePlaces(tx, leases)
  const facts = found.map(({ lease, run: { name, user, account, runId, startedAt } }) => ({
    ...{ lease, at: now, type: 'lease.adopted' },
    text: `Found in the engine: ${name} of ${user} (${account}), which it calls ${runId}.`,
    data: { engineRun: runId, user, account, startedAt: startedAt.toISOString() },
  }))
  await recordFacts(tx, facts)
  return leases
}

/** Ends a run that the engine does not list any more: its slots are free from the instant of that report. */
export async function endRun(tx: Db, leaseId: string, goneAt: Date): Promise<void> {
  const lease = await store.lockLease(tx, leaseId)
  if (!lease || lease.state === 'ended') return
  const endedAt = lease.startedAt !== null && goneAt < lease.startedAt ? lease.startedAt : goneAt
  await closeClaims(tx, leaseId, endedAt)
  await store.changeLease(tx, leaseId, { state: 'ended', endedAt, endReason: 'exited' })
  const text = 'The engine does not list it any more; its slots are free.'
  await recordFact(tx, lease, { at: endedAt, type: 'lease.confirmed_gone', text })
  const data = { reason: 'exited' }
  await recordFact(tx, lease, { at: endedAt, type: 'lease.ended', text: 'Ended.', data })
}

/** The slots that a lease really has, as its engine chose them. The caller has moved the claims. */
export async function replaceSlots(
  tx: Db,
  lease: Pick<Lease, 'id' | 'organizationId' | 'attempt' | 'engineRun'>,
  { placements, where, now }: { placements: readonly SlotsOfNode[]; where: string; now: Date },
): Promise<void> {
  if (lease.engineRun !== null) {
    const gpus = placements.reduce((sum, { slots }) => sum + slots.length, 0)
    const nodes = gpus % placements.length === 0 ? placements.length : 1
    await store.changeLease(tx, lease.id, { placements, gpus, nodes })
  } else await store.changeLease(tx, lease.id, { placements })
  const text = `Has ${where}, as its engine chose.`
  await recordFact(tx, lease, { at: now, type: 'lease.slots_changed', text, data: { placements } })
}
