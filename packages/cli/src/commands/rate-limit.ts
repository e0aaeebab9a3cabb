/** `spillway rate-limit`: how many requests and tokens a minute, and how many requests at once. */
import type { RateLimit } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { group as grouped } from '../output/amount.ts'
import { type Column, renderTable } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface SetOptions {
  readonly requests?: number
  readonly tokens?: number
  readonly concurrency?: number
  readonly organization?: string
  readonly project?: string
  readonly ofKey?: string
  readonly model?: string
}

export function addRateLimitCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'rate-limit', 'Limit requests and tokens a minute')
  addCommand(group, context, {
    usage: 'list',
    summary: 'List rate limits: yours, or as the operator all that are set',
    example: 'spillway rate-limit list',
    persona: 'demo',
    run: listRateLimits,
  })
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary:
      'Limit requests and tokens a minute, or requests at once; one for the same is replaced',
    details: 'All limits that cover a request hold: one below the operator\u2019s is the tighter.',
    example: 'spillway rate-limit set --requests 600 --tokens 200000 --of-key ci',
    persona: 'demo',
    options: setOptions(),
    run: setRateLimit,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete a rate limit: what it limited is limited by others only',
    example: 'spillway rate-limit delete 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: deleteRateLimit,
  })
}

function setOptions(): readonly Option[] {
  const count = (most: number) => wholeNumber({ least: 0, most })
  return [
    new Option('--requests <n>', 'so many requests a minute').argParser(count(1e9)),
    new Option('--tokens <n>', 'so many tokens a minute, in and out').argParser(count(1e12)),
    new Option('--concurrency <n>', 'so many requests at once').argParser(count(1e6)),
    new Option('--of-key <name>', 'of one API key; default: of all together'),
    new Option('--project <id>', 'of one project; default: of all together'),
    new Option('--model <name>', 'of one model; default: of all together'),
    new Option('--organization <name>', 'as the operator; default: of each customer by itself'),
  ]
}

function whose({ projectId, apiKeyId, model }: RateLimit): string {
  const parts = [projectId, apiKeyId, model].flatMap((each) => each ?? [])
  return parts.length === 0 ? 'all' : parts.join(', ')
}

async function listRateLimits(call: Call): Promise<void> {
  const { output } = call
  const page = await call.client().listRateLimits()
  const figure = (value: number | null) => (value === null ? '' : grouped(value))
  const columns: readonly Column<RateLimit>[] = [
    { heading: 'RATE LIMIT', cell: (each) => each.id, colour: () => 'dim' },
    {
      heading: 'OF',
      isFlexible: true,
      cell: ({ organization }) => (organization === null ? 'each customer' : toLine(organization)),
    },
    { heading: 'FOR', isFlexible: true, cell: whose },
    { heading: 'REQUESTS/MIN', align: 'right', cell: (each) => figure(each.requestsPerMinute) },
    { heading: 'TOKENS/MIN', align: 'right', cell: (each) => figure(each.tokensPerMinute) },
    { heading: 'AT ONCE', align: 'right', cell: (each) => figure(each.concurrency) },
    { heading: 'SET BY', cell: (each) => each.setBy },
  ]
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no rate limit')
      : renderTable(columns, items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function setRateLimit(call: Call<SetOptions>): Promise<void> {
  const { requests, tokens, concurrency, organization, project, ofKey, model } = call.options
  const client = call.client()
  const named = (rows: readonly { readonly id: string; readonly name: string }[]) =>
    rows.map(({ id, name }) => ({ id, name, label: name }))
  const apiKeyId = await findOptional(ofKey, {
    ...{ prefix: 'key', noun: 'key', listing: 'spillway key list' },
    candidates: async () => named((await client.listApiKeys()).items),
  })
  const organizationId = await findOptional(organization, {
    ...{ prefix: 'org', noun: 'organization', listing: 'spillway organization list' },
    candidates: async () => named((await client.listOrganizations()).items),
  })
  const limit = await client.setRateLimit({
    body: {
      ...(requests === undefined ? {} : { requestsPerMinute: requests }),
      ...(tokens === undefined ? {} : { tokensPerMinute: tokens }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(organizationId === null ? {} : { organizationId }),
      ...(project === undefined ? {} : { projectId: project }),
      ...(apiKeyId === null ? {} : { apiKeyId }),
      ...(model === undefined ? {} : { model }),
    },
  })
  await call.present(limit, () => `${limit.id} is set for ${whose(limit)}`)
}

function findOptional(
  word: string | undefined,
  search: Parameters<typeof findId>[1],
): Promise<string | null> {
  return word === undefined ? Promise.resolve(null) : findId(word, search)
}

async function deleteRateLimit(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'rlm',
    noun: 'rate limit',
    listing: 'spillway rate-limit list',
    candidates: async () =>
      (await client.listRateLimits()).items.map((each) => ({ id: each.id, label: whose(each) })),
  })
  const done = await client.deleteRateLimit({ params: { id } })
  await call.present(done, () => `deleted ${id}`)
}
