/**
 * Looks at the whole cluster again and again, and tells what changed. One look for all attempts, nodes and foreign work;
 * the pause grows with what a look costs, so that a large cluster is not busy with being looked at. A longer pause ends
 * as soon as a probe, which costs little, tells that a job began or ended.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type {
  EngineListener,
  ForeignWork,
  NodeInventory,
  Observation,
} from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { Snapshot } from './snapshot.ts'

const PAUSE_MS = 500
const PAUSE_MAX_MS = 10_000
/** So soon does somebody who was told begin to look. */
const JOIN_MS = 100
/** Of the time, at most a quarter is spent on looking. */
const PAUSE_FACTOR = 3

export interface WatchSource {
  readonly look: () => Promise<Snapshot>
  /** Differs from before when jobs began or ended. */
  readonly probe: () => Promise<string>
  readonly list: () => Promise<ReadonlyMap<string, Observation>>
  readonly foreign: () => Promise<readonly ForeignWork[]>
  readonly inventory: () => Promise<readonly NodeInventory[]>
  readonly oversee: (snapshot: Snapshot) => Promise<void>
}

export function watchCluster(source: WatchSource, listener: EngineListener): () => void {
  const ending = new AbortController()
  const changes = new Changes(listener)
  const run = async () => {
    let isSlow = false
    while (!ending.signal.aborted) {
      // Taken before the look, so that nothing that changes afterwards is missed.
      const before = isSlow ? await source.probe().catch(() => null) : null
      const fromMs = monotonicMs()
      await lookOnce(source, changes, ending.signal)
      const tookMs = monotonicMs() - fromMs
      isSlow = tookMs * PAUSE_FACTOR > PAUSE_MS
      const pauseMs = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MS, tookMs * PAUSE_FACTOR))
      if (await rest(source, { pauseMs, before, ended: ending.signal })) {
        // Whoever hears of it looks afresh; the next look here is the same.
        listener.fleetChanged()
        await pause(JOIN_MS, undefined, { signal: ending.signal, ref: false }).catch(() => {})
      }
    }
  }
  void run()
  return () => ending.abort()
}

interface Rest {
  readonly pauseMs: number
  /** What the last probe told; null when there was none. */
  readonly before: string | null
  readonly ended: AbortSignal
}

/** Whether it was cut short, because jobs began or ended. */
async function rest(source: WatchSource, { pauseMs, before, ended }: Rest): Promise<boolean> {
  const untilMs = monotonicMs() + pauseMs
  for (;;) {
    const leftMs = untilMs - monotonicMs()
    if (leftMs <= 0 || ended.aborted) return false
    const stepMs = before === null ? leftMs : Math.min(leftMs, PAUSE_MS)
    await pause(stepMs, undefined, { signal: ended, ref: false }).catch(() => {})
    if (before === null || ended.aborted) continue
    // One that fails says nothing: the look that follows tells what is wrong.
    if ((await source.probe().catch(() => before)) !== before) return !ended.aborted
  }
}

async function lookOnce(source: WatchSource, changes: Changes, ended: AbortSignal): Promise<void> {
  try {
    const snapshot = await source.look()
    const attempts = await source.list()
    const fleet = [await source.inventory(), await source.foreign()]
    if (!ended.aborted) changes.tell(attempts, fleet)
    if (!ended.aborted) await source.oversee(snapshot)
  } catch {
    // Slurm cannot tell now: whoever asks hears so. That it became so is a change of everything.
    if (!ended.aborted) changes.tellOutage()
  }
}

class Changes {
  readonly #listener: EngineListener
  #attempts = new Map<string, string>()
  #fleet = ''

  constructor(listener: EngineListener) {
    this.#listener = listener
  }

  tell(attempts: ReadonlyMap<string, Observation>, fleet: unknown): void {
    const seen = new Map([...attempts].map(([name, observation]) => [name, signOf(observation)]))
    const names = new Set([...seen.keys(), ...this.#attempts.keys()])
    const changed = [...names].filter((name) => seen.get(name) !== this.#attempts.get(name))
    this.#attempts = seen
    for (const name of changed) this.#listener.attemptChanged(name)
    this.#tellFleet(JSON.stringify(fleet))
  }

  tellOutage(): void {
    const known = [...this.#attempts].filter(([, sign]) => sign !== OUTAGE)
    for (const [name] of known) {
      this.#attempts.set(name, OUTAGE)
      this.#listener.attemptChanged(name)
    }
    this.#tellFleet(OUTAGE)
  }

  #tellFleet(sign: string): void {
    if (sign === this.#fleet) return
    this.#fleet = sign
    this.#listener.fleetChanged()
  }
}

const OUTAGE = 'unknown'

/** What of an observation is news: that it was confirmed once more is none. */
function signOf(observation: Observation): string {
  if (observation.state === 'unknown') return OUTAGE
  if (observation.state !== 'running') return observation.state
  return `running ${JSON.stringify(observation.placements)} ${observation.preemption?.decidedMs ?? ''}`
}
