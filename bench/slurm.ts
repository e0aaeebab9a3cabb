/**
 * On a real Slurm of 8 nodes with 8 GPUs each: how soon work that the owner's people submit by sbatch is in the book, and
 * how soon it runs when all is sold to leases that obey no signal. Nothing is asked of Spillway by either.
 */
import { loadavg } from 'node:os'
import { hasSlurm } from '../packages/server/test/slurm-lab/programs.ts'
import { type BenchOptions, type BenchResult, type Figure, figureOf } from './run/result.ts'
import {
  GPUS_PER_NODE,
  GRACE_SECONDS,
  KILL_WAIT_SECONDS,
  NODES,
  openSlurmStand,
  type SlurmStand,
  until,
} from './slurm/stand.ts'

const SCHEDULING_MS = 5000
const ADOPTION_MS = 2000
/** Jobs of the owner that wait, each submitted by itself. */
const QUEUE_JOBS = 2000
const TARGET_START_MS = (GRACE_SECONDS + KILL_WAIT_SECONDS) * 1000 + SCHEDULING_MS

/** From the job's first instant to the instant at which the API tells of its claim. */
async function adoptOnce(stand: SlurmStand): Promise<number> {
  const known = new Set((await stand.listAnchors()).map(({ id }) => id))
  const { job } = await stand.sbatch(['--gpus-per-node=2', '--nodes=2'])
  const seenMs = await until('the book has it', async () => {
    const found = (await stand.listAnchors()).find(
      ({ id, placements }) => !known.has(id) && placements.length > 0,
    )
    return found ? Date.now() : null
  })
  const startedMs = await stand.firstInstant(job)
  await stand.cancel(job)
  await until('the book has let it go', async () => {
    const open = await stand.listAnchors()
    return open.every(({ id }) => known.has(id)) ? true : null
  })
  return Math.max(0, seenMs - startedMs)
}

/** From sbatch to the first instant of the owner's process, on a cluster that is sold out. */
async function takeBackOnce(stand: SlurmStand): Promise<number> {
  const leases = await Promise.all(Array.from({ length: NODES }, () => stand.sellNode()))
  const { job, submittedMs } = await stand.sbatch([`--gpus-per-node=${GPUS_PER_NODE}`])
  const startedMs = await stand.firstInstant(job)
  await stand.cancel(job)
  for (const { id } of leases)
    await stand.buyer.stopLease({ params: { id } }).catch(() => undefined)
  await until('all has ended', async () => {
    const { items } = await stand.operator.listLeases({ query: { limit: 1000 } })
    return items.every(({ state }) => state === 'ended') ? true : null
  })
  return startedMs - submittedMs
}

async function repeat(
  what: string,
  rounds: number,
  once: () => Promise<number>,
): Promise<readonly number[]> {
  const values: number[] = []
  for (let index = 0; index < rounds; index++) {
    values.push(await once())
    process.stderr.write(`${what}: ${index + 1}/${rounds}, ${values.at(-1)} ms\n`)
  }
  return values
}

function figuresOf(name: string, values: readonly number[], targetMs: number): readonly Figure[] {
  const target = { kind: 'at_most', value: targetMs } as const
  return [
    figureOf({ name: `${name}, p50`, unit: 'ms' }, values),
    { name: `${name}, max`, unit: 'ms', value: Math.max(...values), target },
  ]
}

/** The benchmark. */
export default async function slurm({ quick }: BenchOptions): Promise<BenchResult> {
  const title = 'Slurm: the owner\u2019s people submit as always'
  if (!hasSlurm()) return { title, figures: [], notes: ['Slurm is not installed here: not run.'] }
  const load = loadavg()[0] ?? 0
  const stand = await openSlurmStand()
  try {
    const adoptions = quick ? 3 : 20
    const adopted = await repeat('adoption', adoptions, () => adoptOnce(stand))
    const taken = await repeat('start', quick ? 2 : 10, () => takeBackOnce(stand))
    // Last: nothing is sold loosely for a while after the owner asked for so much.
    await stand.fillQueue(QUEUE_JOBS)
    const crowded = await repeat('adoption at a long queue', adoptions, () => adoptOnce(stand))
    return {
      title,
      figures: [
        ...figuresOf('a foreign job is in the book after its start', adopted, ADOPTION_MS),
        ...figuresOf(
          `a foreign job is in the book after its start, with ${QUEUE_JOBS} others in the queue`,
          crowded,
          ADOPTION_MS,
        ),
        ...figuresOf(
          'the owner\u2019s job runs after sbatch, on a sold-out cluster',
          taken,
          TARGET_START_MS,
        ),
      ],
      notes: [
        `${NODES} nodes with ${GPUS_PER_NODE} GPUs; GraceTime ${GRACE_SECONDS} s, KillWait ${KILL_WAIT_SECONDS} s; all nodes and daemons on this machine.`,
        `The target of the start is notice + kill wait + ${SCHEDULING_MS / 1000} s; every lease ignores SIGTERM.`,
        `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
      ],
    }
  } finally {
    await stand.close()
  }
}
