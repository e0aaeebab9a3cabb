/** The work that this installation did not submit, from the jobs that Slurm has. Pure. */
import type { ForeignWork } from '#platform/engines/engine.ts'
import type { SlurmJob } from './slurm-answer.ts'
import type { Snapshot } from './snapshot.ts'

export interface ForeignQuestion {
  readonly snapshot: Snapshot
  /** Whether a job is an attempt of this installation. */
  readonly isOurs: (job: SlurmJob) => boolean
  /** The nodes of the pool. */
  readonly nodes: ReadonlySet<string>
  readonly partition: string
  /** When the last attempt of ours was gone from a node. */
  readonly vacatedMs: (node: string) => number
}

const STATES: Readonly<Record<string, ForeignWork['state']>> = {
  PENDING: 'pending',
  REQUEUED: 'pending',
  REQUEUE_HOLD: 'pending',
  CONFIGURING: 'running',
  RUNNING: 'running',
  SUSPENDED: 'running',
  STOPPED: 'running',
  SIGNALING: 'running',
  RESIZING: 'running',
  STAGE_OUT: 'ending',
  COMPLETING: 'ending',
}

const OVER = [
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
  'BOOT_FAIL',
  'DEADLINE',
  'OUT_OF_MEMORY',
  'REVOKED',
]

/** Throws at a job whose state means nothing here: to leave it out would free its GPUs. */
export function foreignWorkOf(question: ForeignQuestion): readonly ForeignWork[] {
  return question.snapshot.jobs.flatMap((job) => {
    if (question.isOurs(job) || job.gpus === 0 || OVER.includes(job.state)) return []
    const state = STATES[job.state]
    if (state === undefined)
      throw new Error(`Slurm says ${job.state} of job ${job.id}, which means nothing here`)
    const placements = job.placements.filter(({ node }) => question.nodes.has(node))
    const isHere = state === 'pending' ? isFor(question, job) : placements.length > 0
    return isHere ? [{ ...workOf(question, job, state), placements }] : []
  })
}

/** A job may wait for any of several partitions. */
function isFor({ partition }: ForeignQuestion, job: SlurmJob): boolean {
  return job.partition.split(',').includes(partition) || job.partition === ''
}

function workOf(
  { snapshot, vacatedMs }: ForeignQuestion,
  job: SlurmJob,
  state: ForeignWork['state'],
): ForeignWork {
  const isPending = state === 'pending'
  const limit = job.timeLimitMinutes
  return {
    runId: `${job.id}.${job.restarts}`,
    name: job.name,
    user: job.user,
    account: job.account,
    state,
    gpus: job.gpus,
    nodes: job.nodes,
    placements: isPending ? [] : job.placements,
    startedMs: isPending ? null : startOf({ snapshot, vacatedMs }, job),
    timeLimitMs: limit === null || limit <= 0 ? null : limit * 60_000,
    waitingFor: isPending && job.reason !== '' && job.reason !== 'None' ? job.reason : null,
  }
}

/** Slurm tells whole seconds; it does not start on a GPU before ours is gone from it. */
function startOf(
  { snapshot, vacatedMs }: Pick<ForeignQuestion, 'snapshot' | 'vacatedMs'>,
  job: SlurmJob,
): number {
  const toldMs = job.startSeconds === null ? snapshot.fromMs : snapshot.atSeconds(job.startSeconds)
  const vacated = job.placements.map(({ node }) => vacatedMs(node))
  const isNear = (instantMs: number) => instantMs - toldMs < 2000
  return Math.max(Math.min(toldMs, snapshot.untilMs), ...vacated.filter(isNear))
}
