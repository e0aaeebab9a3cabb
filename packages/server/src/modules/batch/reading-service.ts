/** Reads a batch's file line by line, before anything of it runs: all of it is sound, or nothing is asked. */
import { allowsModel } from '#kernel/key-bounds.ts'
import { listRoutes } from '#modules/serving/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BATCH_FAULTS_MAX, BATCH_LINE_BYTES_MAX, BATCH_LINES_MAX } from '../../limits.ts'
import type { Batch, BatchFault } from './batch.ts'
import { type FileLine, FileLines } from './file-lines.ts'
import { readFile } from './file-service.ts'
import { type Line, type LineFault, readLine } from './line-reading-service.ts'
import { insertLines, type NewLine } from './line-store.ts'

export type BatchReading =
  | { readonly kind: 'read'; readonly model: string; readonly total: number }
  | { readonly kind: 'faults'; readonly faults: readonly BatchFault[] }

const INSERTED_AT_ONCE = 1000

/** What is known of the lines before. */
class Reader {
  readonly faults: BatchFault[] = []
  model: string | null = null
  total = 0
  readonly #batch: Batch
  readonly #customIds = new Map<string, number>()
  #unwritten: NewLine[] = []

  constructor(batch: Batch) {
    this.#batch = batch
  }

  get isGivenUp(): boolean {
    return this.faults.length >= BATCH_FAULTS_MAX
  }

  take(line: FileLine): void {
    if (this.isGivenUp) return
    this.total += 1
    const read = this.#judge(line)
    if (read.kind === 'fault') {
      const { code, message, param } = read
      this.faults.push({ code, message, param, line: line.number })
      return
    }
    this.model ??= read.model
    this.#customIds.set(read.customId, line.number)
    const { number, offset, length } = line
    this.#unwritten.push({ number, offset, length, customId: read.customId })
  }

  /** Lines to be written; of a file with faults none is. */
  takeUnwritten(least: number): readonly NewLine[] {
    if (this.faults.length > 0 || this.#unwritten.length < least) return []
    const lines = this.#unwritten
    this.#unwritten = []
    return lines
  }

  #judge({ number, bytes }: FileLine): Line | LineFault {
    if (bytes === null)
      return fault('line_too_large', `A line has at most ${BATCH_LINE_BYTES_MAX} bytes.`)
    if (this.total > BATCH_LINES_MAX)
      return fault('too_many_lines', `A batch has at most ${BATCH_LINES_MAX} lines.`)
    const line = readLine(bytes, this.#batch.endpoint)
    if (line.kind === 'fault') return line
    const earlier = this.#customIds.get(line.customId)
    if (earlier !== undefined)
      return fault(
        'duplicate_custom_id',
        `The custom_id of line ${number} is that of line ${earlier} already.`,
        'custom_id',
      )
    if (this.model !== null && line.model !== this.model)
      return fault(
        'mismatched_model',
        `All lines of a batch ask one model: the first asks '${this.model}'.`,
        'body.model',
      )
    return line
  }
}

function fault(code: string, message: string, param: string | null = null): LineFault {
  return { kind: 'fault', code, message, param }
}

/** Writes the lines of a sound file. Run in the transaction that starts or fails the batch. */
export async function readBatch(tx: Db, batch: Batch, now: Date): Promise<BatchReading> {
  const reader = new Reader(batch)
  const lines = new FileLines(BATCH_LINE_BYTES_MAX)
  const write = async (least: number) => {
    const unwritten = reader.takeUnwritten(least)
    if (unwritten.length > 0) await insertLines(tx, batch.id, unwritten)
  }
  for await (const chunk of readFile(tx, batch.inputFileId)) {
    for (const line of lines.push(chunk)) reader.take(line)
    if (reader.isGivenUp) break
    await write(INSERTED_AT_ONCE)
  }
  for (const line of lines.end()) reader.take(line)
  if (reader.faults.length > 0) return { kind: 'faults', faults: reader.faults }
  const { model, total } = reader
  if (model === null)
    return whole({ code: 'empty_file', message: 'The file has no lines.', param: null })
  const wrong = await whyNotModel(tx, batch, { model, now })
  if (wrong) return whole(wrong)
  await write(1)
  return { kind: 'read', model, total }
}

function whole(fault: Omit<BatchFault, 'line'>): BatchReading {
  return { kind: 'faults', faults: [{ ...fault, line: null }] }
}

/** Why nobody would answer these lines, whenever they were asked. */
async function whyNotModel(
  db: Db,
  { endpoint, principal }: Batch,
  { model, now }: { readonly model: string; readonly now: Date },
): Promise<Omit<BatchFault, 'line'> | null> {
  const param = 'body.model'
  const route = (await listRoutes(db, now)).find((each) => each.model === model)
  if (route === undefined || !allowsModel(principal.bounds, model)) {
    const message = `The model '${model}' does not exist or you do not have access to it.`
    return { code: 'model_not_found', message, param }
  }
  if (route.isEmbedding !== (endpoint === '/v1/embeddings')) {
    const message = route.isEmbedding
      ? `The model '${model}' makes embeddings and nothing else.`
      : `The model '${model}' makes no embeddings.`
    return { code: 'unsupported_model', message, param }
  }
  if (route.pool !== null && route.tiers?.batch !== undefined) return null
  const message = `No replica of this installation answers for '${model}', so that it has no spare capacity for batches.`
  return { code: 'unsupported_model', message, param }
}
