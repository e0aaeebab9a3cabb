/** `spillway request`: what became of requests for answers, and live as they end. Never their content. */
import { RequestNews, RequestOutcome, type RequestFilters } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { Failure } from '../failure.ts'
import { followStream } from '../follow/live-stream.ts'
import { renderRequest, renderRequestLine, renderRequests } from '../output/requests.ts'
import { amount, duration, wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'
import { periodOptions, type PeriodOptions } from './period.ts'

interface FilterOptions {
  readonly model?: string
  readonly ofKey?: string
  readonly endUser?: string
  readonly outcome?: RequestOutcome
  readonly status?: string
  readonly code?: string
  readonly slow?: number
  readonly costly?: string
  readonly organization?: string
}

interface ListOptions extends FilterOptions, PeriodOptions {
  readonly limit: number
  readonly cursor?: string
}

const DAY_MS = 86_400_000

export function addRequestCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'request', 'See what became of requests for answers')
  group.alias('requests')
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary:
      'List requests with what became of them, newest first; of the last day if nothing is said',
    details: 'Metadata alone: what was asked and answered is not kept.',
    example: 'spillway request list --status 4xx --model toy',
    persona: 'demo',
    options: [
      ...filterOptions(),
      ...periodOptions(context),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: 1000 }))
        .default(50),
      new Option('--cursor <text>', 'continue where an earlier list stopped'),
    ],
    run: listRequests,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show one request in full, with every server that was asked',
    example: 'spillway request show req_5f0c…',
    persona: 'demo',
    arguments: [new Argument('<id>', 'as the answer\u2019s header x-request-id said')],
    run: showRequest,
  })
  addCommand<FilterOptions>(group, context, {
    usage: 'tail',
    summary: 'Follow requests as they end, live, until Ctrl-C',
    details: 'Of all gateways. With --json, one document a line; what was left out is said too.',
    example: 'spillway requests tail --slow 2s',
    persona: 'demo',
    options: filterOptions(),
    run: tailRequests,
  })
}

function filterOptions(): readonly Option[] {
  return [
    new Option('--model <name>', 'asked for, or answered'),
    new Option('--of-key <name>', 'of this API key'),
    new Option('--end-user <name>', 'of whom requests name as `user`'),
    new Option('--outcome <outcome>', 'that ended so').choices(RequestOutcome.options),
    new Option('--status <status>', 'such as 429, or 5xx for all of a kind'),
    new Option('--code <code>', 'with this error code'),
    new Option('--slow <duration>', 'that took at least so long').argParser(
      duration({ least: 0, most: DAY_MS }),
    ),
    new Option('--costly <usd>', 'that cost at least so much').argParser(amount),
    new Option('--organization <name>', 'as the operator: of this one; default: of all'),
  ]
}

async function filtersOf(call: Call<FilterOptions>): Promise<RequestFilters> {
  const { model, ofKey, endUser, outcome, status, code, slow, costly, organization } = call.options
  const client = call.client()
  const named = (rows: readonly { readonly id: string; readonly name: string }[]) =>
    rows.map(({ id, name }) => ({ id, name, label: name }))
  const apiKeyId =
    ofKey === undefined
      ? undefined
      : await findId(ofKey, {
          ...{ prefix: 'key', noun: 'key', listing: 'spillway key list' },
          candidates: async () => named((await client.listApiKeys()).items),
        })
  const organizationId =
    organization === undefined
      ? undefined
      : await findId(organization, {
          ...{ prefix: 'org', noun: 'organization', listing: 'spillway organization list' },
          candidates: async () => named((await client.listOrganizations()).items),
        })
  return {
    ...(model === undefined ? {} : { model }),
    ...(apiKeyId === undefined ? {} : { apiKeyId }),
    ...(endUser === undefined ? {} : { endUser }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { errorCode: code }),
    ...(slow === undefined ? {} : { slowerThanMs: slow }),
    ...(costly === undefined ? {} : { costAtLeastUsd: costly }),
    ...(organizationId === undefined ? {} : { organizationId }),
  }
}

async function listRequests(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const { limit, cursor, from, to } = options
  const page = await call.client().listRequests({
    query: {
      ...(await filtersOf(call)),
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
  })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no such request in that time')
      : renderRequests(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
  if (call.isJson) return
  if (page.omitted > 0)
    await output.note(`${page.omitted} more are only counted: too many were refused at once`)
  if (page.nextCursor !== null)
    await output.note(`older ones: spillway request list --cursor ${page.nextCursor}`)
}

/** The log goes back a month; a request is looked for in all of it. */
const FIRST_DAY = '2000-01-01T00:00:00Z'

async function showRequest(call: Call): Promise<void> {
  const id = call.words[0] ?? ''
  const { items } = await call.client().listRequests({ query: { id, from: FIRST_DAY, limit: 1 } })
  const [request] = items
  if (request === undefined)
    throw new Failure(`There is no request ${id} in the log.`, {
      remedy: 'The log goes back 31 days. List what it has with `spillway request list`.',
    })
  await call.present(request, () => renderRequest(request, call.output.paint))
}

async function tailRequests(call: Call<FilterOptions>): Promise<number> {
  const filters = await filtersOf(call)
  return followStream<RequestNews>(call, {
    open: (after, signal) =>
      call
        .client()
        .tailRequests({ query: after === undefined ? filters : { ...filters, after }, signal }),
    parse: (document) => RequestNews.safeParse(document).data ?? null,
    show: (news) => showNews(call, news),
  })
}

async function showNews({ output, surroundings, isJson }: Call<object>, news: RequestNews) {
  if (isJson) return output.write(`${JSON.stringify(news)}\n`)
  if (news.kind === 'skipped') return output.note(`… ${news.requests} left out: read on faster …`)
  return output.print(renderRequestLine(news.request, surroundings.nowMs(), output.paint))
}
