/** The two transactions of a writer's journal: one for each batch, and the last one, when the writer is gone. */
import type { IdSource } from '#kernel/ids.ts'
import { releaseHolds, releaseHoldsOf } from '#modules/ledger/index.ts'
import { inTransaction, type Database, type Tx } from '#platform/db/database.ts'
import type { Batch } from './journal-reader-service.ts'
import type { Position } from './journal-segment.ts'
import { movePosition, type PostedPosition } from './position-store.ts'
import { postUsage, type PostedUsage } from './service.ts'
import type { UsageEvent } from './usage-event.ts'

export interface PostingDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}

/** Somebody else has posted from this journal, or an earlier try of ours did after all: read the position again. */
export class PositionMoved extends Error {
  override readonly name = 'PositionMoved'
}

const POST_EVENTS_MAX = 1_000

/** Posts a batch and moves the position over it; null when there was nothing to post, and the position stays. */
export async function postBatch(
  { database, now, ids }: PostingDeps,
  { records, end }: Batch,
  { writer, from }: { readonly writer: string; readonly from: Position | null },
): Promise<PostedUsage | null> {
  const events = records.flatMap((record) => (record.kind === 'usage' ? [record.event] : []))
  const holds = records.flatMap((record) => (record.kind === 'hold_closed' ? [record.holdId] : []))
  if (events.length === 0 && holds.length === 0) return null
  return inTransaction(database, async (tx) => {
    const posted = await postUsage(tx, events, { now: now(), ids })
    if (holds.length > 0) await releaseHolds(tx, holds)
    await move(tx, { writer, from, to: { ...end, isClosed: false }, now: now() })
    return posted
  })
}

/** Posts what a dead writer's unfinished requests used, releases its holds, and closes it. Returns the holds released. */
export async function closeWriter(
  { database, now, ids }: PostingDeps,
  unfinished: readonly UsageEvent[],
  place: { readonly writer: string; readonly from: Position | null; readonly to: Position },
): Promise<number> {
  const { writer, from, to } = place
  return inTransaction(database, async (tx) => {
    for (let at = 0; at < unfinished.length; at += POST_EVENTS_MAX)
      await postUsage(tx, unfinished.slice(at, at + POST_EVENTS_MAX), { now: now(), ids })
    const released = await releaseHoldsOf(tx, { purpose: 'gateway', reference: writer })
    await move(tx, { writer, from, to: { ...to, isClosed: true }, now: now() })
    return released
  })
}

async function move(
  tx: Tx,
  request: {
    readonly writer: string
    readonly from: Position | null
    readonly to: PostedPosition
    readonly now: Date
  },
): Promise<void> {
  if (!(await movePosition(tx, request))) throw new PositionMoved(`${request.writer} moved`)
}
