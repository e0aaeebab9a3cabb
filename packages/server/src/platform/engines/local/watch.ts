/**
 * Tells of changes: by a watch on the folder of bells, which is prompt, and by looking at every attempt once a second,
 * which is sure. The look also keeps the heartbeat of attempts whose shim is dead.
 */
import { mkdirSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import type { Observation } from '#platform/engines/engine.ts'
import { bellFolder } from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { isAttemptId } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import type { Stops } from './stop.ts'

const POLL_MS = 1000
/** Where the system grants no watch. */
const POLL_ALONE_MS = 100

export interface WatchSources {
  readonly machine: LocalMachine
  readonly attempts: Attempts
  readonly stops: Stops
  readonly list: () => Promise<readonly string[]>
}

export function watchAttempts(
  sources: WatchSources,
  changed: (attemptId: string) => void,
): () => void {
  const attemptWatch = new AttemptWatch(sources, changed)
  attemptWatch.begin()
  return () => attemptWatch.end()
}

class AttemptWatch {
  readonly #sources: WatchSources
  readonly #changed: (attemptId: string) => void
  /** What was last told of each attempt. */
  readonly #told = new Map<string, string>()
  readonly #gone = new Set<string>()
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | undefined
  #hasEnded = false

  constructor(sources: WatchSources, changed: (attemptId: string) => void) {
    this.#sources = sources
    this.#changed = changed
  }

  begin(): void {
    const folder = bellFolder(this.#sources.machine.directory)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    try {
      this.#watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name !== null && isAttemptId(name)) void this.#look(name)
      })
      this.#watcher.on('error', () => this.#dropWatcher())
    } catch {
      // The user's inotify instances are used up: then the poll is all there is, and is quicker.
      this.#dropWatcher()
    }
    // Whoever watches will admit: the first one need not wait for the shim to be copied. A failure shows there.
    this.#sources.machine.shimWords().catch(() => {})
    void this.#poll()
  }

  end(): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#dropWatcher()
  }

  #dropWatcher(): void {
    this.#watcher?.close()
    this.#watcher = null
  }

  async #poll(): Promise<void> {
    for (const attemptId of await this.#list()) {
      if (this.#hasEnded) return
      if (!this.#gone.has(attemptId)) await this.#look(attemptId)
    }
    if (this.#hasEnded) return
    const delayMs = this.#watcher === null ? POLL_ALONE_MS : POLL_MS
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref()
  }

  async #list(): Promise<readonly string[]> {
    try {
      return await this.#sources.list()
    } catch {
      // A folder that cannot be read now is read again in a second.
      return []
    }
  }

  async #look(attemptId: string): Promise<void> {
    const observation = await this.#sources.attempts.observe(attemptId)
    const summary = summarize(observation)
    if (observation.state === 'gone') this.#gone.add(attemptId)
    else if (observation.state !== 'absent') this.#sources.stops.resume(attemptId)
    if (this.#hasEnded || this.#told.get(attemptId) === summary) return
    this.#told.set(attemptId, summary)
    if (observation.state === 'absent') this.#drop(attemptId)
    else this.#changed(attemptId)
  }

  #drop(attemptId: string): void {
    this.#told.delete(attemptId)
    this.#gone.delete(attemptId)
  }
}

/** What has to differ for a change to be told: not the heartbeat. */
function summarize(observation: Observation): string {
  if (observation.state === 'running') return `running since ${observation.startedMs}`
  return observation.state
}
