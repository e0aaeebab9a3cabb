/** A job of the owner's people in a simulated cluster. Spillway did not start it, and only sees it. */
import type { Placement } from '#platform/engines/engine.ts'
import type { ForeignJob } from './event.ts'

export class SimulatedJob {
  readonly is = 'job'
  readonly spec: ForeignJob
  readonly submittedMs: number
  state: 'pending' | 'running' | 'gone' = 'pending'
  startedMs: number | null = null
  /** What it has, or what is kept for it until those who have it are gone. */
  placements: readonly Placement[] = []
  /** It ended on a node that does not answer, so nobody can say that it is gone. */
  isUnseen = false

  constructor(spec: ForeignJob, submittedMs: number) {
    this.spec = spec
    this.submittedMs = submittedMs
  }

  get gpus(): number {
    return this.spec.nodes * this.spec.gpusPerNode
  }

  get waitingFor(): string | null {
    if (this.state !== 'pending') return null
    return this.placements.length > 0 ? 'work of lower rank to be stopped' : 'Resources'
  }
}
