/**
 * The crash storm over a fleet: leases of every tier come and go, the owner takes capacity back, and every moment one
 * part is killed with SIGKILL. Then the proof, from what the commands themselves wrote while they ran, against what was
 * booked and billed.
 */
import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { type Evidence, readEvidence } from '../packages/server/test/harness/evidence.ts'
import { hasSlurm } from '../packages/server/test/slurm-lab/programs.ts'
import type { BenchOptions, BenchResult, Figure } from './run/result.ts'
import type { Ground } from './storm/ground.ts'
import { Load } from './storm/load.ts'
import { localGround } from './storm/local-ground.ts'
import { type Collision, collisionsOf, proveBills, ranOnMs } from './storm/proof.ts'
import { rage } from './storm/rage.ts'
import { slurmGround } from './storm/slurm-ground.ts'
import { makeFolder, Stand } from './storm/stand.ts'
import { readWitnesses } from './storm/witness.ts'

type MakeGround = (folder: string) => Promise<Ground>

const LIFE_MS = [500, 8000] as const

function never(name: string, value: number, unit: string): Figure {
  return { name, unit, value, target: { kind: 'at_most', value: 0 } }
}

/** Pools whose slot-time by claims and free time does not sum to the wall time. */
async function countUnbalanced(stand: Stand): Promise<number> {
  const { pools } = await stand.clients().operator.getBooks()
  return pools.filter(({ byKindMs, freeMs, totalMs }) => {
    const claimed = Object.values(byKindMs).reduce((sum, ms) => sum + ms, 0)
    return claimed + freeMs !== totalMs
  }).length
}

/** Work of the owner's people has the name of their job, and no attempt of ours. */
function isOurs({ first, second }: Collision): boolean {
  return !first.attempt.startsWith('job-') || !second.attempt.startsWith('job-')
}

function collisionFigures(collisions: readonly Collision[]): readonly Figure[] {
  for (const { first, second, ms } of collisions)
    process.stderr.write(
      `${first.attempt} and ${second.attempt} on ${first.node}/${first.slot} for ${ms} ms: ${first.fromMs}-${first.toMs}, ${second.fromMs}-${second.toMs}\n`,
    )
  const ours = collisions.filter(isOurs).reduce((sum, { ms }) => sum + ms, 0)
  const others = collisions.filter((each) => !isOurs(each)).reduce((sum, { ms }) => sum + ms, 0)
  return [
    never('slots sold twice, as the commands saw it', ours, 'slot-ms'),
    { name: 'owner\u2019s jobs that their engine ran on one slot', unit: 'slot-ms', value: others },
  ]
}

function figuresOf(evidence: Evidence, stand: Stand, offsetMs: number): readonly Figure[] {
  const presences = readWitnesses(stand.witnesses).map((each) => ({
    ...each,
    fromMs: each.fromMs + offsetMs,
    toMs: each.toMs + offsetMs,
  }))
  const { lostMs, doubledMs, billedMs } = proveBills(evidence.attempts, evidence.stretches)
  return [
    ...collisionFigures(collisionsOf(presences)),
    never('claims that overlap in the book', evidence.overlappingClaims, ''),
    never('a command ran on after it was called gone', ranOnMs(presences, evidence.attempts), 'ms'),
    never('claims left open without a lease', evidence.leaked, ''),
    never('use that was not billed', lostMs, 'GPU-ms'),
    never('use billed twice or beyond the end', doubledMs, 'GPU-ms'),
    { name: 'use billed', unit: 'GPU-s', value: billedMs / 1000 },
    { name: 'attempts that ran', unit: '', value: evidence.attempts.length },
    { name: 'commands that bore witness', unit: '', value: presences.length },
  ]
}

async function storm(
  makeGround: MakeGround,
  kills: number,
): Promise<{ figures: readonly Figure[]; notes: readonly string[] }> {
  const folder = makeFolder()
  const ground = await makeGround(folder)
  const stand = new Stand(ground.environment, folder)
  try {
    await stand.start()
    const { gpusMax, inFlight } = ground
    const { witnesses } = stand
    const load = new Load(stand.clients, { witnesses, inFlight, lifeMs: LIFE_MS, gpusMax })
    const running = load.run()
    const victims = {
      server: () => stand.killServer(),
      gateway: () => stand.killGateway(),
      PostgreSQL: () => stand.killPostgres(),
      ...ground.victims,
    }
    const counts = await rage(victims, kills)
    await ground.quieten()
    load.end()
    await running
    const { operator } = stand.clients()
    const { clockOffsetMs } = await operator.getSystem()
    const { checks } = await operator.verifyLedger()
    const evidence = await readEvidence(stand.dataDir)
    const hit = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
    return {
      figures: [
        { name: 'kill -9', unit: '', value: kills },
        ...figuresOf(evidence, stand, clockOffsetMs),
        never('work left in the engine', await ground.countLeftovers(), ''),
        never('pools whose slot-time does not add up', await countUnbalanced(stand), ''),
        never('broken checks of the ledger', checks.filter(({ isHeld }) => !isHeld).length, ''),
      ].map((figure) => ({ ...figure, name: `${ground.name}: ${figure.name}` })),
      notes: [
        `On ${ground.name}: killed ${hit.join(', ')}; ${load.asked} leases asked for, ${load.anchors} of them the owner\u2019s.`,
      ],
    }
  } finally {
    await stand.close()
    await ground.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The benchmark. */
export default async function bench({ quick }: BenchOptions): Promise<BenchResult> {
  const load = loadavg()[0] ?? 0
  const grounds: readonly (readonly [MakeGround, number])[] = [
    [(folder) => Promise.resolve(localGround(folder)), quick ? 8 : 100],
    ...(hasSlurm() ? [[slurmGround, quick ? 10 : 200] as const] : []),
  ]
  const figures: Figure[] = []
  const notes: string[] = hasSlurm() ? [] : ['Slurm is not installed here: that part was not run.']
  for (const [makeGround, kills] of grounds) {
    const outcome = await storm(makeGround, kills)
    figures.push(...outcome.figures)
    notes.push(...outcome.notes)
  }
  return {
    title: 'The crash storm over a fleet',
    figures,
    notes: [
      ...notes,
      'Each command writes the time ten times a second to a file of its own; the book and the bills are held against that.',
      `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
    ],
  }
}
