/** A simulated cluster as the engine contract shows it, with instants by the counter of this boot. Pure. */
import { present } from '#kernel/assert.ts'
import { counted } from '#kernel/counted.ts'
import type {
  EngineUsage,
  ForeignReport,
  ForeignWork,
  NodeInventory,
  Observation,
} from '#platform/engines/engine.ts'
import type { SimulatedAttempt } from './attempt.ts'
import { type Booted, toMonotonicMs } from './cluster-clock.ts'
import type { Cluster } from './cluster.ts'
import type { SimulatedJob } from './job.ts'

export function observeAttempt(cluster: Cluster, boot: Booted, attemptId: string): Observation {
  const attempt = cluster.attempts.get(attemptId)
  if (cluster.outage !== null)
    return { state: 'unknown', text: `the simulated engine does not answer: ${cluster.outage}` }
  if (attempt === undefined || attempt.isForgotten) return { state: 'absent' }
  if (attempt.phase === 'queued') return { state: 'starting', bootId: boot.bootId }
  if (attempt.isUnseen || (attempt.hasSlots && !cluster.floor.isReached(attempt.placements)))
    return { state: 'unknown', text: 'a node that it has does not answer' }
  if (attempt.phase === 'booting') return { state: 'starting', bootId: boot.bootId }
  return attempt.phase === 'running' ? runningOf(cluster, boot, attempt) : goneOf(boot, attempt)
}

function runningOf(cluster: Cluster, boot: Booted, attempt: SimulatedAttempt): Observation {
  const startedMs = toMonotonicMs(boot, attempt.startedMs ?? cluster.nowMs)
  const confirmedMs = toMonotonicMs(boot, cluster.nowMs)
  const running = { state: 'running', bootId: boot.bootId, startedMs, confirmedMs } as const
  if (attempt.preemption === null) return running
  const { decidedMs, stopMs, text } = attempt.preemption
  const preemption = {
    decidedMs: toMonotonicMs(boot, decidedMs),
    stopMs: toMonotonicMs(boot, stopMs),
    text,
  }
  return { ...running, preemption }
}

function goneOf(boot: Booted, attempt: SimulatedAttempt): Observation {
  const ended = present(attempt.ended, `the end of ${attempt.id}`)
  return {
    state: 'gone',
    bootId: boot.bootId,
    startedMs: attempt.startedMs === null ? null : toMonotonicMs(boot, attempt.startedMs),
    goneMs: toMonotonicMs(boot, ended.atMs),
    exitCode: ended.exit.exitCode,
    exitSignal: ended.exit.exitSignal,
    how: ended.how,
    text: attempt.endText,
  }
}

/** Customers may lease there, as on the cluster that it stands for. */
const NOTHING_RUNS = {
  kind: 'accounts',
  text: 'nothing real runs here, so there is nothing to keep apart',
} as const

export function listInventory(cluster: Cluster): readonly NodeInventory[] {
  const { hardware, nodes, slotsPerNode } = present(cluster.layout, 'a layout')
  const finding = `simulated: a planned fleet of ${counted(nodes, 'node')} with ${counted(slotsPerNode, 'slot')} each; nothing runs there`
  return [...cluster.floor.nodes.values()].map((node) => ({
    node: node.name,
    acceleratorKind: 'gpu',
    slotCountMax: node.owners.length,
    hardware: `simulated ${hardware}`,
    finding,
    rack: node.rack,
    fabric: node.fabric,
    health: node.health,
    isolation: NOTHING_RUNS,
    faults: [...node.faults].map(([slot, reason]) => ({
      slot,
      reason,
      isLost: /off the bus/.test(reason),
    })),
  }))
}

export function listForeign(cluster: Cluster, boot: Booted): ForeignReport {
  return {
    bootId: boot.bootId,
    confirmedMs: toMonotonicMs(boot, cluster.nowMs),
    work: [...cluster.jobs.values()].map((job) => foreignWorkOf(boot, job)),
  }
}

function foreignWorkOf(boot: Booted, job: SimulatedJob): ForeignWork {
  const { runId, name, user, account, nodes, timeLimitMs } = job.spec
  return {
    runId,
    name,
    user,
    account,
    state: job.state === 'gone' ? 'ending' : job.state,
    gpus: job.gpus,
    nodes,
    placements: job.state === 'pending' ? [] : job.placements,
    startedMs: job.startedMs === null ? null : toMonotonicMs(boot, job.startedMs),
    timeLimitMs,
    waitingFor: job.waitingFor,
  }
}

export function listUsage(cluster: Cluster, boot: Booted, sinceMs: number): readonly EngineUsage[] {
  const usage: EngineUsage[] = []
  for (const attempt of cluster.attempts.values()) {
    if (attempt.startedMs === null) continue
    const ended = attempt.isUnseen ? null : attempt.ended
    const endedMs = ended === null ? null : toMonotonicMs(boot, ended.atMs)
    if (endedMs !== null && endedMs < sinceMs) continue
    const startedMs = toMonotonicMs(boot, attempt.startedMs)
    const { id: attemptId, slotCount: gpus } = attempt
    usage.push({ attemptId, bootId: boot.bootId, gpus, startedMs, endedMs })
  }
  return usage
}
