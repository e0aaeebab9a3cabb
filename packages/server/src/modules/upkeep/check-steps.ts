/**
 * Active checks as durable steps, a strand a pool: one free node at a time runs the pool's command on all of its slots,
 * which are claimed for maintenance meanwhile. A lease is never disturbed; a node that fails is quarantined.
 */
import { type IdSource, newId } from '#kernel/ids.ts'
import { closeClaimsById, listOpenClaims, openHolds } from '#modules/book/index.ts'
import {
  enterCheckFaults,
  findPool,
  listNodes,
  type Node,
  quarantineNode,
  tellNode,
} from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { wakeMarket } from '#modules/lease/index.ts'
import { type Database, inTransaction, isConstraintViolation } from '#platform/db/database.ts'
import type { Engine, Engines } from '#platform/engines/engine.ts'
import { type StepOutcome, wakeStrand } from '#platform/jobs/strand.ts'
import { CHECK_LOOK_EVERY_MS } from '../../limits.ts'
import { readDcgmOutput } from './check-output-service.ts'
import * as store from './check-store.ts'
import {
  checkReason,
  type CheckRule,
  nextDue,
  type Verdict,
  verdictOf,
  verdictOfDcgm,
} from './check.ts'
import type { DeclaredPools, InstantOf } from './engine-side-service.ts'
import { projectHoldsPatiently } from './holds-service.ts'

export const CHECK_PROGRAM = 'check'

export interface CheckDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
  readonly instantOf: InstantOf
  readonly ids: IdSource
  readonly declared: DeclaredPools
}

export async function wakeCheck(database: Database, pool: string, now: Date): Promise<void> {
  await wakeStrand(database, { program: CHECK_PROGRAM, subject: pool }, now)
}

/** For what still runs though the fleet file asks for no checks any more: it is ended, and says nothing. */
const NO_MORE_CHECKS: CheckRule = {
  check: ['true'],
  every: 0,
  timeout: 0,
  onFailure: 'report',
  reads: 'exit_code',
}

/** The engine's name for the one attempt of a check. */
export function attemptOfCheck(id: string): string {
  return `${id}-1`
}

/** Admitting the same check again does nothing, so a crash after it was written down is harmless. */
async function admit(
  { database }: CheckDeps,
  { engine, rule }: { readonly engine: Engine; readonly rule: CheckRule },
  { check, node }: { readonly check: store.HealthCheck; readonly node: Node },
): Promise<void> {
  const operator = (await listOrganizations(database)).find(({ kind }) => kind === 'operator')
  const pool = await findPool(database, check.pool)
  await engine.admit({
    ...{ attemptId: attemptOfCheck(check.id), leaseId: check.id, kind: 'flex', tenant: 'owner' },
    organizationId: operator?.id ?? '',
    placements: [
      { node: node.name, slots: Array.from({ length: check.slots }, (_, slot) => slot) },
    ],
    acceleratorKind: pool?.acceleratorKind ?? 'gpu',
    ...{ command: rule.check, environment: {}, workingDirectory: null, timeLimitMs: rule.timeout },
  })
}

/** Writes down what it came to, lets the slots go, and keeps a node that failed from being sold. */
async function finish(
  { database, now, ids }: CheckDeps,
  { check, rule, node }: { check: store.HealthCheck; rule: CheckRule; node: Node | undefined },
  { goneAt, verdict }: { readonly goneAt: Date; readonly verdict: Verdict },
): Promise<void> {
  await inTransaction(database, async (tx) => {
    if (!(await store.closeCheck(tx, check.id, { ...verdict, endedAt: goneAt }))) return
    const claims = (await listOpenClaims(tx)).filter(
      ({ reason }) => reason === checkReason(check.id),
    )
    await closeClaimsById(
      tx,
      claims.map(({ id }) => id),
      goneAt,
    )
    if (node) {
      const type = `node.check_${verdict.state}`
      await tellNode(tx, node, { at: goneAt, type, text: `Health check: ${verdict.text}.` })
      const reason = `health check: ${verdict.text}`
      if (verdict.state === 'failed' && rule.onFailure === 'quarantine') {
        if (verdict.faults) await enterCheckFaults(tx, node, { faults: verdict.faults, now: now() })
        else await quarantineNode(tx, { id: node.id, reason, actor: null, now: now() })
        await projectHoldsPatiently(tx, { now: now(), ids })
      }
    }
    await wakeMarket(tx, now())
  })
}

async function lookAt(
  deps: CheckDeps,
  { engine, rule }: { readonly engine: Engine; readonly rule: CheckRule },
  { check, node }: { readonly check: store.HealthCheck; readonly node: Node | undefined },
): Promise<void> {
  const attempt = attemptOfCheck(check.id)
  const seen = await engine.observe(attempt)
  const isOverdue = deps.now().getTime() - check.startedAt.getTime() > rule.timeout
  if (seen.state === 'absent')
    return lookAtAbsent(deps, { engine, rule }, { check, node, isOverdue })
  if (seen.state === 'running' && isOverdue) await engine.stop(attempt, 0)
  if (seen.state !== 'gone') return
  const byCode = verdictOf(seen, { isOverdue, timeoutMs: rule.timeout })
  const verdict =
    rule.reads === 'dcgm' && !(isOverdue && byCode.state === 'failed')
      ? verdictOfDcgm(seen, byCode, await readDcgmOutput(engine, attempt, check.slots))
      : byCode
  const { bootId, goneMs } = seen
  const goneAt = deps.instantOf(bootId, goneMs) ?? deps.now()
  await finish(deps, { check, rule, node }, { goneAt, verdict })
  await engine.forget(attempt)
}

/** It was written down and not admitted, or its record is lost: within its time it is admitted, later it is let go. */
async function lookAtAbsent(
  deps: CheckDeps,
  { engine, rule }: { readonly engine: Engine; readonly rule: CheckRule },
  {
    check,
    node,
    isOverdue,
  }: { check: store.HealthCheck; node: Node | undefined; isOverdue: boolean },
): Promise<void> {
  if (node && !isOverdue) return admit(deps, { engine, rule }, { check, node })
  if ((await engine.confirmGone(attemptOfCheck(check.id))) !== 'gone') return
  const verdict = { state: 'inconclusive', text: 'the engine has no record of it' } as const
  await finish(deps, { check, rule, node }, { goneAt: deps.now(), verdict })
}

/** Claims a node that is due, and writes the check down, before the engine hears of it. */
async function begin(
  { database, now, ids }: CheckDeps,
  pool: string,
  rule: CheckRule,
): Promise<{ readonly check: store.HealthCheck; readonly node: Node } | null> {
  return inTransaction(database, async (tx) => {
    const nodes = (await listNodes(tx)).filter((each) => each.pool === pool)
    const node = nextDue({
      nodes,
      claims: await listOpenClaims(tx),
      lastAt: await store.listLastChecks(
        tx,
        nodes.map(({ id }) => id),
      ),
      everyMs: rule.every,
      now: now(),
    })
    if (!node) return null
    const id = newId('healthCheck', ids)
    const check = { id, pool, nodeId: node.id, slots: node.slotCount, startedAt: now() }
    const slots = Array.from({ length: node.slotCount }, (_, slot) => slot)
    const hold = { nodeId: node.id, slots, kind: 'maintenance', reason: checkReason(id) } as const
    await openHolds(tx, [hold], { now: now(), ids })
    await store.insertCheck(tx, check)
    return { check, node }
  })
}

/** A step of the strand `check/<pool>`. */
export async function stepCheck(deps: CheckDeps, pool: string): Promise<StepOutcome> {
  const engine = deps.engines.find(pool)
  const running = await store.listRunningChecks(deps.database, pool)
  const wanted = deps.declared.get(pool)?.health ?? null
  if (!engine || (wanted === null && running.length === 0)) return { kind: 'done' }
  const rule = wanted ?? NO_MORE_CHECKS
  const nodes = await listNodes(deps.database)
  for (const check of running) {
    const node = nodes.find(({ id }) => id === check.nodeId)
    await lookAt(deps, { engine, rule }, { check, node })
  }
  if (running.length === 0 && wanted !== null) {
    const begun = await begin(deps, pool, rule).catch((error: unknown) => {
      // The market was quicker with the node: another is found at the next look.
      if (!isConstraintViolation(error, 'claim_no_double_sale')) throw error
      return null
    })
    if (begun) await admit(deps, { engine, rule }, begun)
  }
  return { kind: 'wait', untilMs: deps.now().getTime() + CHECK_LOOK_EVERY_MS }
}
