/** `spillway key`: the organization's API keys. */
import type { ApiKey } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderRelative } from '../output/time.ts'
import { confirm } from './confirm.ts'
import { findId } from './find.ts'

interface CreateOptions {
  readonly role: 'member' | 'inference'
}

export function addKeyCommands(program: Command, context: Context): void {
  const key = addGroup(program, 'key', 'Manage API keys')
  addCommand(key, context, {
    usage: 'list',
    summary: 'List the organization’s keys',
    example: 'spillway key list',
    persona: 'demo',
    run: listKeys,
  })
  addCommand<CreateOptions>(key, context, {
    usage: 'create',
    summary: 'Create a key; its secret is shown once',
    details: 'The secret alone goes to stdout, so that KEY=$(spillway key create ci) works.',
    example: 'spillway key create ci --role inference',
    persona: 'demo',
    arguments: [new Argument('<name>', 'what it is for')],
    options: [
      new Option('--role <role>', 'inference: models only; member: leases and all the rest too')
        .choices(['inference', 'member'])
        .default('inference'),
    ],
    run: createKey,
  })
  addCommand<{ readonly yes?: boolean }>(key, context, {
    usage: 'revoke',
    summary: 'Revoke a key, at once and for good',
    example: 'spillway key revoke ci --yes',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its name, or its id or the start or end of it')],
    options: [new Option('-y, --yes', 'do not ask')],
    run: revokeKey,
  })
}

async function listKeys(call: Call): Promise<void> {
  const { output, surroundings } = call
  const keys = await call.client().listApiKeys()
  const options = { paint: output.paint, columnsMax: output.columns() }
  await call.present(keys, ({ items }) =>
    items.length === 0 ? 'no keys' : renderKeys(items, surroundings.nowMs(), options),
  )
}

async function createKey(call: Call<CreateOptions>): Promise<void> {
  const { output, options, words } = call
  const created = await call
    .client()
    .createApiKey({ body: { name: words[0] ?? '', role: options.role } })
  await call.present(created, () => created.secret)
  if (!call.isJson)
    await output.note(
      `${created.apiKey.id} (${created.apiKey.role}). Keep it now: it is not shown again.`,
    )
}

async function revokeKey(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'key',
    noun: 'key',
    listing: 'spillway key list',
    candidates: async () =>
      (await client.listApiKeys()).items
        .filter(({ revokedAt }) => revokedAt === null)
        .map(({ id, name }) => ({ id, label: toLine(name), name })),
  })
  if (call.options.yes !== true) await confirm(call, `Revoke ${id} for good?`)
  const revoked = await client.revokeApiKey({ params: { id } })
  await call.present(revoked, () => `${id} (${toLine(revoked.name)}) is revoked`)
}

function renderKeys(keys: readonly ApiKey[], nowMs: number, options: TableOptions): string {
  const ago = (instant: string | null, otherwise: string): string =>
    instant === null ? otherwise : renderRelative(instant, nowMs)
  return renderTable(
    [
      { heading: 'ID', cell: (key) => key.id },
      { heading: 'NAME', isFlexible: true, cell: (key) => key.name },
      { heading: 'ROLE', cell: (key) => key.role },
      { heading: 'BEGINS WITH', cell: (key) => key.hint },
      { heading: 'CREATED', cell: (key) => ago(key.createdAt, '') },
      { heading: 'LAST USED', cell: (key) => ago(key.lastUsedAt, 'never') },
      {
        heading: 'STATE',
        cell: (key) => (key.revokedAt === null ? 'valid' : `revoked ${ago(key.revokedAt, '')}`),
        colour: (key) => (key.revokedAt === null ? 'green' : 'dim'),
      },
    ],
    keys,
    options,
  )
}
