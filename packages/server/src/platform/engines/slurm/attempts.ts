/**
 * The attempts in the folder, and what is known of each: gathers the evidence, has it judged, and writes down what must
 * stay as it was first told: the start and the end.
 */
import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Observation } from '#platform/engines/engine.ts'
import { createFile, hasSign, putSign, readJson } from '#platform/engines/local/durable-file.ts'
import { readBeat } from '#platform/engines/local/heartbeat.ts'
import { isAttemptId } from '#platform/engines/local/local-machine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { jobPaths } from './job-folder.ts'
import type { AttemptRecord, GoneObservation, JobEnd, JobPaths, StartRecord } from './job-folder.ts'
import { judge, untoldStartOf } from './judge.ts'
import type { Evidence } from './judge.ts'
import { createMemory } from './memory.ts'
import type { AttemptMemory } from './memory.ts'
import type { SlurmJob } from './slurm-answer.ts'
import { attemptOf, pathsOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import type { Snapshot } from './snapshot.ts'
import type { Submission } from './submit.ts'
import { readEndOf, readReport } from './user-file.ts'

export interface Attempts {
  /** `sinceMs`: nothing older may be told; what was seen just now where it is left out. */
  readonly observe: (attemptId: string, sinceMs?: number) => Promise<Observation>
  readonly list: () => Promise<ReadonlyMap<string, Observation>>
  /** The names of those that are neither gone nor forgotten. */
  readonly live: () => Promise<readonly string[]>
  /** When an attempt of ours was last gone from a node, of those that were observed. */
  readonly vacatedMs: (node: string) => number
  /** The jobs of an attempt, its own first. */
  readonly jobsOf: (snapshot: Snapshot, attemptId: string) => Promise<readonly SlurmJob[]>
}

export function createAttempts(cluster: SlurmCluster): Attempts {
  const observer = new Observer(cluster)
  return {
    observe: (attemptId, sinceMs) => observer.observe(attemptId, sinceMs),
    list: () => observer.list(),
    live: () => observer.live(),
    vacatedMs: (node) => observer.vacatedMs(node),
    jobsOf: (snapshot, attemptId) => observer.jobsOf(snapshot, attemptId),
  }
}

class Observer {
  readonly #cluster: SlurmCluster
  readonly #memory = createMemory()
  readonly #vacatedMs = new Map<string, number>()
  /** Jobs by attempt, for as long as the snapshot is the latest. */
  #index: { snapshot: Snapshot; jobs: ReadonlyMap<string, readonly SlurmJob[]> } | null = null

  constructor(cluster: SlurmCluster) {
    this.#cluster = cluster
  }

  async observe(attemptId: string, sinceMs?: number): Promise<Observation> {
    const paths = pathsOf(this.#cluster, attemptId)
    const memory = this.#memory(attemptId)
    if (!existsSync(paths.record) || existsSync(paths.forgotten)) return { state: 'absent' }
    const gone = await this.#gone(paths, memory)
    if (gone !== null) return gone
    try {
      return await this.#look(paths, memory, sinceMs)
    } catch (error) {
      return { state: 'unknown', text: (error as Error).message }
    }
  }

  async list(): Promise<ReadonlyMap<string, Observation>> {
    const names = await this.#names()
    // Where Slurm cannot tell, there is no list: not one of unknowns, and never an empty one.
    const { fromMs } = await this.#cluster.snapshots.recent()
    const observations = await Promise.all(
      names.map(async (name) => [name, await this.observe(name, fromMs)] as const),
    )
    return new Map(observations.filter(([, { state }]) => state !== 'absent'))
  }

  async live(): Promise<readonly string[]> {
    const names = await this.#names()
    return names.filter((name) => {
      const { gone, forgotten } = jobPaths(this.#cluster.directory, name)
      return this.#memory(name).gone === null && !existsSync(gone) && !existsSync(forgotten)
    })
  }

  async jobsOf(snapshot: Snapshot, attemptId: string): Promise<readonly SlurmJob[]> {
    if (this.#index?.snapshot !== snapshot) {
      const instance = await this.#cluster.instance()
      const jobs = Map.groupBy(snapshot.jobs, ({ comment }) => attemptOf(instance, comment) ?? '')
      this.#index = { snapshot, jobs }
    }
    const found = this.#index.jobs.get(attemptId) ?? []
    return found.toSorted((left, right) => left.id - right.id)
  }

  async #names(): Promise<readonly string[]> {
    const folder = join(this.#cluster.directory, 'attempts')
    if (!existsSync(folder)) return []
    return (await readdir(folder)).filter(isAttemptId)
  }

  async #gone(paths: JobPaths, memory: AttemptMemory): Promise<GoneObservation | null> {
    if (memory.gone !== null) return memory.gone
    memory.gone = await readJson<GoneObservation>(paths.gone)
    if (memory.gone !== null) await this.#noteVacancy(paths, memory.gone)
    return memory.gone
  }

  async #noteVacancy(paths: JobPaths, { bootId, goneMs }: GoneObservation): Promise<void> {
    const started = await readJson<StartRecord>(paths.started)
    if (started === null || bootId !== this.#cluster.bootId) return
    for (const { node } of started.placements)
      this.#vacatedMs.set(node, Math.max(goneMs, this.vacatedMs(node)))
  }

  vacatedMs(node: string): number {
    return this.#vacatedMs.get(node) ?? Number.NEGATIVE_INFINITY
  }

  async #look(paths: JobPaths, memory: AttemptMemory, sinceMs?: number): Promise<Observation> {
    memory.record ??= await readJson<AttemptRecord>(paths.record)
    memory.submission ??= await readJson<Submission>(paths.submission)
    const { record } = memory
    if (record === null) return { state: 'absent' }
    const { snapshots } = this.#cluster
    let snapshot = await (sinceMs === undefined ? snapshots.recent() : snapshots.since(sinceMs))
    let jobs = await this.jobsOf(snapshot, paths.attemptId)
    if (jobs.length === 0) {
      // Nothing may be concluded from the absence of a job but by a look that is newer than its submission.
      snapshot = await snapshots.since(monotonicMs())
      jobs = await this.jobsOf(snapshot, paths.attemptId)
    }
    const isStopped = await this.#isStopped(paths)
    if (jobs.length === 0 && memory.submission === null && !isStopped)
      return { state: 'unknown', text: 'it may be on its way to Slurm' }
    const job = jobs.find(({ id }) => id === memory.submission?.jobId) ?? jobs[0] ?? null
    if (job !== null && job.preemptSeconds !== null) memory.wasPreempted = true
    await this.#noteStart(paths, memory, { snapshot, job, record })
    return this.#conclude(
      paths,
      memory,
      await this.#evidence(paths, memory, { snapshot, job, record }),
    )
  }

  async #isStopped({ stopOrder }: JobPaths): Promise<boolean> {
    return (await readJson(stopOrder)) !== null
  }

  async #evidence(
    paths: JobPaths,
    memory: AttemptMemory,
    seen: { snapshot: Snapshot; job: SlurmJob | null; record: AttemptRecord },
  ): Promise<Evidence> {
    const { started, confirmedMs, wasPreempted } = memory
    const lastBeatMs = this.#beatOf(paths, memory, seen.record.admission.placements.length)
    return {
      ...seen,
      bootId: this.#cluster.bootId,
      started,
      // What ran was claimed, whatever its user did to the sign.
      isClaimed: started !== null || (await hasSign(paths.claim)),
      end: await this.#endOf(paths, seen.record),
      lastBeatMs,
      quietMs: monotonicMs() - memory.quietSinceMs,
      confirmedMs,
      wasPreempted,
    }
  }

  /** The first node can speak for a gang only once every other has said that nothing is left on it. */
  async #endOf(paths: JobPaths, { admission }: AttemptRecord): Promise<JobEnd | null> {
    const others = admission.placements.length > 1 ? admission.placements : []
    for (const rank of others.keys())
      if ((await readEndOf(paths.node(rank).end)) === null) return null
    return readEndOf(paths.end)
  }

  /** The latest beat of any node. While it changes, something lives. */
  #beatOf(paths: JobPaths, memory: AttemptMemory, ranks: number): number | null {
    const beats = Array.from({ length: ranks }, (_, rank) => readBeat(paths.node(rank).beat))
    const told = beats.join(' ')
    if (told !== memory.beats) {
      memory.beats = told
      memory.quietSinceMs = monotonicMs()
    }
    const known = beats.filter((beat) => beat !== null)
    return known.length === 0 ? null : Math.max(...known)
  }

  /** It runs once the agent of every node says so; since when, their own counters say. */
  async #noteStart(
    paths: JobPaths,
    memory: AttemptMemory,
    { snapshot, job, record }: { snapshot: Snapshot; job: SlurmJob | null; record: AttemptRecord },
  ): Promise<void> {
    const { bootId } = this.#cluster
    if (memory.started === null) {
      const found = await readJson<StartRecord>(paths.started)
      const seen = { snapshot, job, record }
      const start = found ?? (await this.#findStart(paths, seen)) ?? this.#startUntold(seen)
      if (start === null) return
      if (found === null) await createFile(paths.started, start)
      // An agent that tells nothing may still be about to read them.
      if (!start.isUntold) await rm(paths.secrets, { force: true })
      memory.started = (await readJson<StartRecord>(paths.started)) ?? start
    }
    const { started } = memory
    if (started.bootId !== bootId)
      memory.started = {
        ...started,
        bootId,
        startedMs: snapshot.atSeconds(started.startEpochSeconds),
      }
  }

  async #findStart(
    paths: JobPaths,
    { job, record }: { job: SlurmJob | null; record: AttemptRecord },
  ): Promise<StartRecord | null> {
    const ranks = record.admission.placements.length
    if (job === null || job.nodes !== ranks || job.startSeconds === null) return null
    for (let rank = 0; rank < ranks; rank++) {
      const { report } = paths.node(rank)
      if ((await readReport(report)) === null) return null
    }
    const nowMs = monotonicMs()
    const beats = Array.from({ length: ranks }, (_, rank) => readBeat(paths.node(rank).beat) ?? 0)
    const { bootId } = this.#cluster
    const admittedMs = record.bootId === bootId ? record.admittedMs : Number.NEGATIVE_INFINITY
    return {
      bootId,
      startedMs: Math.max(admittedMs, nowMs - Math.max(...beats)),
      startEpochSeconds: job.startSeconds,
      placements: job.placements.length > 0 ? job.placements : record.admission.placements,
    }
  }

  /** Who keeps its agent from telling that it runs is not let off paying. */
  #startUntold(seen: {
    snapshot: Snapshot
    job: SlurmJob | null
    record: AttemptRecord
  }): StartRecord | null {
    const { job, record } = seen
    const startedMs = untoldStartOf(seen)
    if (job === null || job.startSeconds === null || startedMs === null) return null
    return {
      bootId: this.#cluster.bootId,
      startedMs,
      startEpochSeconds: job.startSeconds,
      placements: job.placements.length > 0 ? job.placements : record.admission.placements,
      isUntold: true,
    }
  }

  async #conclude(
    paths: JobPaths,
    memory: AttemptMemory,
    evidence: Evidence,
  ): Promise<Observation> {
    const judgement = judge(evidence)
    if (judgement.kind === 'forestall')
      return this.#forestall(paths, memory, { ...evidence, ...judgement })
    const { observation } = judgement
    if (observation.state === 'running') memory.confirmedMs = observation.confirmedMs
    if (observation.state !== 'gone') return observation
    return this.#settle(paths, memory, observation)
  }

  /** Whoever has the claim runs the command, so nothing runs and nothing will once it is ours. */
  async #forestall(
    paths: JobPaths,
    memory: AttemptMemory,
    { bootId, snapshot, how, text }: Evidence & Pick<GoneObservation, 'how' | 'text'>,
  ): Promise<Observation> {
    if (!(await putSign(paths.claim, { job: 'none' })))
      return { state: 'unknown', text: 'its agent has only just begun' }
    const never = { startedMs: null, exitCode: null, exitSignal: null }
    const goneMs = snapshot.untilMs
    return this.#settle(paths, memory, { state: 'gone', bootId, goneMs, ...never, how, text })
  }

  /** The first that is written down is what everybody tells from then on. */
  async #settle(
    paths: JobPaths,
    memory: AttemptMemory,
    gone: GoneObservation,
  ): Promise<GoneObservation> {
    await createFile(paths.gone, gone)
    await rm(paths.secrets, { force: true })
    memory.gone = (await readJson<GoneObservation>(paths.gone)) ?? gone
    await this.#noteVacancy(paths, memory.gone)
    return memory.gone
  }
}
