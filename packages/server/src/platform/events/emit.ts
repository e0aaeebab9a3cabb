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
  await tx
    .insertInto('event')
    .values({
      at: event.at,
      type: event.type,
      organization_id: event.organizationId,
      subject: event.subject,
      data: JSON.stringify(event.data ?? {}),
    })
    .execute()
}
