/** Ends a batch: what was answered becomes the file of results, all else that of errors, and nothing of it is charged. */
import type { IdSource } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import { tellOfEnd } from './batch-service.ts'
import { endBatch } from './batch-store.ts'
import { type Batch, renderUnanswered, type Unanswered } from './batch.ts'
import { FileWriter, keptUntil } from './file-service.ts'
import { clearResults, closeLines, type EndedLine, listEndedLines, sumLines } from './line-store.ts'

const LINES_AT_ONCE = 200
const NONE = { completed: 0, failed: 0, tokens: { input: 0, cached: 0, output: 0, reasoning: 0 } }

export interface EndDeps {
  readonly ids: IdSource
  readonly now: Date
}

/** In one transaction: lines that end meanwhile end before it, or not at all. */
export async function finishBatch(
  tx: Db,
  batch: Batch,
  { as, deps }: { readonly as: 'completed' | Unanswered; readonly deps: EndDeps },
): Promise<void> {
  const { id } = batch
  if (as !== 'completed') await closeLines(tx, id, as)
  const sums = (await sumLines(tx, [id])).get(id) ?? NONE
  const outputFileId =
    sums.completed > 0 ? await writeFile(tx, batch, { isDone: true, deps }) : null
  const errorFileId = sums.failed > 0 ? await writeFile(tx, batch, { isDone: false, deps }) : null
  await clearResults(tx, id)
  const { completed, failed, tokens } = sums
  const counts = { completed, failed }
  const { now } = deps
  await endBatch(tx, id, { state: as, outputFileId, errorFileId, counts, tokens, now })
  await tellOfEnd(tx, batch, { state: as, now })
}

function render({ id }: Batch, line: EndedLine): string {
  if (line.result !== null) return line.result
  const why = line.state === 'cancelled' ? 'cancelled' : 'expired'
  return renderUnanswered({ batchId: id, number: line.number, customId: line.customId }, why)
}

async function writeFile(
  tx: Db,
  batch: Batch,
  { isDone, deps }: { readonly isDone: boolean; readonly deps: EndDeps },
): Promise<string> {
  const { organizationId, projectId, id } = batch
  const { now, ids } = deps
  const name = `${id}_${isDone ? 'output' : 'error'}.jsonl`
  const file = { owner: { organizationId, projectId }, purpose: 'batch_output' as const, name, now }
  const writer = new FileWriter(tx, file, ids)
  let after = 0
  for (;;) {
    const lines = await listEndedLines(tx, id, { isDone, after, limit: LINES_AT_ONCE })
    for (const line of lines) await writer.write(Buffer.from(`${render(batch, line)}\n`))
    const last = lines.at(-1)
    if (last === undefined) break
    after = last.number
  }
  await writer.flush()
  return (await writer.end(tx, keptUntil(now))).id
}
