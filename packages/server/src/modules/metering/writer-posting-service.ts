/**
 * Posts batches of a writer's journal, and what is left when the writer is gone. A batch becomes several transactions;
 * the position moves in the last of them, when all others are committed. After a crash in between the batch is posted
 * again, and what was committed is found to be.
 */
import type { IdSource } from '#kernel/ids.ts'
import { add, ZERO } from '#kernel/money.ts'
import { releaseHolds, releaseHoldsOf } from '#modules/ledger/index.ts'
import { inTransaction, type Database, type Db, type Tx } from '#platform/db/database.ts'
import type { Batch } from './journal-reader-service.ts'
import type { Position } from './journal-segment.ts'
import { movePosition, type PostedPosition } from './position-store.ts'
import { groupByOrganization } from './posting-groups.ts'
import { postUsage, type PostedUsage, type TaskedUsage } from './service.ts'
import type { UsageEvent } from './usage-event.ts'

/** What else than money of the ledger is set aside for a writer and spent by its journal. */
export interface SetAside {
  /** These events are posted now, each once. */
  readonly spend: (tx: Db, events: readonly UsageEvent[]) => Promise<void>
  /** Those of them that are attempts of a task. */
  readonly attribute?: (tx: Db, events: readonly TaskedUsage[]) => Promise<void>
  /** The writer has finished with what goes by these names. */
  readonly end: (tx: Db, ids: readonly string[]) => Promise<void>
  /** The writer is dead, and all of its journal is posted. */
  readonly endAllOf: (tx: Db, writer: string) => Promise<void>
}

export interface PostingDeps {
  readonly aside?: SetAside
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** Runs a transaction when a place is free, so that many writers do not take every connection. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
}

/** Somebody else has posted from this journal, or an earlier try of ours did after all: read the position again. */
export class PositionMoved extends Error {
  override readonly name = 'PositionMoved'
}

const EVENTS_MAX = 1_000
const NOTHING: PostedUsage = { posted: 0, duplicates: 0, conflicts: 0, charged: ZERO }

/** Posts a batch and moves the position over it; null when there was nothing to post, and the position stays. */
export async function postBatch(
  deps: PostingDeps,
  { records, end }: Batch,
  { writer, from }: { readonly writer: string; readonly from: Position | null },
): Promise<PostedUsage | null> {
  const events = records.flatMap((record) => (record.kind === 'usage' ? [record.event] : []))
  const holds = records.flatMap((record) => (record.kind === 'hold_closed' ? [record.holdId] : []))
  if (events.length === 0 && holds.length === 0) return null
  return postInGroups(deps, events, async (tx) => {
    if (holds.length > 0) await releaseHolds(tx, holds)
    if (holds.length > 0) await deps.aside?.end(tx, holds)
    await move(tx, { writer, from, to: { ...end, isClosed: false }, now: deps.now() })
  })
}

/** Posts what a dead writer's unfinished requests used, releases its holds, and closes it. Returns the holds released. */
export async function closeWriter(
  deps: PostingDeps,
  unfinished: readonly UsageEvent[],
  place: { readonly writer: string; readonly from: Position | null; readonly to: Position },
): Promise<number> {
  const { writer, from, to } = place
  let released = 0
  await postInGroups(deps, unfinished, async (tx) => {
    released = await releaseHoldsOf(tx, { purpose: 'gateway', reference: writer })
    await deps.aside?.endAllOf(tx, writer)
    await move(tx, { writer, from, to: { ...to, isClosed: true }, now: deps.now() })
  })
  return released
}

/** All groups but the last side by side; then the last, with what comes after all of them, in one transaction. */
async function postInGroups(
  { database, now, ids, inTurn, aside }: PostingDeps,
  events: readonly UsageEvent[],
  finish: (tx: Tx) => Promise<void>,
): Promise<PostedUsage> {
  const post = (group: readonly UsageEvent[], after?: (tx: Tx) => Promise<void>) =>
    inTurn(() =>
      inTransaction(database, async (tx) => {
        const posted = await postUsage(tx, group, {
          ...{ now: now(), ids },
          ...(aside && { onFresh: aside.spend }),
          ...(aside?.attribute && { onTasked: aside.attribute }),
        })
        await after?.(tx)
        return posted
      }),
    )
  const groups = groupByOrganization(events, EVENTS_MAX)
  const outcomes = await Promise.allSettled(groups.slice(0, -1).map((group) => post(group)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const posted = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  return [...posted, await post(groups.at(-1) ?? [], finish)].reduce(sum, NOTHING)
}

function sum(a: PostedUsage, b: PostedUsage): PostedUsage {
  return {
    posted: a.posted + b.posted,
    duplicates: a.duplicates + b.duplicates,
    conflicts: a.conflicts + b.conflicts,
    charged: add(a.charged, b.charged),
  }
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
