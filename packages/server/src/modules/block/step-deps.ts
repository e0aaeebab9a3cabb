/** What the steps of a block need from outside. Types only. */
import type { IdSource } from '#kernel/ids.ts'
import type { Database } from '#platform/db/database.ts'

export interface BlockDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}
