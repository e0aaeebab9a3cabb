/** What preemption costs, what is guaranteed, and by which rhythm work runs: the same for every policy but for the last. */
export const REFRESH_S = 300
export const CHECKPOINT_S = 3_600
export const GUARANTEE_S = 3_600
/** A job of at most so many GPUs restarts faster. */
const SMALL_GPUS = 8

/** What it costs to stop and go on elsewhere. */
export function preemptionOverheadS(gpus: number): number {
  return gpus <= SMALL_GPUS ? 40 : 60
}

/** Everything runs in leases that end together; for each, all work stands still for `overheadS`. */
export interface Rounds {
  readonly roundS: number
  readonly leaseS: number
  readonly overheadS: number
}

export interface Terms {
  readonly rounds: Rounds | null
  /** Sold work is told so long before it stops, and saves what it did. */
  readonly notice: { readonly noticeS: number } | null
}
