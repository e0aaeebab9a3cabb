/** `spillway content`: what a project lets be kept of its prompts and answers. */
import { CacheMode, type ContentPolicy, type StoredContent } from '@spillway/contract'
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { type Column, renderTable } from '../output/table.ts'
import { renderDuration, renderRelative } from '../output/time.ts'
import { duration } from '../parse/option-values.ts'

interface SetOptions {
  readonly project?: string
  readonly cache?: CacheMode
  readonly cacheTtl?: number
  readonly sampled?: 'yes' | 'no'
  readonly store?: number | 'off'
}

interface ListOptions {
  readonly project?: string
}

const DAY_MS = 86_400_000

export function addContentCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'content', 'Say what is kept of prompts and answers')
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show what your projects let be kept; without a word nothing is',
    example: 'spillway content show',
    persona: 'demo',
    run: showContent,
  })
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary: 'Set what a project lets be kept; what you leave out stays as it is',
    details:
      'With --cache asked, requests say x-spillway-cache: use. With on, all whose answer would be the same again are looked up: embeddings, and temperature 0. A change of the cache empties it. With --store off, what was stored is deleted.',
    example: 'spillway content set --cache on --cache-ttl 6h',
    persona: 'demo',
    options: setOptions(),
    run: setContent,
  })
  addStoredCommands(group, context)
}

function addStoredCommands(group: Command, context: Context): void {
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List of which requests prompts and answers are stored, newest first',
    example: 'spillway content list',
    persona: 'demo',
    options: [new Option('--project <id>', 'of which project; default: your own')],
    run: listStored,
  })
  addCommand(group, context, {
    usage: 'read',
    summary: 'Read what is stored of a request; that you did is recorded',
    example: 'spillway content read req_0123456789abcdef01234567',
    persona: 'demo',
    arguments: [new Argument('<id>', 'the request, as x-request-id of its answer says it')],
    run: readStored,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete what is stored of a request',
    example: 'spillway content delete req_0123456789abcdef01234567',
    persona: 'demo',
    arguments: [new Argument('<id>', 'the request')],
    run: deleteStored,
  })
}

/** `30d` as days, `off` as none. */
function storedFor(text: string): number | 'off' {
  if (text === 'off') return text
  const days = duration({ least: DAY_MS, most: 365 * DAY_MS })(text) / DAY_MS
  if (Number.isInteger(days)) return days
  throw new InvalidArgumentError('Write whole days, such as 30d, or off.')
}

function setOptions(): readonly Option[] {
  return [
    new Option('--cache <mode>', 'whether answers are given again').choices(CacheMode.options),
    new Option('--cache-ttl <time>', 'for how long, such as 30m or 7d').argParser(
      duration({ least: 1000, most: 30 * 86_400_000 }),
    ),
    new Option(
      '--sampled <word>',
      'also what another try would answer otherwise, if asked',
    ).choices([...['yes', 'no']]),
    new Option(
      '--store <time>',
      'store prompts and answers for so many days, such as 30d, or off',
    ).argParser(storedFor),
    new Option('--project <id>', 'of which project; default: your own'),
  ]
}

function columns(): readonly Column<ContentPolicy>[] {
  return [
    { heading: 'PROJECT', cell: ({ projectId }) => projectId },
    { heading: 'CACHE', cell: ({ cache }) => cache },
    {
      heading: 'FOR',
      align: 'right',
      cell: ({ cacheTtlSeconds }) => renderDuration(cacheTtlSeconds * 1000),
    },
    { heading: 'SAMPLED', cell: ({ isSampledCached }) => (isSampledCached ? 'if asked' : 'no') },
    {
      heading: 'STORED',
      cell: ({ storedDays }) => (storedDays === null ? 'no' : `${storedDays} days`),
      colour: ({ storedDays }) => (storedDays === null ? null : 'yellow'),
    },
    { heading: 'SET BY', isFlexible: true, cell: ({ setBy }) => setBy ?? '' },
  ]
}

async function showContent(call: Call): Promise<void> {
  const { output } = call
  const page = await call.client().listContentPolicies()
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nothing is kept of prompts and answers')
      : renderTable(columns(), items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function setContent(call: Call<SetOptions>): Promise<void> {
  const { project, cache, cacheTtl, sampled, store } = call.options
  const changes = {
    ...(cache === undefined ? {} : { cache }),
    ...(cacheTtl === undefined ? {} : { cacheTtlSeconds: Math.round(cacheTtl / 1000) }),
    ...(sampled === undefined ? {} : { isSampledCached: sampled === 'yes' }),
    ...(store === undefined ? {} : { storedDays: store === 'off' ? null : store }),
  }
  if (Object.keys(changes).length === 0)
    throw usageFailure('Nothing to set is said.', 'Say --cache, --cache-ttl, --sampled or --store.')
  const body = { ...changes, ...(project === undefined ? {} : { projectId: project }) }
  const policy = await call.client().setContentPolicy({ body })
  const options = { paint: call.output.paint, columnsMax: call.output.columns() }
  await call.present(policy, () => renderTable(columns(), [policy], options))
}

async function listStored(call: Call<ListOptions>): Promise<void> {
  const { output, options, surroundings } = call
  const query = options.project === undefined ? {} : { projectId: options.project }
  const page = await call.client().listStoredContents({ query })
  const columns: readonly Column<StoredContent>[] = [
    { heading: 'REQUEST', cell: ({ requestId }) => requestId },
    { heading: 'MODEL', cell: ({ model }) => model },
    { heading: 'DIALECT', cell: ({ dialect }) => dialect },
    { heading: 'KEY', isFlexible: true, cell: ({ apiKeyId }) => apiKeyId },
    { heading: 'AT', cell: ({ at }) => renderRelative(at, surroundings.nowMs()) },
    {
      heading: 'DELETED',
      cell: ({ expiresAt }) => renderRelative(expiresAt, surroundings.nowMs()),
    },
  ]
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nothing is stored')
      : renderTable(columns, items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function readStored(call: Call): Promise<void> {
  const id = call.words[0] ?? ''
  const stored = await call.client().getStoredContent({ params: { id } })
  const { request, answer } = stored
  await call.present(stored, () => JSON.stringify({ request, answer }, null, 2))
}

async function deleteStored(call: Call): Promise<void> {
  const id = call.words[0] ?? ''
  const done = await call.client().deleteStoredContent({ params: { id } })
  await call.present(done, () => `deleted what was stored of ${id}`)
}
