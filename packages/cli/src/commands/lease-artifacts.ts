/** `spillway lease artifacts`: what a lease left, listed or fetched. */
import { resolve } from 'node:path'
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { group } from '../output/amount.ts'
import { renderTable } from '../output/table.ts'
import { renderInstant } from '../output/time.ts'
import { findLease, leaseArgument } from './lease-argument.ts'

interface ArtifactOptions {
  readonly output?: string
}

export function addLeaseArtifacts(parent: Command, context: Context): void {
  addCommand<ArtifactOptions>(parent, context, {
    usage: 'artifacts',
    summary: 'List what a lease left in $SPILLWAY_ARTIFACTS_DIR, or fetch a file of it',
    details: 'What is left is kept for seven days after the end of the lease.',
    example: 'spillway lease artifacts 4kq2 model/weights.bin --output weights.bin',
    persona: 'demo',
    arguments: [leaseArgument(), new Argument('[path]', 'one file; default: list them all')],
    options: [new Option('-o, --output <file>', 'where to write the file; default: to stdout')],
    run: showArtifacts,
  })
}

async function showArtifacts(call: Call<ArtifactOptions>): Promise<void> {
  const id = await findLease(call)
  const [, path] = call.words
  if (path !== undefined) return fetchArtifact(call, id, path)
  if (call.options.output !== undefined) throw usageFailure('Name the file to fetch.')
  const page = await call.client().listArtifacts({ params: { id } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? call.output.paint('dim', 'no files')
      : renderTable(
          [
            { heading: 'BYTES', align: 'right', cell: (file) => group(file.bytes) },
            { heading: 'MODIFIED', cell: (file) => renderInstant(file.modifiedAt) },
            { heading: 'PATH', cell: (file) => file.path },
          ],
          items,
          { paint: call.output.paint, columnsMax: null },
        ),
  )
}

async function fetchArtifact(
  { client, options, output, surroundings }: Call<ArtifactOptions>,
  id: string,
  path: string,
): Promise<void> {
  const response = await client().getArtifact({ params: { id }, query: { path } })
  const file =
    options.output === undefined
      ? null
      : surroundings.createFile(resolve(surroundings.currentFolder, options.output))
  for await (const piece of response.body ?? [])
    await (file === null ? output.write(piece as Uint8Array) : file.write(piece as Uint8Array))
  await file?.end()
}
