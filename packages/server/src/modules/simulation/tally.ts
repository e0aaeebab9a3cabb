/** Counts what happens during a simulation: time in use, work lost, runs and evictions, and a hash over all of it. */
import type { JobKind } from './job.ts'
import { type Held, Timeline } from './timeline.ts'
import type { Run, Work } from './work.ts'

export interface Counts {
  runs: number
  evictions: number
  /** Runs that were evicted before the guaranteed time had passed. */
  brokenGuarantees: number
  lostGpuS: number
  overheadGpuS: number
  /** Within the window, without overhead and without what was lost. */
  usefulGpuS: number
  /** GPUs of the runs that broke their guarantee. */
  brokenGpus: number
}

function noCounts(): Counts {
  return {
    ...{ runs: 0, evictions: 0, brokenGuarantees: 0, lostGpuS: 0 },
    ...{ overheadGpuS: 0, usefulGpuS: 0, brokenGpus: 0 },
  }
}

const EVENTS = { submitted: 1, started: 2, evicted: 3, finished: 4 } as const

export class Tally {
  readonly byKind: Readonly<Record<JobKind, Counts>> = { anchor: noCounts(), spot: noCounts() }
  /** GPU-seconds within the window in which somebody had the GPU. */
  readonly heldGpuS: Record<JobKind, number> = { anchor: 0, spot: 0 }
  readonly timeline: Timeline<keyof Held>
  events = 0
  readonly #windowS: number
  readonly #guaranteeS: number
  #hashLow = 0x811c9dc5
  #hashHigh = 0x01000193

  constructor(windowS: number, guaranteeS: number) {
    this.#windowS = windowS
    this.timeline = new Timeline(windowS, ['anchor', 'spot', 'wanted'])
    this.#guaranteeS = guaranteeS
  }

  /** The same number from two runs: the same events at the same seconds. */
  get hash(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0')
    return hex(this.#hashHigh) + hex(this.#hashLow)
  }

  hold(fromS: number, toS: number, held: Held): void {
    this.timeline.hold(fromS, toS, held)
    const seconds = this.#within(fromS, toS)
    if (seconds <= 0) return
    this.heldGpuS.anchor += held.anchor * seconds
    this.heldGpuS.spot += held.spot * seconds
  }

  note(event: keyof typeof EVENTS, nowS: number, work: Work): void {
    this.events++
    for (const part of [EVENTS[event], nowS, work.job.id]) {
      this.#hashLow = Math.imul(this.#hashLow ^ part, 0x01000193)
      this.#hashHigh = Math.imul(this.#hashHigh ^ (part + this.#hashLow), 0x85ebca6b)
    }
  }

  started(work: Work, run: Run): void {
    this.byKind[work.job.kind].runs++
    this.note('started', run.startedS, work)
  }

  finished(work: Work, run: Run): void {
    this.#ran(work, run, { atS: run.endS, lostS: 0 })
    this.note('finished', run.endS, work)
  }

  evicted(work: Work, run: Run, { atS, lostS }: { readonly atS: number; readonly lostS: number }) {
    const counts = this.byKind[work.job.kind]
    counts.evictions++
    if (atS - run.startedS < this.#guaranteeS) {
      counts.brokenGuarantees++
      counts.brokenGpus += work.gpus
    }
    counts.lostGpuS += lostS * work.gpus
    this.#ran(work, run, { atS, lostS })
    this.note('evicted', atS, work)
  }

  #ran(work: Work, run: Run, end: { readonly atS: number; readonly lostS: number }): void {
    const counts = this.byKind[work.job.kind]
    const beganS = Math.min(run.startedS + run.overheadS, end.atS)
    counts.overheadGpuS += (beganS - run.startedS) * work.gpus
    counts.usefulGpuS += this.#within(beganS, end.atS - end.lostS) * work.gpus
  }

  #within(fromS: number, toS: number): number {
    return Math.max(0, Math.min(toS, this.#windowS) - Math.max(0, fromS))
  }
}
