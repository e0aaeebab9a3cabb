/** Sends a lease back to wait for room: after a reclaim at once, after a failure not before a pause. */
import type { Db } from '#platform/db/database.ts'
import { type Lease, renderDuration, retryPauseMs } from './lease.ts'
import { recordFact } from './record.ts'
import { changeLease } from './store.ts'

interface Requeue {
  readonly after: 'reclaim' | 'failure'
  /** How the attempt ended, for people. */
  readonly text: string
  readonly goneAt: Date
  /** The last instant of its running that counts against its time limit; as a rule when it was gone. */
  readonly ranUntil?: Date
}

/** The caller has locked the lease, closed its claims and metered it. */
export async function requeue(
  tx: Db,
  lease: Lease,
  { after, text, goneAt, ranUntil = goneAt }: Requeue,
): Promise<void> {
  const failures = lease.failures + (after === 'failure' ? 1 : 0)
  const pauseMs = after === 'failure' ? retryPauseMs(failures) : 0
  const ranMs = lease.startedAt === null ? 0 : ranUntil.getTime() - lease.startedAt.getTime()
  await changeLease(tx, lease.id, {
    state: 'pending',
    placements: [],
    startedAt: null,
    meteredUntil: null,
    billableUntil: null,
    reclaimReason: null,
    reclaimFor: null,
    noticeAt: null,
    stopAt: null,
    stoppedAt: null,
    checkpointAt: null,
    imageDigest: null,
    riskAt: null,
    failures,
    retryAt: pauseMs === 0 ? null : new Date(goneAt.getTime() + pauseMs),
    ranMs: lease.ranMs + ranMs,
    waitingFor:
      after === 'failure' ? 'the pause after its failure' : 'room, after it was taken back',
  })
  await recordFact(tx, lease, {
    at: goneAt,
    type: 'lease.requeued',
    text:
      after === 'failure'
        ? `Failed (${text}), ${failures} of ${lease.failuresMax} times; starts again in ${renderDuration(pauseMs)}.`
        : 'Waits to be started again, as it asked.',
    data: { after, failures },
  })
}
