/** One fleet measured: reconcile, snapshot and plan, admit decisions at rest and while every lease lives. */
import { runCycle } from '../../packages/server/src/modules/lease/index.ts'
import { createReconciliation } from '../../packages/server/src/modules/upkeep/index.ts'
import { sql } from '../../packages/server/test/harness/raw-database.ts'
import { type Figure, figureOf } from '../run/result.ts'
import { decideAmongLiving, type Life } from './life.ts'
import { ask, type Fleet, POOL } from './stand.ts'

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

function figuresOfLife(nodes: number, life: Life): Figure[] {
  const named = (name: string, unit: string) => ({ name: `${nodes} nodes: ${name}`, unit })
  const target = nodes === TARGET_NODES ? { target: { kind: 'at_most' as const, value: 50 } } : {}
  const all = 'admit decision, all leases alive'
  return [
    { ...named(`${all}, p50`, 'ms'), value: percentile(life.decisionsMs, 0.5) },
    { ...named(`${all}, p99`, 'ms'), value: percentile(life.decisionsMs, 0.99), ...target },
    { ...named('leases metered meanwhile', '/s'), value: life.meteredPerS },
    { ...named('every lease metered once after the start within', 's'), value: life.restedAfterS },
    { ...named('looks overdue by a second when it began', ''), value: life.overdue },
  ]
}

export async function measureFleet(fleet: Fleet, { nodes, quick }: Order): Promise<Figure[]> {
  const rounds = quick ? 3 : 7
  const isTarget = nodes === TARGET_NODES
  const decisions = quick ? 60 : 200
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
  const life = await decideAmongLiving(fleet, { count: decisions, rounds: quick ? 1 : 2 })
  return [
    figureOf({ ...named('engine lists every attempt') }, list),
    figureOf({ ...named('engine lists every node') }, inventory),
    figureOf({ ...named('reconcile'), ...target(1000) }, reconciled),
    figureOf({ ...named('snapshot and plan') }, cycles),
    { ...named('admit decision at rest, p50'), value: percentile(atRest, 0.5) },
    { ...named('admit decision at rest, p99'), value: percentile(atRest, 0.99), ...target(50) },
    ...figuresOfLife(nodes, life),
  ]
}
