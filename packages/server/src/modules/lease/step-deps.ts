/** What the steps of a lease's life need from outside. Types only. */
import type { IdSource } from '#kernel/ids.ts'
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import type { Beat } from './beat.ts'
import type { Lease } from './lease.ts'

/** A lease that was seen to run, up to an instant at which the engine confirmed it. */
export interface Sighting {
  readonly observed: Lease
  readonly until: Date
}

export interface Rounds {
  /** The lease as it is afterwards; null where it has to be seen to by itself. */
  readonly meter: (deps: LeaseStepDeps, sighting: Sighting) => Promise<Lease | null>
}

export interface LeaseStepDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
  /** Trusted time of a boot's monotonic instant; null when that boot is not known any more. */
  readonly instantOf: (bootId: string, monotonicMs: number) => Date | null
  readonly ids: IdSource
  /** How often leases that run are looked at. */
  readonly beat: Beat
  /** Where leases are metered together. */
  readonly rounds: Rounds
  /** Under which what leases hide is sealed. */
  readonly pepper: string
  /** Something went wrong that does not keep the step from going on. */
  readonly onTrouble: (leaseId: string, error: unknown) => void
}
