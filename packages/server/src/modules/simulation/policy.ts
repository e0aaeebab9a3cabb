/** What distinguishes one policy from another: how much is sold, where work is put, and who goes for the owner's work. */
import type { Job } from './job.ts'
import type { Terms } from './terms.ts'
import type { Work } from './work.ts'
import type { World } from './world.ts'

/** The node for one worker of a job; -1 where none has room. It is asked again for the next worker. */
export type NodeChoice = (world: World, job: Job) => number

/**
 * Makes room for anchor work that fits only when sold work goes: evicts, takes the room of every worker, and answers
 * their nodes. It is asked only when the whole gang fits once all sold work is gone.
 */
export type Reclaim = (world: World, work: Work) => readonly number[]

/** How many GPUs sold work may hold. One object a run: it may remember. */
export interface Quota {
  /** Every five minutes while somebody waits, and before the first job. */
  readonly refresh: (world: World) => void
  /** At every moment at which something may start. */
  readonly limit: (world: World, work: Work) => number
  /** How many whole nodes are kept free of sold work: what a gang of the owner needs. Absent: none. */
  readonly keptNodes?: (world: World, work: Work) => number
}

export interface Policy extends Terms {
  /** Null: all that is free may be sold. */
  readonly quota: Quota | null
  readonly choose: NodeChoice
  /** Null: anchor work waits like any other. */
  readonly reclaim: Reclaim | null
}

/** Made anew for each run. */
export type PolicyMaker = () => Policy
