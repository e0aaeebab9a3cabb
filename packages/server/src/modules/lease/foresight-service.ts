/**
 * Commits what the market foresees: leases go before the owner's work arrives, and those who may have to go are told
 * that the risk is elevated. A risk stands for a while, is told at most every so often, and passes by itself.
 */
import type { IdSource } from '#kernel/ids.ts'
import type { Outcome, Shrink } from '#modules/market/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { RISK_AHEAD_MS, RISK_HELD_MS, RISK_TOLD_EVERY_MS, SHRINK_AHEAD_MS } from '../../limits.ts'
import { takeBack } from './reclaim-service.ts'
import { recordFact, wakeLease } from './record.ts'
import * as store from './store.ts'
import { mayTakeBack } from './terms.ts'

interface ForesightDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}

function isGoing(lease: { readonly state: string } | null): boolean {
  return lease?.state !== 'running' && lease?.state !== 'starting'
}

async function commitShrink(
  tx: Db,
  { leaseId, expectedSlots }: Shrink,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  const lease = await store.lockLease(tx, leaseId)
  if (!lease || isGoing(lease) || !mayTakeBack(lease, 'anchor', now)) return
  const slots = `${expectedSlots} ${expectedSlots === 1 ? 'slot' : 'slots'}`
  await takeBack(tx, lease, {
    cause: 'shrink',
    text: `the owner's demand rises and will want ${slots} soon`,
    byKind: 'anchor',
    forLease: null,
    decidedAt: now,
    stopAt: new Date(now.getTime() + lease.noticeMs),
    ...{ now, ids },
  })
}

/** Says that a reclaim has become likely, unless that was said a short while ago. */
async function raiseRisk(tx: Db, leaseId: string, now: Date): Promise<void> {
  const lease = await store.lockLease(tx, leaseId)
  if (!lease || isGoing(lease) || lease.riskAt !== null) return
  const toldMs = lease.riskToldAt?.getTime() ?? Number.NEGATIVE_INFINITY
  if (now.getTime() - toldMs < RISK_TOLD_EVERY_MS) return
  await store.changeLease(tx, leaseId, { riskAt: now, riskToldAt: now })
  const withinMs = lease.noticeMs + SHRINK_AHEAD_MS + RISK_AHEAD_MS
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.risk_elevated',
    text: 'May be taken back soon: the owner’s demand rises. No notice yet.',
    data: {
      reason: 'anchor_demand',
      expectedAt: new Date(now.getTime() + withinMs).toISOString(),
    },
  })
  await wakeLease(tx, leaseId, now)
}

async function endRisk(tx: Db, leaseId: string, now: Date): Promise<void> {
  const lease = await store.lockLease(tx, leaseId)
  if (!lease?.riskAt || now.getTime() - lease.riskAt.getTime() < RISK_HELD_MS) return
  await store.changeLease(tx, leaseId, { riskAt: null })
  const text = 'Not likely any more to be taken back soon.'
  await recordFact(tx, lease, { at: now, type: 'lease.risk_passed', text })
  await wakeLease(tx, leaseId, now)
}

/** Each decision by itself, like the rest of the cycle. */
export async function commitForesight(
  { database, now, ids }: ForesightDeps,
  { shrinks, atRisk }: Outcome,
): Promise<void> {
  for (const each of shrinks)
    await inTransaction(database, (tx) => commitShrink(tx, each, { now: now(), ids }))
  const risks = await store.listRisks(database)
  const at = now().getTime()
  // Only those of which there is something to say are locked, however many are at risk for however long.
  const told = risks.filter(({ toldAt }) => at - toldAt.getTime() < RISK_TOLD_EVERY_MS)
  const known = [...risks.filter(({ riskAt }) => riskAt !== null), ...told]
  for (const leaseId of new Set(atRisk).difference(new Set(known.map(({ id }) => id))))
    await inTransaction(database, (tx) => raiseRisk(tx, leaseId, now()))
  const held = risks.filter(
    ({ riskAt }) => riskAt !== null && at - riskAt.getTime() >= RISK_HELD_MS,
  )
  for (const leaseId of new Set(held.map(({ id }) => id)).difference(new Set(atRisk)))
    await inTransaction(database, (tx) => endRisk(tx, leaseId, now()))
}
