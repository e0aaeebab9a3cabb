/** Keeps lines of the request log. What cannot be kept is counted instead: nothing else fails for it. */
import type { Db } from '#platform/db/database.ts'
import { addOmissions, insertLines } from './store.ts'
import type { LineBatch, Omission, WaitingLine } from './waiting-lines.ts'

/** A usage event, as far as the log is concerned. */
interface Noted {
  readonly organizationId: string
  readonly projectId: string
  readonly note?: string
}

const MINUTE_MS = 60_000

/** Adds the lines of requests whose usage is posted, in the same transaction. */
export async function keepNotes(tx: Db, events: readonly Noted[], now: Date): Promise<void> {
  const lines = events.flatMap(({ organizationId, projectId, note }) =>
    note === undefined ? [] : [{ organizationId, projectId, line: note }],
  )
  await keepBatch(tx, { lines, omitted: [] }, now)
}

/** Adds what a gateway gathered. What was added before is not added again. */
export async function keepBatch(tx: Db, { lines, omitted }: LineBatch, now: Date): Promise<void> {
  const isKept =
    lines.length === 0 ||
    (await insertLines(
      tx,
      lines.map(({ line }) => line),
    ))
  const missing = isKept ? omitted : [...omitted, ...lines.map(omissionOf)]
  if (missing.length === 0) return
  const minute = new Date(Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS)
  await addOmissions(tx, sumByProject(missing), minute)
}

function omissionOf({ organizationId, projectId }: WaitingLine): Omission {
  return { organizationId, projectId, requests: 1 }
}

function sumByProject(omitted: readonly Omission[]): readonly Omission[] {
  const sums = new Map<string, Omission>()
  for (const each of omitted) {
    const requests = (sums.get(each.projectId)?.requests ?? 0) + each.requests
    sums.set(each.projectId, { ...each, requests })
  }
  return [...sums.values()]
}
