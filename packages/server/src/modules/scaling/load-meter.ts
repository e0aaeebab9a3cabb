/**
 * What replicas said of themselves between two looks at their deployment. Kept in memory: what is lost with the process
 * is a few seconds of measurement, and then nothing is taken for idle.
 */
import type { LoadReading } from '#modules/serving/index.ts'

interface Meter {
  requests: number
  readings: number
  /** Times it did not answer. */
  silences: number
  places: number | null
  last: Reading | null
  tokens: number
  workedMs: number
}

interface Reading {
  readonly atMs: number
  readonly isBusy: boolean
  readonly tokens: number
}

export interface Measured {
  /** Being answered or in line, in the mean, over all replicas. */
  readonly requests: number
  readonly tokens: number
  /** Replicas that answered whenever they were asked. */
  readonly replicasHeard: number
  readonly hasSilence: boolean
  /** Null: nobody said. */
  readonly places: number | null
  /** Tokens a second of a replica while it worked; null where none did for long enough to tell. */
  readonly pace: number | null
}

function emptyMeter(): Meter {
  return {
    ...{ requests: 0, readings: 0, silences: 0 },
    ...{ places: null, last: null, tokens: 0, workedMs: 0 },
  }
}

/** Below that, readings are too few to tell how fast one works. */
const WORKED_MS_MIN = 100

/** Between two readings it worked when it was busy at one of them, or made tokens. */
function advance(meter: Meter, reading: Reading): void {
  const { last } = meter
  meter.last = reading
  // What it had read and written before it was first asked belongs to no look.
  if (last === null) return
  const tokens = Math.max(0, reading.tokens - last.tokens)
  meter.tokens += tokens
  if (tokens > 0 || reading.isBusy || last.isBusy)
    meter.workedMs += Math.max(0, reading.atMs - last.atMs)
}

export class LoadMeter {
  readonly #meters = new Map<string, Map<string, Meter>>()

  note({ deploymentId, leaseId, load, at }: LoadReading): void {
    const meters = this.#meters.get(deploymentId) ?? new Map<string, Meter>()
    this.#meters.set(deploymentId, meters)
    const meter = meters.get(leaseId) ?? emptyMeter()
    meters.set(leaseId, meter)
    if (load === null) {
      meter.silences += 1
      return
    }
    meter.requests += load.busy + load.waiting
    meter.readings += 1
    meter.places = load.places
    const { busy, tokens } = load
    advance(meter, { atMs: at.getTime(), isBusy: busy > 0, tokens })
  }

  /** What was measured since the last call. */
  take(deploymentId: string): Measured {
    const meters = this.#meters.get(deploymentId) ?? new Map<string, Meter>()
    let [requests, readingsMost, tokens, workedMs, replicasHeard] = [0, 0, 0, 0, 0]
    let places: number | null = null
    let hasSilence = false
    for (const [leaseId, meter] of meters) {
      if (meter.readings === 0 && meter.silences === 0) meters.delete(leaseId)
      if (meter.silences > 0) hasSilence = true
      if (meter.readings === 0) continue
      requests += meter.requests
      readingsMost = Math.max(readingsMost, meter.readings)
      tokens += meter.tokens
      workedMs += meter.workedMs
      if (meter.silences === 0) replicasHeard += 1
      places = meter.places
      Object.assign(meter, { requests: 0, readings: 0, tokens: 0, workedMs: 0 })
    }
    for (const meter of meters.values()) meter.silences = 0
    const pace = workedMs < WORKED_MS_MIN || tokens === 0 ? null : (tokens * 1000) / workedMs
    // All are asked at one beat: one that was up for half of the time has half as many readings.
    const mean = readingsMost === 0 ? 0 : requests / readingsMost
    return { requests: mean, tokens, replicasHeard, hasSilence, places, pace }
  }
}
