/**
 * One comparison of a pool: ask the engine, enter its nodes, compare with the book, settle by rule, keep the cases. The
 * engine is asked before the book is read, so that whatever it has was in the book before.
 */
import type { CaseKind } from '@spillway/contract'
import { attemptId, leaseOfAttempt } from '#kernel/attempt.ts'
import type { IdSource } from '#kernel/ids.ts'
import {
  closeClaimsById,
  listLeasedNodeIds,
  listOpenClaims,
  openClaims,
} from '#modules/book/index.ts'
import {
  applyInventory,
  listNodes,
  listUntoldNodes,
  noteUnreachable,
  savePoolFinding,
  setDrainTold,
  surveyPool,
} from '#modules/fleet/index.ts'
import {
  findLeases,
  type Lease,
  listOpenLeases,
  lockLease,
  tellFaults,
  wakeLease,
  wakeMarket,
} from '#modules/lease/index.ts'
import {
  type Database,
  type Db,
  inTransaction,
  isConstraintViolation,
} from '#platform/db/database.ts'
import type { Engine, Engines } from '#platform/engines/engine.ts'
import { EngineSilent } from '#platform/engines/guarded-engine.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { CASE_RULES, caseKey, type FoundCase, partSettling } from './cases.ts'
import { attemptOfCheck } from './check-steps.ts'
import { listRunningChecks } from './check-store.ts'
import { type BookSide, compare, isHolding, slotKeys } from './compare.ts'
import {
  askEngine,
  type AskedEngine,
  type DeclaredPools,
  type InstantOf,
} from './engine-side-service.ts'
import { projectHolds } from './holds-service.ts'
import * as store from './store.ts'

export interface ReconcileDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
  readonly instantOf: InstantOf
  readonly ids: IdSource
  readonly declared: DeclaredPools
  /** Something needs a look, and does not keep the comparison from going on. */
  readonly onTrouble: (pool: string, error: unknown) => void
}

export interface Compared {
  readonly outcome: 'compared' | 'engine_unreachable'
  /** Keys of everything that differs, to be given to the next comparison. */
  readonly seen: ReadonlySet<string>
  readonly isSettling: boolean
}

const NEVER_COMPARED: readonly CaseKind[] = ['engine_unreachable']
const ALL_KINDS = Object.keys(CASE_RULES) as CaseKind[]

async function readBook(
  db: Db,
  pool: string,
  attempts: AskedEngine['attempts'],
): Promise<BookSide> {
  const nodes = await listNodes(db, pool)
  const nodeIds = new Set(nodes.map((node) => node.id))
  const claims = (await listOpenClaims(db)).filter((claim) => nodeIds.has(claim.nodeId))
  const open = await listOpenLeases(db, pool)
  const leases = new Map(open.map((lease) => [lease.id, lease]))
  const spokenOf = [
    ...[...attempts.keys()].map(leaseOfAttempt),
    ...claims.flatMap((claim) => claim.leaseId ?? []),
  ]
  const missing = [...new Set(spokenOf)].filter((id) => !leases.has(id))
  for (const lease of await findLeases(db, missing)) leases.set(lease.id, lease)
  const checks = await listRunningChecks(db, pool)
  const ownAttempts = new Set(checks.map(({ id }) => attemptOfCheck(id)))
  return { pool, nodes, claims, leases, ownAttempts }
}

/**
 * Tells the engine which nodes the operator, or a check, keeps work off, and which not any more. One node that it refuses,
 * such as one that it does not have, says nothing of the others.
 */
async function tellDrains(
  { database, onTrouble }: ReconcileDeps,
  pool: string,
  engine: Engine,
): Promise<void> {
  for (const node of await listUntoldNodes(database, pool)) {
    const reason = node.quarantineReason ?? node.drainReason
    try {
      if (reason === null) await engine.resume(node.name)
      else await engine.drain(node.name, reason)
    } catch (error) {
      if (error instanceof EngineSilent) throw error
      onTrouble(pool, error)
      continue
    }
    await setDrainTold(database, node.id, reason !== null)
  }
}

/** The market may have placed something on a node while it was being retired: then all of it is looked at again. */
async function refuseRetiredUnderClaim(tx: Db, claimedBefore: ReadonlySet<string>): Promise<void> {
  const late = (await listLeasedNodeIds(tx)).difference(claimedBefore)
  if (late.size === 0) return
  for (const node of await listNodes(tx)) late.delete(node.id)
  const [first] = late
  if (first !== undefined) throw new Error(`${first} was claimed while it was retired`)
}

/** Enters nodes, their health and their faults, and holds the slots that must not be sold. */
async function enterInventory(
  { database, declared, now, ids }: ReconcileDeps,
  pool: string,
  { inventory, askedAt }: AskedEngine,
): Promise<void> {
  const file = declared.get(pool)
  if (!file) return
  const settled = surveyPool(file, inventory)
  await inTransaction(database, async (tx) => {
    const context = { now: now(), ids }
    if (settled.pool) await savePoolFinding(tx, settled.pool)
    const claimedNodeIds = await listLeasedNodeIds(tx)
    const wanted = settled.nodes ?? []
    const report = { pool, found: inventory, wanted, claimedNodeIds, readAt: askedAt }
    const outcome = await applyInventory(tx, { ...report, missing: 'down' }, context)
    if (outcome.hasChanged) await refuseRetiredUnderClaim(tx, claimedNodeIds)
    const broken = [...outcome.appeared, ...outcome.worsened]
    await tellFaults(tx, broken, context.now)
    const haveHoldsChanged = await projectHolds(tx, context)
    if (outcome.hasChanged || haveHoldsChanged) await wakeMarket(tx, context.now)
  })
}

/** Stops what nobody pays for. False when a second look finds it gone. */
async function stopAttempt(engine: Engine, found: FoundCase): Promise<boolean> {
  const again = await engine.observe(found.subject)
  if (again.state === 'gone' || again.state === 'absent') return false
  await engine.stop(found.subject, 0)
  return true
}

/** Slots that an ended lease still claims are let go when its engine confirms that nothing of it is left. */
async function closeOrphan(deps: ReconcileDeps, engine: Engine, found: FoundCase): Promise<void> {
  const { database, now } = deps
  const [lease] = await findLeases(database, [found.subject])
  if (!lease || isHolding(lease)) return
  if ((await engine.confirmGone(attemptId(lease))) !== 'gone') return
  await inTransaction(database, async (tx) => {
    const locked = await lockLease(tx, lease.id)
    if (!locked || isHolding(locked) || locked.attempt !== lease.attempt) return
    await closeClaimsById(tx, found.data['claimIds'] as string[], now())
    await wakeMarket(tx, now())
  })
}

/** Claims again what a lease has without a claim. Refused where somebody else has it: then the case stays open. */
async function claimAgain(deps: ReconcileDeps, found: FoundCase): Promise<void> {
  const { database, now, ids } = deps
  const claiming = inTransaction(database, async (tx) => {
    const lease = await lockLease(tx, found.subject)
    if (!lease || !isHolding(lease)) return
    const own = (await listOpenClaims(tx)).filter((claim) => claim.leaseId === lease.id)
    const claimed = slotKeys(own)
    const missing = lease.placements
      .map(({ nodeId, slots }) => ({
        nodeId,
        slots: slots.filter((slot) => !claimed.has(`${nodeId}/${slot}`)),
      }))
      .filter(({ slots }) => slots.length > 0)
    const { kind, id: leaseId, organizationId } = lease
    if (missing.length > 0)
      await openClaims(tx, missing, { kind, leaseId, organizationId, now: now(), ids })
  })
  await claiming.catch((error: unknown) => {
    // Somebody else has the slots: the operator sees the case, and nothing is guessed.
    if (!isConstraintViolation(error, 'claim_no_double_sale')) throw error
  })
}

/** Does what the rule of a case says. False when a second look finds that it is none. */
async function settle(deps: ReconcileDeps, engine: Engine, found: FoundCase): Promise<boolean> {
  switch (found.kind) {
    case 'stray_attempt':
    case 'ended_lease_runs':
    case 'old_attempt_runs':
      return stopAttempt(engine, found)
    case 'gone_not_closed':
      await wakeLease(deps.database, found.subject, deps.now())
      return true
    case 'claim_without_lease':
      await closeOrphan(deps, engine, found)
      return true
    case 'lease_without_claim':
      await claimAgain(deps, found)
      return true
    default:
      return true
  }
}

/** Settles what can be settled. What fails stays a case, and is tried again with the next comparison. */
async function settleAll(
  deps: ReconcileDeps,
  { pool, engine }: { readonly pool: string; readonly engine: Engine },
  found: readonly FoundCase[],
): Promise<readonly FoundCase[]> {
  const standing: FoundCase[] = []
  for (const each of found) {
    const isStanding = await settle(deps, engine, each).catch((error: unknown) => {
      deps.onTrouble(pool, error)
      return true
    })
    if (isStanding) standing.push(each)
  }
  return standing
}

/** Writes the run, opens what is new and closes what was not found any more, each with its event. */
async function keep(
  { database, now, ids }: ReconcileDeps,
  run: Omit<store.Run, 'durationMs'>,
  { cases, kinds }: { readonly cases: readonly FoundCase[]; readonly kinds: readonly CaseKind[] },
): Promise<void> {
  const { pool } = run
  const unique = [...new Map(cases.map((each) => [caseKey(each), each])).values()]
  await inTransaction(database, async (tx) => {
    const at = now()
    const durationMs = at.getTime() - run.startedAt.getTime()
    await store.saveRun(tx, { ...run, durationMs })
    const opened = await store.openCases(tx, unique, { pool, now: at, ids })
    const closed = await store.closeCasesUnseen(tx, kinds, { pool, now: at })
    const tell = (type: string, { kind, subject, text }: FoundCase) =>
      emitEvent(tx, { at, type, organizationId: null, subject, data: { pool, kind, text } })
    for (const each of opened) await tell('reconciliation.case_opened', each)
    for (const each of closed) await tell('reconciliation.case_closed', each)
  })
}

async function keepUnreachable(
  deps: ReconcileDeps,
  { pool, engine, startedAt }: { pool: string; engine: Engine; startedAt: Date },
  error: unknown,
): Promise<void> {
  const text = error instanceof Error ? error.message : String(error)
  await noteUnreachable(deps.database, pool, startedAt)
  const found: FoundCase = { kind: 'engine_unreachable', subject: pool, text, data: {} }
  const run = { pool, engine: engine.name, startedAt, text, counts: {} }
  // Nothing was compared, so nothing is known to be settled.
  await keep(
    deps,
    { ...run, outcome: 'engine_unreachable' },
    { cases: [found], kinds: NEVER_COMPARED },
  )
}

/**
 * A pool that the fleet file does not have any more has no engine that could tell what became of its leases: they keep
 * their slots, and people are told. False once there are none left.
 */
export async function reconcileUndeclared(deps: ReconcileDeps, pool: string): Promise<boolean> {
  const startedAt = deps.now()
  const open = (await listOpenLeases(deps.database)).filter((lease) => lease.pool === pool)
  const leases = open.filter(isHolding).length
  const has = leases === 1 ? 'one lease has' : `${leases} leases have`
  const text = `The fleet file does not have ${pool} any more, and ${has} slots there. Put it back, or see that its machines are off, then \`spillway lease confirm-gone --fenced\`.`
  const found: FoundCase = { kind: 'engine_unreachable', subject: pool, text, data: { leases } }
  const run = {
    pool,
    engine: 'none',
    startedAt,
    outcome: 'engine_unreachable',
    counts: {},
  } as const
  await keep(
    deps,
    { ...run, text: leases > 0 ? text : 'The fleet file does not have it any more.' },
    leases > 0 ? { cases: [found], kinds: NEVER_COMPARED } : { cases: [], kinds: ALL_KINDS },
  )
  return leases > 0
}

function countAll(book: BookSide, engine: AskedEngine): Record<string, number> {
  return {
    nodes: book.nodes.length,
    slots: book.nodes.reduce((sum, node) => sum + node.slotCount, 0),
    leases: [...book.leases.values()].filter((lease: Lease) => isHolding(lease)).length,
    claims: book.claims.length,
    attempts: engine.attempts.size,
    foreign: engine.foreign.work.length,
  }
}

/** Compares once. `before`: the keys that the last comparison of this pool returned. */
export async function reconcilePool(
  deps: ReconcileDeps,
  { pool, engine }: { readonly pool: string; readonly engine: Engine },
  before: ReadonlySet<string>,
): Promise<Compared> {
  const startedAt = deps.now()
  let asked: AskedEngine
  try {
    await tellDrains(deps, pool, engine)
    asked = await askEngine(engine, deps)
  } catch (error) {
    await keepUnreachable(deps, { pool, engine, startedAt }, error)
    return { outcome: 'engine_unreachable', seen: before, isSettling: true }
  }
  await enterInventory(deps, pool, asked)
  const book = await readBook(deps.database, pool, asked.attempts)
  const { cases, forgettable } = compare(book, asked)
  const { standing, settling } = partSettling(cases, before)
  const kept = await settleAll(deps, { pool, engine }, standing)
  for (const attempt of forgettable)
    await engine.forget(attempt).catch((error: unknown) => deps.onTrouble(pool, error))
  const run = { pool, engine: engine.name, startedAt, text: null, counts: countAll(book, asked) }
  await keep(deps, { ...run, outcome: 'compared' }, { cases: kept, kinds: ALL_KINDS })
  return { outcome: 'compared', seen: new Set(cases.map(caseKey)), isSettling: settling.length > 0 }
}
