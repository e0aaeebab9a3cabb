/** `spillway batch`: many requests that have a day, at half the price, answered when there is room. */
import { type Batch, BatchEndpoint } from '@spillway/contract'
import { Argument, type Command, Option } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { isOpen, renderBatch, renderBatches, renderBatchProgress } from '../output/batch.ts'
import { isWholeId } from '../parse/identifier.ts'
import { sendFile, writeOut } from './file.ts'
import { findId } from './find.ts'

interface CreateOptions {
  readonly endpoint: BatchEndpoint
  readonly wait?: boolean
}

interface ResultOptions {
  readonly errors?: boolean
  readonly out?: string
}

const LOOK_EVERY_MS = 500
const BATCH_ARGUMENT = () => new Argument('<id>', 'its id, or the start or end of it')

export function addBatchCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'batch', 'Ask many requests within a day, at half the price')
  addCommand<CreateOptions>(group, context, {
    usage: 'create',
    summary: 'Start a batch of the requests in a file',
    details: 'A path is uploaded first; all lines ask one model at one endpoint.',
    example: 'spillway batch create questions.jsonl --wait',
    persona: 'demo',
    arguments: [new Argument('<file>', 'a path, or the id of a file that was uploaded')],
    options: [
      new Option('--endpoint <path>', 'what its lines ask')
        .choices(BatchEndpoint.options)
        .default('/v1/chat/completions'),
      new Option('--wait', 'wait until it is over'),
    ],
    run: create,
  })
  addCommand(group, context, {
    usage: 'list',
    summary: 'List the batches of your project, newest first',
    example: 'spillway batch list',
    persona: 'demo',
    run: list,
  })
  addOneBatchCommands(group, context)
}

function addOneBatchCommands(group: Command, context: Context): void {
  const one = { persona: 'demo' as const, arguments: [BATCH_ARGUMENT()] }
  addCommand(group, context, {
    ...one,
    usage: 'show',
    summary: 'Show a batch, how far it is, and what is wrong with its file',
    example: 'spillway batch show 4kq2',
    run: show,
  })
  addCommand(group, context, {
    ...one,
    usage: 'wait',
    summary: 'Wait until a batch is over, and show how far it is',
    details: 'Ctrl-C stops waiting; the batch goes on.',
    example: 'spillway batch wait 4kq2',
    run: async (call) => present(call, await untilOver(call, await findBatch(call))),
  })
  addCommand<ResultOptions>(group, context, {
    ...one,
    usage: 'results',
    summary: 'Print what came of a batch, or write it to a file',
    example: 'spillway batch results 4kq2 --out answers.jsonl',
    options: [
      new Option('--errors', 'what was not answered, instead of what was'),
      new Option('--out <path>', 'write it there; default: to the terminal'),
    ],
    run: results,
  })
  addCommand(group, context, {
    ...one,
    usage: 'cancel',
    summary: 'Cancel a batch: what was answered is delivered, nothing else begins',
    example: 'spillway batch cancel 4kq2',
    run: cancel,
  })
}

async function create(call: Call<CreateOptions>): Promise<number> {
  const { endpoint, wait = false } = call.options
  const word = call.words[0] ?? ''
  const inputFileId = isWholeId('file', word) ? word : (await sendFile(call, word)).id
  const batch = await call.client().createBatch({ body: { inputFileId, endpoint } })
  return present(call, wait ? await untilOver(call, batch.id) : batch)
}

/** Waits for the end. Ctrl-C only ends the waiting. */
async function untilOver(call: Call<object>, id: string): Promise<Batch> {
  const { surroundings, output } = call
  const interrupt = new AbortController()
  const forget = surroundings.onInterrupt(() => interrupt.abort())
  const client = call.client()
  try {
    for (;;) {
      const found = await client.getBatch({ params: { id } })
      if (!isOpen(found) || interrupt.signal.aborted) return found
      output.progress(renderBatchProgress(found))
      await surroundings.wait(LOOK_EVERY_MS, interrupt.signal)
    }
  } finally {
    forget()
    output.progress(null)
  }
}

/** The exit code says whether all of it was answered. */
async function present(call: Call<object>, batch: Batch): Promise<number> {
  await call.present(batch, renderBatch)
  if (batch.state === 'failed') return EXIT.refused
  return batch.state === 'expired' || batch.state === 'cancelled' ? EXIT.unfinished : EXIT.ok
}

async function list(call: Call): Promise<void> {
  const { output, surroundings } = call
  const page = await call.client().listBatches()
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no batch')
      : renderBatches(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

function findBatch(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'batch',
    noun: 'batch',
    listing: 'spillway batch list',
    candidates: async () =>
      (await call.client().listBatches()).items.map(({ id, state, model }) => ({
        id,
        label: `${model ?? ''} ${state}`,
      })),
  })
}

async function show(call: Call): Promise<void> {
  const id = await findBatch(call)
  await call.present(await call.client().getBatch({ params: { id } }), renderBatch)
}

async function results(call: Call<ResultOptions>): Promise<void> {
  const id = await findBatch(call)
  const { errors = false, out } = call.options
  const batch = await call.client().getBatch({ params: { id } })
  const fileId = errors ? batch.errorFileId : batch.outputFileId
  if (fileId === null)
    throw new Failure(
      isOpen(batch)
        ? `${id} is ${batch.state}: its files are there when it is over.`
        : `${id} has no file of ${errors ? 'errors' : 'answers'}.`,
      { remedy: `Look at it with \`spillway batch show ${id}\`.` },
    )
  const size = await writeOut(call, fileId, out)
  if (out !== undefined)
    await call.present({ id: fileId, path: out, size }, () => `${out} is written`)
}

async function cancel(call: Call): Promise<void> {
  const id = await findBatch(call)
  await call.present(
    await call.client().cancelBatch({ params: { id } }),
    ({ state }) => `${id} is ${state}`,
  )
}
