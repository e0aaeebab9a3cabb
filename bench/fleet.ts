/**
 * The fleet at scale: one reconcile, the way from a lease asked for to its claim, and claims written in batches; over
 * fleets of 100, 1,000 and 10,000 simulated nodes, to show how the cost grows. Beside it what PostgreSQL does alone.
 */
import { loadavg } from 'node:os'
import { measureClaims } from './fleet/claims.ts'
import { measureFleet } from './fleet/measure.ts'
import { openFleet, openGround } from './fleet/stand.ts'
import type { BenchOptions, BenchResult, Figure } from './run/result.ts'

/** How a figure grows from one size to the next: 1 is linear. */
function growth(figures: readonly Figure[], name: string, sizes: readonly number[]): Figure[] {
  const valueAt = (nodes: number) =>
    figures.find((figure) => figure.name === `${nodes} nodes: ${name}`)?.value ?? Number.NaN
  return sizes.slice(1).map((nodes, index) => {
    const before = sizes[index] ?? nodes
    const value = Math.log(valueAt(nodes) / valueAt(before)) / Math.log(nodes / before)
    return { name: `growth of ${name}, ${before} to ${nodes} nodes (1 is linear)`, unit: '', value }
  })
}

const GROWING = [
  ...['reconcile', 'snapshot and plan', 'admit decision at rest, p50'],
  'admit decision, all leases alive, p50',
]

/** The benchmark. */
export default async function fleet({ quick }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? [100, 1000] : [100, 1000, 10_000]
  const load = loadavg()[0] ?? 0
  const ground = await openGround()
  try {
    // Claims come first: after a fleet of 10,000 nodes PostgreSQL has that to clean up as well.
    const claims = await measureClaims(ground, quick)
    const figures: Figure[] = []
    for (const nodes of sizes) {
      process.stderr.write(`${nodes} nodes: making the fleet\n`)
      const fleet = await openFleet(ground, nodes)
      figures.push(...(await measureFleet(fleet, { nodes, quick })))
      await fleet.close()
    }
    for (const name of GROWING) figures.push(...growth(figures, name, sizes))
    figures.push(...claims)
    return {
      title: 'Fleet: reconcile, decide, and write claims at scale',
      figures,
      notes: [
        'Eight GPUs a node, two live leases a node, 15 of 16 GPUs sold; PostgreSQL on the same machine, fsync on.',
        'An admit decision is counted from the call that asks for the lease to the commit of its claim. Each asks for one GPU on spot and finds it free.',
        'All leases alive: a controller meters them and keeps their holds. It is measured once every lease was metered twice after the start of the controller (once with --quick, which leaves fewer to be metered meanwhile) and no look is overdue, or each round has lasted five minutes; then an order every tenth of a second, each stopped as soon as it has its claim. At rest: nothing else runs.',
        `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
      ],
    }
  } finally {
    await ground.close()
  }
}
