/** The owner's synthetic demand: a day that rises and falls, in jobs of many sizes, the same for the same seed. Pure. */
import { Chance } from './chance.ts'
import type { AnchorDemand, ClusterLayout, ForeignJob } from './event.ts'

const DAY_MS = 86_400_000
const SUBJECT = 1
/** Demand that comes all at once is submitted over several looks. */
const JOBS_AT_ONCE_MAX = 64
const NAMES = ['pretraining', 'post-training', 'evals', 'data', 'serving', 'sweep'] as const
const PEOPLE = ['ada', 'grace', 'edsger', 'barbara'] as const

/** The share of all slots that the owner wants at an instant. */
export function shareWanted(anchor: AnchorDemand, atMs: number): number {
  const { lowShare, peakShare, peakHourUtc } = anchor
  const fromPeak = (atMs - peakHourUtc * 3_600_000) / DAY_MS
  const height = (1 + Math.cos(2 * Math.PI * fromPeak)) / 2
  return lowShare + (peakShare - lowShare) * height
}

function drawJob(
  chance: Chance,
  layout: ClusterLayout,
  anchor: AnchorDemand,
): Omit<ForeignJob, 'runId'> {
  const { slotsPerNode } = layout
  const isGang = anchor.jobNodesMax > 1 && chance.next() < 0.5
  const nodes = isGang ? 2 + chance.below(anchor.jobNodesMax - 1) : 1
  const gpusPerNode = isGang ? slotsPerNode : 1 + chance.below(slotsPerNode)
  const durationMs = Math.max(60_000, chance.lasting(anchor.jobMinutes * 60_000))
  return {
    name: NAMES[chance.below(NAMES.length)] ?? NAMES[0],
    user: PEOPLE[chance.below(PEOPLE.length)] ?? PEOPLE[0],
    account: 'research',
    nodes,
    gpusPerNode,
    durationMs,
    timeLimitMs: Math.ceil(durationMs / 3_600_000) * 3_600_000,
  }
}

/** The jobs that the owner's people submit at a look, when they have so many GPUs or wait for them. */
export function jobsWanted(
  layout: ClusterLayout,
  atMs: number,
  gpusHad: number,
): readonly ForeignJob[] {
  const { anchor, seed, nodes, slotsPerNode } = layout
  if (anchor === null) return []
  const chance = new Chance(seed, SUBJECT, atMs)
  const wanted = shareWanted(anchor, atMs) * nodes * slotsPerNode
  const jobs: ForeignJob[] = []
  for (let gpus = gpusHad; jobs.length < JOBS_AT_ONCE_MAX;) {
    const job = {
      runId: `${Math.floor(atMs / 1000)}-${jobs.length}`,
      ...drawJob(chance, layout, anchor),
    }
    gpus += job.nodes * job.gpusPerNode
    if (gpus > wanted) return jobs
    jobs.push(job)
  }
  return jobs
}
