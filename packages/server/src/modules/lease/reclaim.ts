/** Takes a lease back: notice, time, stop. The rest follows from its strand. */
import { drainClaims } from '#modules/book/index.ts'
import { releaseHold } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { heldNoticeMs, type Lease, type ReclaimReason, renderDuration } from './lease.ts'
import { recordFact, wakeLease, wakeMarket } from './record.ts'
import { changeLease } from './store.ts'

interface Reclaim {
  readonly reason: ReclaimReason
  /** The lease that needs the room. */
  readonly forLease: string | null
  /** Time between notice and stop. */
  readonly noticeMs: number
  readonly now: Date
  /** Where there is more to say than the reason. */
  readonly because?: string
}

const BECAUSE: Readonly<Record<ReclaimReason, string>> = {
  reclaimed: 'the room is needed by work of higher rank',
  stopped: 'its owner stopped it',
  balance_exhausted: 'the balance cannot pay for more',
  time_limit: 'its time limit is reached',
  faulty: 'its GPU is lost',
}

/** Gives notice to a lease that holds slots. The caller has locked it, and it is starting or running. */
export async function beginReclaim(
  tx: Db,
  lease: Lease,
  { reason, forLease, noticeMs, now, because = BECAUSE[reason] }: Reclaim,
): Promise<void> {
  const stopAt = new Date(now.getTime() + noticeMs)
  await changeLease(tx, lease.id, {
    state: 'reclaiming',
    reclaimReason: reason,
    reclaimFor: forLease,
    noticeAt: now,
    stopAt,
    riskAt: null,
  })
  await drainClaims(tx, lease.id, now)
  const when = noticeMs === 0 ? 'now' : `in ${renderDuration(noticeMs)}`
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.notice_given',
    text: `Will be stopped ${when}: ${because}.`,
    data: { reason, stopAt: stopAt.toISOString() },
  })
  // Whose room it becomes is the operator's business; a buyer's timeline names no lease of somebody else.
  await emitEvent(tx, {
    at: now,
    type: 'lease.reclaim_decided',
    organizationId: null,
    subject: lease.id,
    data: { reason, forLease },
  })
  await wakeLease(tx, lease.id, now)
}

/**
 * A long notice that the balance cannot pay to its end is cut to what is held for it: that of a contract, or one that an
 * engine gave by its own rules. The caller has locked the lease.
 */
export async function shortenNotice(tx: Db, lease: Lease, now: Date): Promise<void> {
  const heldMs = heldNoticeMs(lease)
  const stopAt = new Date(now.getTime() + heldMs)
  if (lease.stopAt === null || lease.stopAt <= stopAt) return
  await changeLease(tx, lease.id, { stopAt })
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.notice_shortened',
    text: `Will be stopped in ${renderDuration(heldMs)}: the balance cannot pay for more of the notice.`,
    data: { reason: 'balance_exhausted', stopAt: stopAt.toISOString() },
  })
}

/** The time limit comes before the end of a long notice. The caller has locked the lease. */
export async function stopAtLimit(tx: Db, lease: Lease, now: Date): Promise<void> {
  if (lease.stopAt === null || lease.stopAt <= now) return
  await changeLease(tx, lease.id, { stopAt: now })
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.notice_shortened',
    text: 'Will be stopped now: its time limit is reached.',
    data: { reason: 'time_limit', stopAt: now.toISOString() },
  })
}

const WHY_IT_NEVER_RAN: Readonly<Record<'stopped' | 'balance_exhausted' | 'time_limit', string>> = {
  stopped: 'Stopped while it waited.',
  balance_exhausted: 'The balance could not pay for its start.',
  time_limit: 'Its block was over before it had room.',
}

/** Ends a lease that holds no slots. The caller has locked it, and it is pending. */
export async function endWaiting(
  tx: Db,
  lease: Lease,
  { reason, now }: { readonly reason: keyof typeof WHY_IT_NEVER_RAN; readonly now: Date },
): Promise<void> {
  if (lease.holdId) await releaseHold(tx, lease.holdId)
  const over = { state: 'ended' as const, endedAt: now, endReason: reason, waitingFor: null }
  await changeLease(tx, lease.id, over)
  const text = WHY_IT_NEVER_RAN[reason]
  await recordFact(tx, lease, { at: now, type: 'lease.ended', text, data: { reason } })
  await wakeMarket(tx, now)
}
