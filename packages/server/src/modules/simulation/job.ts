/** What a simulation is run on: jobs as gangs of equal workers on whole GPUs, and the window that is measured. Pure. */
export type JobKind = 'anchor' | 'spot'

export interface Job {
  /** Its place in the workload, by time of submission. */
  readonly id: number
  readonly kind: JobKind
  /** Which of the workload's organizations. */
  readonly organization: number
  /** They start together or not at all, and may share nodes. */
  readonly workers: number
  /** Whole GPUs of each worker. */
  readonly gpus: number
  /** Seconds from the start of the window; negative: it ran already. */
  readonly submitS: number
  /** Work to do, in seconds of running; of a job that ran already, what is left of it. */
  readonly durationS: number
}

export interface Workload {
  /** By time of submission. */
  readonly jobs: readonly Job[]
  readonly organizations: readonly string[]
  /** Jobs are submitted and time is measured for so long; then what is there runs to its end. */
  readonly windowS: number
  /** The greatest anchor demand of each hour before the window, for each organization, oldest first. */
  readonly history: readonly (readonly number[])[]
  /** The hour of the week at which the window starts. */
  readonly hourOfWeek: number
}

export function gpusOf(job: Job): number {
  return job.workers * job.gpus
}

const HOUR_S = 3_600

export interface Spell {
  readonly fromS: number
  readonly windowS: number
  readonly historyHours: number
}

/** Each organization's demand by hour: the greatest number of GPUs that it wanted at once. */
export function hourlyDemand(
  jobs: readonly Job[],
  organizations: number,
  { fromS, hours }: { readonly fromS: number; readonly hours: number },
): number[][] {
  const changes = jobs
    .filter(({ kind }) => kind === 'anchor')
    .flatMap((job) => [
      { atS: job.submitS, organization: job.organization, gpus: gpusOf(job) },
      { atS: job.submitS + job.durationS, organization: job.organization, gpus: -gpusOf(job) },
    ])
    .toSorted((a, b) => a.atS - b.atS || a.gpus - b.gpus)
  const demand = Array.from({ length: organizations }, () => Array.from({ length: hours }, () => 0))
  const now = Array.from({ length: organizations }, () => 0)
  let next = 0
  const advance = (toS: number, see: (organization: number) => void) => {
    for (let change = changes[next]; change && change.atS < toS; change = changes[++next]) {
      now[change.organization] = (now[change.organization] ?? 0) + change.gpus
      see(change.organization)
    }
  }
  advance(fromS, () => undefined)
  for (let hour = 0; hour < hours; hour++) {
    const see = (each: number) => {
      const row = demand[each] ?? []
      row[hour] = Math.max(row[hour] ?? 0, now[each] ?? 0)
    }
    for (let each = 0; each < organizations; each++) see(each)
    advance(fromS + (hour + 1) * HOUR_S, see)
  }
  return demand
}

/** A stretch of a longer list of jobs as a workload: what runs at its start runs on, what was before is history. */
export function windowOf(
  all: readonly Job[],
  { organizations, spell }: { readonly organizations: readonly string[]; readonly spell: Spell },
): Workload {
  const { fromS, windowS, historyHours } = spell
  const jobs = all
    .filter((job) => job.submitS < fromS + windowS)
    .filter((job) => job.submitS >= fromS || job.submitS + job.durationS > fromS)
    .toSorted((a, b) => a.submitS - b.submitS || a.id - b.id)
    .map((job, id) => {
      const endS = job.submitS + job.durationS
      const durationS = job.submitS < fromS ? endS - fromS : job.durationS
      return { ...job, id, submitS: job.submitS - fromS, durationS }
    })
  const history = hourlyDemand(all, organizations.length, {
    fromS: fromS - historyHours * HOUR_S,
    hours: historyHours,
  })
  const hourOfWeek = ((Math.floor(fromS / HOUR_S) % 168) + 168) % 168
  return { jobs, organizations, windowS, history, hourOfWeek }
}
