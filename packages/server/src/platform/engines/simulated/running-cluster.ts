/**
 * The cluster of a directory, kept up with its journal and with the clock: before every answer it takes in what others
 * wrote and goes on to now. What happens by itself is waited for with a timer only while somebody watches.
 */
import { type FSWatcher, watch } from 'node:fs'
import { present } from '#kernel/assert.ts'
import type { Machine } from '#platform/clock/machine.ts'
import type { EngineListener } from '#platform/engines/engine.ts'
import { type Booted, bootEvent, clusterNowMs } from './cluster-clock.ts'
import { Cluster } from './cluster.ts'
import type { ClusterEvent, ClusterLayout } from './event.ts'
import { Journal } from './journal.ts'

/** The longest wait until the journal is looked at, should the system not tell of a write to it. */
const LOOK_MS = 1000

type NewEvent = ClusterEvent extends infer Each
  ? Each extends ClusterEvent
    ? Omit<Each, 'at'>
    : never
  : never

export class RunningCluster {
  readonly #directory: string
  readonly #machine: Machine
  readonly #journal: Journal
  readonly #listeners = new Set<EngineListener>()
  #cluster = new Cluster()
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(directory: string, machine: Machine) {
    this.#directory = directory
    this.#machine = machine
    this.#journal = new Journal(directory)
  }

  /** What the fleet is. Writes it down where it is not so already. */
  declare(layout: ClusterLayout): void {
    const { layout: known } = this.now()
    if (JSON.stringify(known) !== JSON.stringify(layout)) this.happen({ type: 'declared', layout })
  }

  get boot(): Booted {
    return present(this.#cluster.boot, 'a boot in the journal')
  }

  /** The cluster as it is at this instant. */
  now(): Cluster {
    this.#readOn()
    if (this.#cluster.boot?.bootId !== this.#machine.bootId) {
      this.#journal.append(bootEvent(this.#machine, this.#cluster.boot, this.#cluster.nowMs))
      this.#readOn()
    }
    this.#cluster.advance(clusterNowMs(this.#machine, this.boot))
    this.#tell()
    return this.#cluster
  }

  /** Writes down that this happens now. It has, for everybody; `sync` waits until that is durable. */
  happen(event: NewEvent): Cluster {
    this.now()
    // Stamped and written in one go, so that no other engine of this process is past it.
    const at = clusterNowMs(this.#machine, this.boot)
    this.#journal.append({ ...event, at })
    return this.now()
  }

  sync(): Promise<void> {
    return this.#journal.sync()
  }

  watch(listener: EngineListener): () => void {
    this.now()
    if (this.#listeners.size === 0) this.#beginWatching()
    this.#listeners.add(listener)
    this.#wait()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#endWatching()
    }
  }

  #readOn(): void {
    for (const event of this.#journal.readOn()) {
      if (event.at < this.#cluster.nowMs && this.#isAhead(event)) return this.#readAnew()
      this.#cluster.apply(event)
    }
  }

  /** Another process wrote it at an instant that this one had passed: only from the beginning is the order right. */
  #readAnew(): void {
    const told = this.#cluster
    this.#journal.rewind()
    this.#cluster = new Cluster()
    for (const event of this.#journal.readOn()) this.#cluster.apply(event)
    this.#cluster.takeChanges()
    for (const listener of this.#listeners) {
      for (const attemptId of told.attempts.keys()) listener.attemptChanged(attemptId)
      listener.fleetChanged()
    }
  }

  #isAhead({ type }: ClusterEvent): boolean {
    return type !== 'booted'
  }

  #tell(): void {
    const { attempts, isFleetChanged } = this.#cluster.takeChanges()
    if (this.#listeners.size === 0) return
    for (const listener of this.#listeners) {
      for (const attemptId of attempts) listener.attemptChanged(attemptId)
      if (isFleetChanged) listener.fleetChanged()
    }
    this.#wait()
  }

  #beginWatching(): void {
    this.#cluster.takeChanges()
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => this.now())
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      // Without a watch of the system the timer looks.
      this.#watcher = null
    }
  }

  #endWatching(): void {
    clearTimeout(this.#timer)
    this.#watcher?.close()
    this.#watcher = null
  }

  #wait(): void {
    clearTimeout(this.#timer)
    const { nextMs } = this.#cluster
    const nowMs = clusterNowMs(this.#machine, this.boot)
    const delayMs = Math.min(LOOK_MS, Math.max(1, (nextMs ?? Infinity) - nowMs))
    this.#timer = setTimeout(() => this.now(), delayMs).unref()
  }
}
