/** Writes facts to the event stream, in the transaction that makes them true. */
import type { Db } from '#platform/db/database.ts'

export interface NewEvent {
  readonly at: Date
  /** Past tense: `lease.started`. */
  readonly type: string
  /** Who may see it besides the operator; null for nobody else. */
  readonly organizationId: string | null
  /** The thing it is about. */
  readonly subject: string
  readonly data?: Readonly<Record<string, unknown>>
}

export async function emitEvent(tx: Db, event: NewEvent): Promise<void> {
  await emitEvents(tx, [event])
}

/** Several, in this order. */
export async function emitEvents(tx: Db, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map(({ at, type, organizationId, subject, data = {} }) => ({
    ...{ at, type, organization_id: organizationId, subject },
    data: JSON.stringify(data),
  }))
  await tx.insertInto('event').values(rows).execute()
}
