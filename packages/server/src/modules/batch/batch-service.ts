/** Starts batches, shows and cancels them. What becomes of one is its strand's work, and its lines are the gateways'. */
import type { BatchEndpoint } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Principal } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { BATCH_WINDOW_MS, BATCHES_OPEN_MAX } from '../../limits.ts'
import * as store from './batch-store.ts'
import { type Batch, isOpen } from './batch.ts'
import { getFile } from './file-service.ts'
import type { Page } from './file-store.ts'
import { sumLines } from './line-store.ts'

export const BATCH_PROGRAM = 'batch'

export interface BatchWish {
  readonly principal: Principal
  readonly inputFileId: string
  readonly endpoint: BatchEndpoint
  readonly metadata?: Readonly<Record<string, string>> | null
  readonly now: Date
}

interface Named {
  readonly id: string
  readonly projectId: string
}

/** What a line is asked as: the caller without what a key is kept to beside models, which may be over by then. */
function actingAs({ bounds, ...principal }: Principal): Principal {
  const models = bounds?.models ?? null
  if (models === null) return principal
  return { ...principal, bounds: { scopes: null, models, networks: null, expiresAt: null } }
}

/** Throws `file.not_found`, `batch.wrong_file` and `batch.too_many`. */
export async function createBatch(tx: Db, wish: BatchWish, ids: IdSource): Promise<Batch> {
  const { endpoint, now, metadata = null } = wish
  const principal = actingAs(wish.principal)
  const { projectId } = principal
  const file = await getFile(tx, { id: wish.inputFileId, projectId })
  if (file.purpose !== 'batch')
    throw new Fault('batch.wrong_file', `The file ${file.id} has the purpose ${file.purpose}.`)
  if ((await store.countOpenBatches(tx, projectId)) >= BATCHES_OPEN_MAX)
    throw new Fault('batch.too_many', `At most ${BATCHES_OPEN_MAX} batches are open at once.`)
  const id = newId('batch', ids)
  const expiresAt = new Date(now.getTime() + BATCH_WINDOW_MS)
  const made = {
    id,
    principal,
    endpoint,
    inputFileId: file.id,
    metadata,
    createdAt: now,
    expiresAt,
  }
  await store.insertBatch(tx, made)
  await wakeStrand(tx, { program: BATCH_PROGRAM, subject: id }, now)
  return present(await store.findBatch(tx, id), 'a batch that was just made')
}

/** With its lines counted as they are now. */
async function counted(db: Db, batches: readonly Batch[]): Promise<readonly Batch[]> {
  const running = batches.filter((batch) => isOpen(batch) && batch.total > 0)
  const sums = await sumLines(
    db,
    running.map(({ id }) => id),
  )
  return batches.map((batch) => {
    const sum = sums.get(batch.id)
    if (sum === undefined) return batch
    const { completed, failed, tokens } = sum
    return { ...batch, counts: { completed, failed }, tokens }
  })
}

export async function listBatches(db: Db, page: Page): Promise<readonly Batch[]> {
  return counted(db, await store.listBatches(db, page))
}

/** Another project's batch and a missing one are the same. */
export async function getBatch(db: Db, { id, projectId }: Named): Promise<Batch> {
  const found = await store.findBatch(db, id)
  if (found?.projectId !== projectId) throw new Fault('batch.not_found', `There is no batch ${id}.`)
  const [batch] = await counted(db, [found])
  return present(batch, 'a batch')
}

/** No line begins any more; what is answered by now is delivered. A repetition changes nothing. */
export async function cancelBatch(tx: Db, named: Named, now: Date): Promise<Batch> {
  const { id, projectId } = named
  const found = await store.lockBatch(tx, id)
  if (found?.projectId !== projectId) throw new Fault('batch.not_found', `There is no batch ${id}.`)
  if (found.state === 'validating' || found.state === 'in_progress') {
    await store.closeBatch(tx, id, { state: 'cancelling', now })
    await wakeStrand(tx, { program: BATCH_PROGRAM, subject: id }, now)
  } else if (found.state !== 'cancelling') {
    throw new Fault('batch.over', `The batch ${id} is ${found.state} already.`)
  }
  return getBatch(tx, named)
}

/** Who waits for a batch hears that it is over. */
export async function tellOfEnd(
  tx: Db,
  { id, organizationId }: Batch,
  { state, now }: { readonly state: string; readonly now: Date },
): Promise<void> {
  await emitEvent(tx, {
    ...{ at: now, type: 'batch.ended', organizationId, subject: id },
    data: { state },
  })
}
