/** What the owner's people run and wait for in a pool: an input of the forecast and of the market's decisions. Pure. */

export interface AnchorDemand {
  readonly runningGpus: number
  /** Asked for in the engine, and not running. */
  readonly pendingGpus: number
  readonly runningJobs: number
  readonly pendingJobs: number
}

export interface DemandSample extends AnchorDemand {
  readonly at: Date
}

/** Whether a sample says something that the last one did not. Every so often one is kept though nothing changed. */
export function isNewDemand(
  last: DemandSample | null,
  now: DemandSample,
  sampleEveryMs: number,
): boolean {
  if (last === null || now.at.getTime() - last.at.getTime() >= sampleEveryMs) return true
  return (
    last.runningGpus !== now.runningGpus ||
    last.pendingGpus !== now.pendingGpus ||
    last.runningJobs !== now.runningJobs ||
    last.pendingJobs !== now.pendingJobs
  )
}
