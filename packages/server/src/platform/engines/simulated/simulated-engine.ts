/**
 * The `simulated` engine: for planning a fleet that one does not have yet. It behaves as a real one, faults and the
 * owner's own work included, but nothing runs: no process, no GPU. It says so wherever it is asked.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { assert } from '#kernel/assert.ts'
import { type Machine, thisMachine } from '#platform/clock/machine.ts'
import type {
  Admission,
  Engine,
  EngineUsage,
  ForeignReport,
  NodeInventory,
  Notice,
  NoticeDelivery,
  Observation,
  Warning,
} from '#platform/engines/engine.ts'
import type { Cluster } from './cluster.ts'
import { createControls, type ClusterControls } from './controls.ts'
import type { ClusterLayout } from './event.ts'
import { RunningCluster } from './running-cluster.ts'
import { listForeign, listInventory, listUsage, observeAttempt } from './view.ts'

export interface SimulatedEngineOptions {
  /** Holds its journal: the cluster is what stands there. */
  readonly directory: string
  /** What the fleet is; absent: as it was declared before. */
  readonly layout?: ClusterLayout
  readonly machine?: Machine
}

export interface SimulatedEngine extends Engine {
  /** What a real fleet does by itself, done on purpose: for tests and demonstrations. */
  readonly controls: ClusterControls
}

export function createSimulatedEngine(options: SimulatedEngineOptions): SimulatedEngine {
  const running = new RunningCluster(options.directory, options.machine ?? thisMachine())
  if (options.layout !== undefined) running.declare(options.layout)
  return new Desk(options.directory, running)
}

/** An engine that takes its time, or does not answer, says so before anything else. */
class Desk implements SimulatedEngine {
  readonly name = 'simulated'
  readonly controls: ClusterControls
  readonly #running: RunningCluster
  readonly #logs: string
  #inventory: { readonly version: number; readonly nodes: readonly NodeInventory[] } | null = null

  constructor(directory: string, running: RunningCluster) {
    this.#running = running
    this.#logs = join(directory, 'logs')
    this.controls = createControls(running)
  }

  readonly inventory = async (): Promise<readonly NodeInventory[]> => {
    const cluster = await this.#ask()
    if (this.#inventory?.version !== cluster.inventoryVersion)
      this.#inventory = { version: cluster.inventoryVersion, nodes: listInventory(cluster) }
    return this.#inventory.nodes
  }

  readonly admit = async (admission: Admission): Promise<void> => {
    const known = (await this.#ask()).attempts.get(admission.attemptId)
    assert(admission.command.length > 0, 'an admission without a command')
    assert(known?.isForgotten !== true, `attempt ${admission.attemptId} has run and been forgotten`)
    const { attemptId, kind, placements, command } = admission
    if (known === undefined)
      this.#running.happen({ type: 'admitted', work: { attemptId, kind, placements, command } })
    await this.#running.sync()
  }

  readonly warn = async (attemptId: string, warning: Warning | null): Promise<void> => {
    const attempt = (await this.#ask()).attempts.get(attemptId)
    if (attempt === undefined || (attempt.warnedAtMs === null) === (warning === null)) return
    this.#running.happen({ type: 'warned', attemptId, time: warning?.time ?? null })
    await this.#running.sync()
  }

  readonly notify = async (attemptId: string, notice: Notice): Promise<NoticeDelivery> => {
    const attempt = (await this.#ask()).attempts.get(attemptId)
    if (attempt === undefined) return { document: false, signal: false }
    const { time } = notice
    const signal = notice.signal === 'none' ? null : notice.signal
    if (!attempt.isTold(time) && attempt.phase !== 'gone')
      this.#running.happen({ type: 'noticed', attemptId, time, signal })
    await this.#running.sync()
    const told = attempt.notices.at(-1)
    return { document: told !== undefined, signal: (told?.signal ?? null) !== null }
  }

  readonly stop = async (attemptId: string, graceMs: number): Promise<void> => {
    const cluster = await this.#ask()
    const attempt = cluster.attempts.get(attemptId)
    if (attempt === undefined || attempt.phase === 'gone') return
    // Asked again with a later end, there is nothing to write down.
    if (attempt.stopBeforeMs === null || attempt.stopBeforeMs > cluster.nowMs + graceMs)
      this.#running.happen({ type: 'stop_asked', attemptId, graceMs })
    await this.#running.sync()
  }

  /** Nothing runs, so nothing listens. */
  readonly address: Engine['address'] = () => Promise.resolve(null)
  readonly artifacts: Engine['artifacts'] = () => Promise.resolve(null)
  readonly discard: Engine['discard'] = () => Promise.resolve()

  readonly observe = async (attemptId: string): Promise<Observation> => {
    const cluster = this.#running.now()
    if (cluster.answerMs > 0) await pause(cluster.answerMs)
    return observeAttempt(this.#running.now(), this.#running.boot, attemptId)
  }

  readonly confirmGone = async (attemptId: string): Promise<'gone' | 'present' | 'unknown'> => {
    const { state } = await this.observe(attemptId)
    if (state === 'unknown') return 'unknown'
    return state === 'gone' || state === 'absent' ? 'gone' : 'present'
  }

  readonly list = async (): Promise<ReadonlyMap<string, Observation>> => {
    const cluster = await this.#ask()
    const observations = new Map<string, Observation>()
    for (const [attemptId, attempt] of cluster.attempts)
      if (!attempt.isForgotten)
        observations.set(attemptId, observeAttempt(cluster, this.#running.boot, attemptId))
    return observations
  }

  readonly foreign = async (): Promise<ForeignReport> =>
    listForeign(await this.#ask(), this.#running.boot)

  readonly watch: Engine['watch'] = (listener) => this.#running.watch(listener)

  readonly drain = async (node: string, reason: string): Promise<void> => {
    const found = (await this.#ask()).floor.nodes.get(node)
    if (found === undefined || found.drainReason === reason) return
    this.#running.happen({ type: 'drained', node, reason })
    await this.#running.sync()
  }

  readonly resume = async (node: string): Promise<void> => {
    const found = (await this.#ask()).floor.nodes.get(node)
    if (found === undefined || found.drainReason === null) return
    this.#running.happen({ type: 'resumed', node })
    await this.#running.sync()
  }

  readonly usage = async (sinceMs: number): Promise<readonly EngineUsage[]> =>
    listUsage(await this.#ask(), this.#running.boot, sinceMs)

  readonly forget = async (attemptId: string): Promise<void> => {
    const cluster = await this.#ask()
    const attempt = cluster.attempts.get(attemptId)
    if (attempt === undefined || attempt.isForgotten) return
    const { state } = observeAttempt(cluster, this.#running.boot, attemptId)
    assert(
      state === 'gone',
      `attempt ${attemptId} is ${state}: only one that is gone can be forgotten`,
    )
    this.#running.happen({ type: 'forgotten', attemptId })
    await this.#running.sync()
  }

  readonly log = async (attemptId: string): Promise<{ readonly path: string } | null> => {
    const cluster = this.#running.now()
    const attempt = cluster.attempts.get(attemptId)
    if (attempt === undefined || attempt.startedMs === null) return null
    const path = join(this.#logs, attemptId)
    const text = attempt.logUntil(cluster.nowMs)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      mkdirSync(this.#logs, { recursive: true, mode: 0o700 })
      writeFileSync(path, text, { mode: 0o600 })
    }
    return { path }
  }

  /** The cluster as it is when the answer goes out. Throws while the engine does not answer. */
  async #ask(): Promise<Cluster> {
    const { answerMs } = this.#running.now()
    if (answerMs > 0) await pause(answerMs)
    const cluster = this.#running.now()
    if (cluster.outage !== null)
      throw new Error(`the simulated engine does not answer: ${cluster.outage}`)
    return cluster
  }
}
