/**
 * Sees to it that Slurm does what was ordered, however often the server restarts: what waits and was stopped is
 * cancelled, what outlives its grace is killed, what was requeued or submitted twice is removed.
 */
import { hasSign, readJson } from '#platform/engines/local/durable-file.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { Attempts } from './attempts.ts'
import type { AttemptRecord, JobPaths, StopOrder } from './job-folder.ts'
import type { SlurmJob } from './slurm-answer.ts'
import { pathsOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import type { Snapshot } from './snapshot.ts'
import type { Submission } from './submit.ts'

/** What an agent that works never needs beyond the deadline. */
const TARDINESS_MS = 10_000
const AGAIN_MS = 5000

export type Oversight = (snapshot: Snapshot) => Promise<void>

export function createOversight(cluster: SlurmCluster, attempts: Attempts): Oversight {
  const cancelledMs = new Map<number, number>()
  return async (snapshot) => {
    const nowMs = monotonicMs()
    const wanted: number[] = []
    for (const attemptId of await attempts.live()) {
      const paths = pathsOf(cluster, attemptId)
      const jobs = await attempts.jobsOf(snapshot, attemptId)
      for (const job of jobs) if (await mustEnd(cluster, paths, job)) wanted.push(job.id)
    }
    for (const [id, atMs] of cancelledMs) if (nowMs - atMs > AGAIN_MS) cancelledMs.delete(id)
    const due = wanted.filter((id) => !cancelledMs.has(id))
    if (due.length === 0) return
    for (const id of due) cancelledMs.set(id, nowMs)
    await cluster.slurm('scancel', ['--quiet', ...due.map(String)])
  }
}

const ENDING = [
  'COMPLETING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
]

async function mustEnd(cluster: SlurmCluster, paths: JobPaths, job: SlurmJob): Promise<boolean> {
  if (ENDING.includes(job.state)) return false
  const submission = await readJson<Submission>(paths.submission)
  // Until it is written down which job is the attempt's, none is a second one.
  if (submission !== null && submission.jobId !== job.id) return true
  const isWaiting = job.state === 'PENDING'
  if (isWaiting && (job.restarts > 0 || (await hasSign(paths.claim)))) return true
  const stop = await readJson<StopOrder>(paths.stopOrder)
  if (stop !== null && (isWaiting || isOverdue(cluster, stop))) return true
  if (isWaiting) return false
  const record = await readJson<AttemptRecord>(paths.record)
  return record !== null && job.nodes !== record.admission.placements.length
}

/** After a restart of this machine the deadline says nothing; whoever wanted the stop asks again. */
function isOverdue({ bootId }: SlurmCluster, stop: StopOrder): boolean {
  return stop.bootId === bootId && monotonicMs() > stop.deadlineMs + TARDINESS_MS
}
