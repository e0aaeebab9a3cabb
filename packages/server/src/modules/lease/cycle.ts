/**
 * The market's cycle: take a snapshot, decide by the market's pure plan, commit the decisions in batches. A batch of
 * which one fails is committed one by one. A decision that no longer holds is dropped; the next cycle decides anew.
 */
import { type IdSource, isIdOf } from '#kernel/ids.ts'
import type { Decision } from '#modules/market/index.ts'
import {
  type Database,
  type Db,
  inTransaction,
  isConstraintViolation,
} from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { MARKET_CYCLE_EVERY_MS } from '../../limits.ts'
import { listPendingIdsOfBlocks } from './block-lease-store.ts'
import { decideInBlocks, gatherBlock } from './block-placing-service.ts'
import { commitForesight } from './foresight-service.ts'
import type { Lease } from './lease.ts'
import { Outdated, placeLeases } from './placing-service.ts'
import { noteWaiting } from './placing-store.ts'
import { takeBack } from './reclaim-service.ts'
import { recordFact } from './record.ts'
import { decideNow } from './snapshot-service.ts'
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

type Wait = Extract<Decision, { kind: 'wait' }>

/** So many decisions are written in one transaction, which holds the balances of those that it places. */
const DECISIONS_AT_ONCE = 100

/** How many decisions of a cycle may fail before it counts as failed: one that cannot be committed holds up no other. */
const FAILURES_MAX = 10

/** A block that is due takes like a lease on demand that waits. */
const DUE_BLOCK = { state: 'pending', kind: 'on_demand' } as const

async function commitReclaim(
  tx: Db,
  decision: Extract<Decision, { kind: 'reclaim' }>,
  { now, ids }: { now: Date; ids: IdSource },
) {
  const { leaseId, forLeaseId: forLease } = decision
  const locked = await store.lockLeases(tx, [leaseId, forLease])
  const lease = locked.get(leaseId)
  const asking = locked.get(forLease)
  const waiting = isIdOf('block', forLease) ? DUE_BLOCK : asking
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
  if (asking) await recordVictim(tx, asking, { victim: lease, now })
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

/** Whether a decision was only late: somebody has the slot, or what it stood on has changed. The next cycle sees it. */
function isLate(error: unknown): boolean {
  return isConstraintViolation(error, 'claim_no_double_sale') || error instanceof Outdated
}

async function commitOne({ database, now, ids }: CycleDeps, decision: Decision): Promise<void> {
  try {
    await inTransaction(database, async (tx) => {
      const context = { now: now(), ids }
      if (decision.kind === 'place') await placeLeases(tx, [decision], context)
      else if (decision.kind === 'reclaim') await commitReclaim(tx, decision, context)
      else await commitWaits(tx, [decision])
    })
  } catch (error) {
    if (!isLate(error)) throw error
  }
}

async function commitWaits(tx: Db, waits: readonly Wait[]): Promise<void> {
  const leaseIds = waits.map(({ leaseId }) => leaseId)
  await store.lockLeases(tx, leaseIds)
  await noteWaiting(tx, waits)
}

/** Decisions of one kind in one transaction. False where that fails: nothing of it is kept, and each has to go by itself. */
async function commitTogether(
  { database, now, ids }: CycleDeps,
  decisions: readonly Decision[],
): Promise<boolean> {
  const places = decisions.filter((each) => each.kind === 'place')
  const waits = decisions.filter((each) => each.kind === 'wait')
  try {
    await inTransaction(database, async (tx) => {
      if (places.length > 0) await placeLeases(tx, places, { now: now(), ids })
      if (waits.length > 0) await commitWaits(tx, waits)
    })
    return true
  } catch {
    // Which of them it was, and whether it matters, shows when they go one by one.
    return false
  }
}

/** Decisions that follow each other and can be written by sets are batches; a reclaim goes by itself. */
function batchesOf(decisions: readonly Decision[]): Decision[][] {
  const batches: Decision[][] = []
  for (const decision of decisions) {
    const last = batches.at(-1)
    const isAlike = decision.kind !== 'reclaim' && last?.[0]?.kind === decision.kind
    if (last && isAlike && last.length < DECISIONS_AT_ONCE) last.push(decision)
    else batches.push([decision])
  }
  return batches
}

async function commitAll(deps: CycleDeps, decisions: readonly Decision[]): Promise<void> {
  let failures = 0
  for (const batch of batchesOf(decisions)) {
    if (batch.length > 1 && (await commitTogether(deps, batch))) continue
    for (const decision of batch)
      try {
        await commitOne(deps, decision)
      } catch (error) {
        if (++failures > FAILURES_MAX) throw error
        deps.onTrouble(decision.leaseId, error)
      }
  }
}

/** What a block that is due gets. Its own steps tell that it still waits. */
async function commitGathering(
  { database, now, ids }: CycleDeps,
  decision: Decision,
): Promise<void> {
  if (decision.kind !== 'place') return
  try {
    await inTransaction(database, (tx) => gatherBlock(tx, decision, { now: now(), ids }))
  } catch (error) {
    if (!isLate(error)) throw error
  }
}

/** Leases of blocks that wait start where their block has room. */
async function admitInBlocks(deps: CycleDeps): Promise<void> {
  const { database, now } = deps
  const at = now()
  const ids = await listPendingIdsOfBlocks(database)
  if (ids.length === 0) return
  const waiting = (await store.findLeases(database, ids))
    .filter(({ retryAt }) => (retryAt ?? at) <= at)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const { places, waits } = await decideInBlocks(database, waiting, at)
  const told = new Map(waiting.map(({ id, waitingFor }) => [id, waitingFor]))
  const news = waits.filter(({ leaseId, why }) => told.get(leaseId) !== why)
  await commitAll(deps, [...places, ...news])
}

/** One cycle, as a step of the strand `market/cycle`. */
export async function runCycle(deps: CycleDeps): Promise<StepOutcome> {
  const at = deps.now()
  const { wants, outcome } = await decideNow(deps.database, at)
  const told = new Map(wants.map((want) => [want.leaseId, want.waitsFor]))
  const isNews = (decision: Decision) =>
    decision.kind !== 'wait' || told.get(decision.leaseId) !== decision.why
  const isOfBlock = ({ leaseId }: Decision) => isIdOf('block', leaseId)
  for (const decision of outcome.decisions.filter(isOfBlock)) await commitGathering(deps, decision)
  await commitAll(
    deps,
    outcome.decisions.filter((each) => !isOfBlock(each) && isNews(each)),
  )
  await admitInBlocks(deps)
  await commitForesight(deps, outcome)
  const tookMs = deps.now().getTime() - at.getTime()
  const pauseMs = Math.max(MARKET_CYCLE_EVERY_MS, tookMs * PAUSE_PER_CYCLE)
  return { kind: 'wait', untilMs: at.getTime() + pauseMs }
}
