/** What the steps of a lease's life need from outside. Types only. */
import type { IdSource } from '#kernel/ids.ts'
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import type { Beat } from './beat.ts'

export interface LeaseStepDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
  /** Trusted time of a boot's monotonic instant; null when that boot is not known any more. */
  readonly instantOf: (bootId: string, monotonicMs: number) => Date | null
  readonly ids: IdSource
  /** How often leases that run are looked at. */
  readonly beat: Beat
  /** Under which what leases hide is sealed. */
  readonly pepper: string
  /** Something went wrong that does not keep the step from going on. */
  readonly onTrouble: (leaseId: string, error: unknown) => void
}
