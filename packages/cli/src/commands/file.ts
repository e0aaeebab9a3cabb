/** `spillway file`: files of requests for batches, and of what came of them. */
import { resolve } from 'node:path'
import type { StoredFile } from '@spillway/contract'
import { Argument, type Command, Option } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { group as grouped } from '../output/amount.ts'
import { type Column, renderTable } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderRelative } from '../output/time.ts'
import { downloadFile, type Transfer, uploadFile } from '../transfer/transfer.ts'
import { findId } from './find.ts'

interface DownloadOptions {
  readonly out?: string
}

const FILE_ARGUMENT = () => new Argument('<id>', 'its name, or its id or the start or end of it')

export function addFileCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'file', 'Keep files of requests for batches')
  addCommand(group, context, {
    usage: 'upload',
    summary: 'Upload a file of requests, one JSON object a line',
    details: 'Each line has custom_id, method, url and body, as for OpenAI\u2019s batches.',
    example: 'spillway file upload questions.jsonl',
    persona: 'demo',
    arguments: [new Argument('<path>', 'the file')],
    run: upload,
  })
  addCommand(group, context, {
    usage: 'list',
    summary: 'List the files of your project, newest first',
    example: 'spillway file list',
    persona: 'demo',
    run: list,
  })
  addCommand<DownloadOptions>(group, context, {
    usage: 'download',
    summary: 'Print what is in a file, or write it to another',
    example: 'spillway file download 4kq2 --out answers.jsonl',
    persona: 'demo',
    arguments: [FILE_ARGUMENT()],
    options: [new Option('--out <path>', 'write it there; default: to the terminal')],
    run: download,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete a file that no open batch reads',
    example: 'spillway file delete 4kq2',
    persona: 'demo',
    arguments: [FILE_ARGUMENT()],
    run: remove,
  })
}

export function transferOf(call: Call<object>): Transfer {
  const { url, key } = call.connection()
  return { surroundings: call.surroundings, url, key }
}

/** Sends it while a line says so, and answers what is kept. */
export async function sendFile(call: Call<object>, word: string): Promise<StoredFile> {
  const path = resolve(call.surroundings.currentFolder, word)
  call.output.progress(`sending ${toLine(word)}`)
  try {
    const id = await uploadFile(transferOf(call), path)
    return await call.client().getFile({ params: { id } })
  } finally {
    call.output.progress(null)
  }
}

/** Writes a file to a path, or to the terminal. */
export async function writeOut(call: Call<object>, id: string, out?: string): Promise<number> {
  const path = out === undefined ? null : resolve(call.surroundings.currentFolder, out)
  const file = path === null ? null : call.surroundings.createFile(path)
  let size = 0
  for await (const piece of downloadFile(transferOf(call), id)) {
    size += piece.length
    await (file ?? call.output).write(piece)
  }
  await file?.end()
  return size
}

async function upload(call: Call): Promise<void> {
  const file = await sendFile(call, call.words[0] ?? '')
  await call.present(file, ({ id, size }) => `${id} has ${grouped(size)} bytes`)
}

async function list(call: Call): Promise<void> {
  const { output, surroundings } = call
  const page = await call.client().listFiles()
  const columns: readonly Column<StoredFile>[] = [
    { heading: 'FILE', cell: ({ id }) => id, colour: () => 'dim' },
    { heading: 'NAME', isFlexible: true, cell: ({ name }) => toLine(name) },
    { heading: 'PURPOSE', cell: ({ purpose }) => purpose },
    { heading: 'BYTES', align: 'right', cell: ({ size }) => grouped(size) },
    { heading: 'MADE', cell: ({ createdAt }) => renderRelative(createdAt, surroundings.nowMs()) },
  ]
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no file')
      : renderTable(columns, items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

function findFile(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'file',
    noun: 'file',
    listing: 'spillway file list',
    candidates: async () =>
      (await call.client().listFiles()).items.map(({ id, name }) => ({ id, name, label: name })),
  })
}

async function download(call: Call<DownloadOptions>): Promise<void> {
  const id = await findFile(call)
  const { out } = call.options
  const size = await writeOut(call, id, out)
  if (out !== undefined) await call.present({ id, path: out, size }, () => `${out} is written`)
}

async function remove(call: Call): Promise<void> {
  const id = await findFile(call)
  const done = await call.client().deleteFile({ params: { id } })
  await call.present(done, () => `deleted ${id}`)
}
