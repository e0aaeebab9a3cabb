/** `spillway key`: the organization's API keys. */
import { type ApiKey, KEY_SCOPES, type KeyScope } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderRelative } from '../output/time.ts'
import { duration } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { findId } from './find.ts'

interface CreateOptions {
  readonly role: 'member' | 'inference'
  readonly scope?: readonly KeyScope[]
  readonly model?: readonly string[]
  readonly from?: readonly string[]
  readonly expires?: number
}

interface RotateOptions {
  readonly grace: number
}

const DAY_MS = 86_400_000

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
    options: createOptions(),
    run: createKey,
  })
  addCommand<RotateOptions>(key, context, {
    usage: 'rotate',
    summary: 'Make a key that takes the place of another, which still works for a while',
    details:
      'The new secret alone goes to stdout. What the old key is kept to, the new one is too.',
    example: 'spillway key rotate ci --grace 2h',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its name, or its id or the start or end of it')],
    options: [
      new Option('--grace <duration>', 'for how long the old key still works')
        .argParser(duration({ least: 0, most: 30 * DAY_MS }))
        .default(DAY_MS, '1d'),
    ],
    run: rotateKey,
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

function createOptions(): readonly Option[] {
  return [
    new Option('--role <role>', 'inference: models only; member: leases and all the rest too')
      .choices(['inference', 'member'])
      .default('inference'),
    new Option('--scope <scope...>', 'only these of what the role may; default: all').choices(
      KEY_SCOPES,
    ),
    new Option('--model <name...>', 'only these models; default: all'),
    new Option('--from <network...>', 'only from these addresses or networks; default: any'),
    new Option('--expires <duration>', 'refused after it, such as 30d; default: never').argParser(
      duration({ least: 60_000, most: 3650 * DAY_MS }),
    ),
  ]
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
  const { role, scope, model, from, expires } = options
  const expiresAt = new Date(call.surroundings.nowMs() + (expires ?? 0)).toISOString()
  const created = await call.client().createApiKey({
    body: {
      name: words[0] ?? '',
      role,
      ...(scope === undefined ? {} : { scopes: [...scope] }),
      ...(model === undefined ? {} : { models: [...model] }),
      ...(from === undefined ? {} : { networks: [...from] }),
      ...(expires === undefined ? {} : { expiresAt }),
    },
  })
  await call.present(created, () => created.secret)
  if (!call.isJson)
    await output.note(
      `${created.apiKey.id} (${created.apiKey.role}). Keep it now: it is not shown again.`,
    )
}

/** The key that is meant: of a name that several have had, the one that was not replaced. */
function findKey(call: Call<never> | Call<RotateOptions> | Call<{ readonly yes?: boolean }>) {
  return findId(call.words[0] ?? '', {
    prefix: 'key',
    noun: 'key',
    listing: 'spillway key list',
    candidates: async () =>
      (await call.client().listApiKeys()).items
        .filter(({ revokedAt, replacedBy }) => revokedAt === null && replacedBy === null)
        .map(({ id, name }) => ({ id, label: toLine(name), name })),
  })
}

async function rotateKey(call: Call<RotateOptions>): Promise<void> {
  const id = await findKey(call)
  const graceS = Math.floor(call.options.grace / 1000)
  const rotated = await call.client().rotateApiKey({ params: { id }, body: { graceS } })
  await call.present(rotated, () => rotated.secret)
  if (!call.isJson)
    await call.output.note(
      `${rotated.apiKey.id} takes the place of ${id}, which is refused from ${rotated.replaced.expiresAt}. Keep the secret now: it is not shown again.`,
    )
}

async function revokeKey(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const client = call.client()
  const id = await findKey(call)
  if (call.options.yes !== true) await confirm(call, `Revoke ${id} for good?`)
  const revoked = await client.revokeApiKey({ params: { id } })
  await call.present(revoked, () => `${id} (${toLine(revoked.name)}) is revoked`)
}

function isInForce({ revokedAt, expiresAt }: ApiKey, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs)
}

function renderState(key: ApiKey, nowMs: number): string {
  const { revokedAt, expiresAt } = key
  if (revokedAt !== null) return `revoked ${renderRelative(revokedAt, nowMs)}`
  if (expiresAt === null) return 'valid'
  const when = renderRelative(expiresAt, nowMs)
  return isInForce(key, nowMs) ? `ends ${when}` : `expired ${when}`
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
        heading: 'KEPT TO',
        isFlexible: true,
        cell: ({ scopes, models, networks }) =>
          [scopes, models, networks].flatMap((each) => each ?? []).join(' '),
      },
      {
        heading: 'STATE',
        cell: (key) => renderState(key, nowMs),
        colour: (key) => (isInForce(key, nowMs) ? 'green' : 'dim'),
      },
    ],
    keys,
    options,
  )
}
