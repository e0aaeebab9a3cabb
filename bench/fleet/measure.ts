/** One fleet measured: reconcile, snapshot and plan, admit decisions at rest and while every lease lives. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  createLease,
  LEASE_PROGRAM,
  MARKET_PROGRAM,
  runCycle,
  stepLease,
  stopLease,
} from '../../packages/server/src/modules/lease/index.ts'
import { createReconciliation } from '../../packages/server/src/modules/upkeep/index.ts'
import { inTransaction } from '../../packages/server/src/platform/db/database.ts'
import { listen } from '../../packages/server/src/platform/db/listen.ts'
import { runStrands } from '../../packages/server/src/platform/jobs/strand.ts'
import { sql } from '../../packages/server/test/harness/raw-database.ts'
import { pino } from '../../packages/server/test/harness/raw-database.ts'
import { type Figure, figureOf } from '../run/result.ts'
import { type Customer, type Fleet, ids, now, POOL, REQUEST } from './stand.ts'

const TARGET_NODES = 1000

interface Order {
  readonly nodes: number
  readonly quick: boolean
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await act()
  return performance.now() - began
}

async function repeat(rounds: number, act: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = []
  for (let round = 0; round < rounds; round++) taken.push(await timed(act))
  return taken
}

async function ask({ deps, customers }: Fleet, turn: number, gpus: number): Promise<string> {
  const customer = customers[turn % customers.length] as Customer
  const request = { ...REQUEST, ...customer, kind: 'spot' as const, gpus }
  const { id } = await inTransaction(deps.database, (tx) =>
    createLease(tx, request, { now: now(), ids }),
  )
  return id
}

async function hasClaim({ database }: Fleet, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM claim WHERE lease_id = ${id}`.execute(database)
  return rows.length > 0
}

/** A controller as the server runs it: lease steps, the market's cycle, and the wakes in between. */
function runController({ deps, url, engine }: Fleet): { readonly stop: () => Promise<void> } {
  const runner = runStrands({
    ...{ database: deps.database, now, log: pino({ level: 'error' }, process.stderr) },
    concurrencyMax: 16,
    urgent: [MARKET_PROGRAM],
    programs: {
      [LEASE_PROGRAM]: (id) => stepLease(deps, id),
      [MARKET_PROGRAM]: () => runCycle(deps),
    },
  })
  const listening = listen(url, ['spillway_strand'], {
    notified: () => runner.poke(),
    connected: () => runner.poke(),
  })
  const unwatch = engine.watch({ attemptChanged: () => {}, fleetChanged: () => {} })
  return {
    stop: async () => {
      unwatch()
      await listening.close()
      await runner.stop()
    },
  }
}

/** With nothing else going on. What was placed is undone, so that there is room again. */
async function decisionsAtRest(fleet: Fleet, count: number): Promise<number[]> {
  const taken: number[] = []
  for (let turn = 0; turn < count; turn++) {
    let id = ''
    const act = async () => {
      id = await ask(fleet, turn, 1)
      await runCycle(fleet.deps)
    }
    taken.push(await timed(act))
    await sql`UPDATE claim SET ends_at = starts_at WHERE lease_id = ${id}`.execute(fleet.database)
    await sql`UPDATE lease SET state = 'ended', ended_at = now() WHERE id = ${id}`.execute(
      fleet.database,
    )
    await sql`DELETE FROM strand WHERE subject = ${id}`.execute(fleet.database)
  }
  return taken
}

/** From the call that asks to the commit of the claim, with everything else going on. */
async function decisionsUnderLife(fleet: Fleet, count: number): Promise<number[]> {
  const controller = runController(fleet)
  await pause(5000)
  const taken: number[] = []
  try {
    for (let turn = 0; turn < count; turn++) {
      const began = performance.now()
      const id = await ask(fleet, turn, 1)
      while (!(await hasClaim(fleet, id))) await pause(1)
      taken.push(performance.now() - began)
      await inTransaction(fleet.database, (tx) =>
        stopLease(tx, { id, organizationId: null, now: now() }),
      )
      await pause(20)
    }
  } finally {
    await controller.stop()
  }
  return taken
}

export async function measureFleet(fleet: Fleet, { nodes, quick }: Order): Promise<Figure[]> {
  const rounds = quick ? 3 : 7
  const isTarget = nodes === TARGET_NODES
  const decisions = quick || !isTarget ? 40 : 100
  const named = (name: string) => ({ name: `${nodes} nodes: ${name}`, unit: 'ms' })
  const target = (value: number) =>
    isTarget ? { target: { kind: 'at_most' as const, value } } : {}
  const list = await repeat(rounds, () => fleet.engine.list())
  const inventory = await repeat(rounds, () => fleet.engine.inventory())
  const reconcile = createReconciliation(fleet.deps)
  const reconciled = await repeat(rounds, () => reconcile(POOL))
  process.stderr.write(
    `${nodes} nodes: reconciled ${fleet.leases} leases in ${reconciled[0]?.toFixed(0)} ms\n`,
  )
  // One that never fits keeps the plan at work: its whole cost shows, and nothing is written.
  await ask(fleet, 0, 16)
  await runCycle(fleet.deps)
  const cycles = await repeat(rounds * 3, () => runCycle(fleet.deps))
  await sql`UPDATE lease SET state = 'ended', ended_at = now() WHERE state = 'pending'`.execute(
    fleet.database,
  )
  const atRest = await decisionsAtRest(fleet, decisions)
  process.stderr.write(
    `${nodes} nodes: decided in ${percentile(atRest, 0.5).toFixed(0)} ms at rest\n`,
  )
  // A larger fleet takes minutes to come to rest after its start, which is another benchmark.
  const alive = nodes > TARGET_NODES ? null : await decisionsUnderLife(fleet, decisions)
  const aliveFigures = (taken: readonly number[]): Figure[] => [
    { ...named('admit decision, all leases alive, p50'), value: percentile(taken, 0.5) },
    {
      ...named('admit decision, all leases alive, p99'),
      value: percentile(taken, 0.99),
      ...target(50),
    },
  ]
  return [
    figureOf({ ...named('engine lists every attempt') }, list),
    figureOf({ ...named('engine lists every node') }, inventory),
    figureOf({ ...named('reconcile'), ...target(1000) }, reconciled),
    figureOf({ ...named('snapshot and plan') }, cycles),
    { ...named('admit decision at rest, p50'), value: percentile(atRest, 0.5) },
    { ...named('admit decision at rest, p99'), value: percentile(atRest, 0.99) },
    ...(alive === null ? [] : aliveFigures(alive)),
  ]
}
