/**
 * The market's cycle: take a snapshot, decide by the market's pure plan, commit each decision by itself. A decision
 * that no longer holds (somebody was quicker) is dropped; the next cycle decides anew.
 */
import { type IdSource } from '#kernel/ids.ts'
import { openClaims } from '#modules/book/index.ts'
import { isAnyClosed, nodeNames } from '#modules/fleet/index.ts'
import { decide, type Decision, getGpuPrice } from '#modules/market/index.ts'
import {
  type Database,
  type Db,
  inTransaction,
  isConstraintViolation,
} from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { MARKET_CYCLE_EVERY_MS } from '../../limits.ts'
import { commitForesight } from './foresight-service.ts'
import { fundStart } from './funding-service.ts'
import { isSoldByHour, type Lease, renderPlacements } from './lease.ts'
import { takeBack } from './reclaim-service.ts'
import { endWaiting } from './reclaim.ts'
import { recordFact, wakeLease } from './record.ts'
import { takeSnapshot } from './snapshot-service.ts'
import * as store from './store.ts'
import { mayTakeBack } from './terms.ts'

/** A cycle over a large book takes a while; unasked, it takes no more than so small a share of the time. */
const PAUSE_PER_CYCLE = 10

interface CycleDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** A decision about a lease could not be committed. The others go on. */
  readonly onTrouble: (leaseId: string, error: unknown) => void
}

type Placement = Extract<Decision, { kind: 'place' }>

/** A decision that no longer holds: nothing of it is kept. */
class Outdated extends Error {}

/** How many decisions of a cycle may fail before it counts as failed: one that cannot be committed holds up no other. */
const FAILURES_MAX = 10

/** The price that it starts at, with the hold made to fit; null when the balance cannot pay. Nothing for what is not sold. */
async function agreeStart(tx: Db, lease: Lease, now: Date) {
  if (!isSoldByHour(lease.kind)) return { priceId: null, priceUsd: null }
  const { id, price } = await getGpuPrice(tx, { pool: lease.pool, tier: lease.kind, at: now })
  const priceUsd = price.amount
  if (lease.maxPriceUsd !== null && lease.maxPriceUsd < priceUsd) throw new Outdated()
  return (await fundStart(tx, lease, { priceUsd, now })) ? { priceId: id, priceUsd } : null
}

async function recordPlacement(
  tx: Db,
  lease: Lease,
  { placements, now }: Placement & { now: Date },
) {
  const nodeIds = placements.map(({ nodeId }) => nodeId)
  const names = await nodeNames(tx, nodeIds)
  const where = placements.map(({ nodeId, slots }) => ({
    node: names.get(nodeId) ?? nodeId,
    slots,
  }))
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.placed',
    text: `Placed on ${renderPlacements(where)}.`,
    data: { placements: where },
  })
}

async function commitPlacement(
  tx: Db,
  decision: Placement,
  { now, ids }: { now: Date; ids: IdSource },
) {
  const lease = await store.lockLease(tx, decision.leaseId)
  if (lease?.state !== 'pending') return
  const price = await agreeStart(tx, lease, now)
  if (price === null) return endWaiting(tx, lease, { reason: 'balance_exhausted', now })
  const { placements } = decision
  const { kind, id: leaseId, organizationId } = lease
  await openClaims(tx, placements, { kind, leaseId, organizationId, now, ids })
  const nodeIds = placements.map(({ nodeId }) => nodeId)
  if (await isAnyClosed(tx, nodeIds)) throw new Outdated()
  const attempt = lease.attempt + 1
  const start = { state: 'starting' as const, attempt, placedAt: now, waitingFor: null }
  await store.changeLease(tx, leaseId, { ...start, ...price, placements })
  await recordPlacement(tx, { ...lease, attempt }, { ...decision, now })
  await wakeLease(tx, leaseId, now)
}

async function commitReclaim(
  tx: Db,
  decision: Extract<Decision, { kind: 'reclaim' }>,
  { now, ids }: { now: Date; ids: IdSource },
) {
  const { leaseId, forLeaseId: forLease } = decision
  const locked = await store.lockLeases(tx, [leaseId, forLease])
  const [lease, waiting] = [locked.get(leaseId), locked.get(forLease)]
  if (lease?.state !== 'running' && lease?.state !== 'starting') return
  // Nobody gives way to a lease that does not wait any more.
  if (waiting?.state !== 'pending') return
  // What the plan knew may have changed: a lease that has just begun is within its minimum run.
  if (lease.terms && !mayTakeBack(lease, waiting.kind, now)) return
  const taking = {
    cause: 'outranked' as const,
    text: 'the room is needed by work of higher rank',
    byKind: waiting.kind,
    forLease,
    decidedAt: now,
  }
  const stopAt = new Date(now.getTime() + lease.noticeMs)
  await takeBack(tx, lease, { ...taking, stopAt, now, ids })
  await recordVictim(tx, waiting, { victim: lease, now })
}

/** The operator's own timeline names who gives way; a buyer's only says that somebody does. */
async function recordVictim(tx: Db, waiting: Lease, { victim, now }: { victim: Lease; now: Date }) {
  const noticeEndsAt = new Date(now.getTime() + victim.noticeMs).toISOString()
  const isOperators = waiting.kind === 'anchor' || waiting.kind === 'serving'
  const who = isOperators
    ? `${victim.id} (${victim.kind})`
    : `A lease of lower rank (${victim.kind})`
  await recordFact(tx, waiting, {
    at: now,
    type: 'lease.victim_chosen',
    text: `${who} gives way; its notice runs out at ${noticeEndsAt}.`,
    data: { noticeEndsAt, ...(isOperators ? { victim: victim.id } : {}) },
  })
}

async function commitWait(tx: Db, decision: Extract<Decision, { kind: 'wait' }>) {
  const lease = await store.lockLease(tx, decision.leaseId)
  if (lease?.state !== 'pending' || lease.waitingFor === decision.why) return
  await store.changeLease(tx, lease.id, { waitingFor: decision.why })
}

async function commit({ database, now, ids }: CycleDeps, decision: Decision): Promise<void> {
  try {
    await inTransaction(database, async (tx) => {
      if (decision.kind === 'place') await commitPlacement(tx, decision, { now: now(), ids })
      else if (decision.kind === 'reclaim') await commitReclaim(tx, decision, { now: now(), ids })
      else await commitWait(tx, decision)
    })
  } catch (error) {
    // The book refused: somebody has the slot. The snapshot was old, and the next cycle sees it.
    if (!isConstraintViolation(error, 'claim_no_double_sale') && !(error instanceof Outdated))
      throw error
  }
}

async function commitAll(deps: CycleDeps, decisions: readonly Decision[]): Promise<void> {
  let failures = 0
  for (const decision of decisions)
    try {
      await commit(deps, decision)
    } catch (error) {
      if (++failures > FAILURES_MAX) throw error
      deps.onTrouble(decision.leaseId, error)
    }
}

/** One cycle, as a step of the strand `market/cycle`. */
export async function runCycle(deps: CycleDeps): Promise<StepOutcome> {
  const at = deps.now()
  const snapshot = await takeSnapshot(deps.database, at)
  const told = new Map(snapshot.wants.map((want) => [want.leaseId, want.waitsFor]))
  const outcome = decide(snapshot)
  const isNews = (decision: Decision) =>
    decision.kind !== 'wait' || told.get(decision.leaseId) !== decision.why
  await commitAll(deps, outcome.decisions.filter(isNews))
  await commitForesight(deps, outcome)
  const tookMs = deps.now().getTime() - at.getTime()
  const pauseMs = Math.max(MARKET_CYCLE_EVERY_MS, tookMs * PAUSE_PER_CYCLE)
  return { kind: 'wait', untilMs: at.getTime() + pauseMs }
}
