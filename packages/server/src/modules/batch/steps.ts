/** The strand of a batch: reads its file, sees that it is over, and ends it. Each step may run twice without harm. */
import type { IdSource } from '#kernel/ids.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { Db } from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { BATCH_LOOK_EVERY_MS } from '../../limits.ts'
import { tellOfEnd } from './batch-service.ts'
import { closeBatch, failBatch, lockBatch, startBatch } from './batch-store.ts'
import { type Batch, nextMove } from './batch.ts'
import { finishBatch } from './ending-service.ts'
import { countOpenLines } from './line-store.ts'
import { readBatch } from './reading-service.ts'

export interface BatchStepDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}

export function stepBatch({ database, now, ids }: BatchStepDeps, id: string): Promise<StepOutcome> {
  return inTransaction(database, async (tx): Promise<StepOutcome> => {
    const batch = await lockBatch(tx, id)
    if (batch === null) return { kind: 'done' }
    const at = now()
    const lines = await countOpenLines(tx, id, at)
    const move = nextMove({ ...batch, ...lines }, at)
    if (move === 'nothing') return { kind: 'done' }
    if (move === 'read') await read(tx, batch, at)
    if (move === 'expire') await closeBatch(tx, id, { state: 'finalizing', now: at })
    if (typeof move === 'object') {
      await finishBatch(tx, batch, { as: move.as, deps: { now: at, ids } })
      return { kind: 'done' }
    }
    return { kind: 'wait', untilMs: at.getTime() + (move === 'wait' ? BATCH_LOOK_EVERY_MS : 0) }
  })
}

/** A file that is wrong in one line is wrong as a whole: nothing of it is asked. */
async function read(tx: Db, batch: Batch, now: Date): Promise<void> {
  const reading = await readBatch(tx, batch, now)
  if (reading.kind === 'read') return startBatch(tx, batch.id, { ...reading, now })
  await failBatch(tx, batch.id, { faults: reading.faults, now })
  await tellOfEnd(tx, batch, { state: 'failed', now })
}
