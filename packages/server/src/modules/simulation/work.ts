/** A job while it is simulated: what is left of it, where it runs, how long it waited. */
import { gpusOf, type Job } from './job.ts'

/** GPUs of one node. */
export interface Place {
  readonly node: number
  readonly gpus: number
}

export interface Run {
  readonly startedS: number
  /** Seconds at its beginning in which nothing is done: the restart of what was evicted, or of what evicted. */
  readonly overheadS: number
  readonly endS: number
  readonly places: readonly Place[]
}

export class Work {
  readonly job: Job
  readonly gpus: number
  leftS: number
  /** What the next start costs, because the last run was evicted. */
  restartS = 0
  waitingSinceS: number
  queuedS = 0
  runs = 0
  evictions = 0
  run: Run | null = null
  finishedS: number | null = null

  constructor(job: Job) {
    this.job = job
    this.gpus = gpusOf(job)
    this.leftS = job.durationS
    this.waitingSinceS = Math.max(0, job.submitS)
  }
}

/** One entry for each node. */
export function mergePlaces(nodes: readonly number[], gpus: number): readonly Place[] {
  const byNode = new Map<number, number>()
  for (const node of nodes) byNode.set(node, (byNode.get(node) ?? 0) + gpus)
  return [...byNode].map(([node, count]) => ({ node, gpus: count }))
}
