/** `spillway quota`: how many GPUs may be held at once, what of that is used, and asking for more. */
import { QuotaRequestState, Tier } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import {
  renderQuota,
  renderQuotaRequest,
  renderQuotaRequests,
  renderQuotas,
} from '../output/quotas.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface ScopeOptions {
  readonly pool?: string
  readonly accelerator?: string
  readonly tier?: Tier
}

interface OfOptions {
  readonly organization?: string
}

interface SetOptions extends ScopeOptions, OfOptions {
  readonly project?: string
  readonly gpus: number
}

interface RequestOptions extends ScopeOptions {
  readonly project?: string
  readonly gpus: number
  readonly reason: string
}

interface ListRequestsOptions {
  readonly state?: QuotaRequestState
}

interface DecideOptions {
  readonly gpus?: number
  readonly answer?: string
}

const GPUS_MAX = 1_000_000
const LIMIT_MAX = 1000

export function addQuotaCommands(program: Command, context: Context): void {
  const group = addGroup(
    program,
    'quota',
    'See how many GPUs may be held at once, and ask for more',
  )
  addCommand<OfOptions>(group, context, {
    usage: 'list',
    summary: 'List quotas with their use: yours, or as the operator all that are set',
    example: 'spillway quota list',
    persona: 'demo',
    options: [organizationOption('as the operator: the quotas that hold for it')],
    run: listQuotas,
  })
  addCommand<RequestOptions>(group, context, {
    usage: 'request',
    summary: 'Ask the operator for a higher quota',
    example: 'spillway quota request --gpus 64 --reason "a training run until Friday"',
    persona: 'demo',
    options: [
      gpusOption('so many GPUs in all, at once').makeOptionMandatory(),
      new Option('--reason <text>', 'what it is for').makeOptionMandatory(),
      new Option('--project <id>', 'of this project alone; default: of all together'),
      ...scopeOptions(),
    ],
    run: requestQuota,
  })
  addCommand<ListRequestsOptions>(group, context, {
    usage: 'requests',
    summary: 'List what was asked for, newest first',
    example: 'spillway quota requests --state open',
    persona: 'demo',
    options: [
      new Option('--state <state>', 'only those that are').choices(QuotaRequestState.options),
    ],
    run: listRequests,
  })
  addOperatorCommands(group, context)
}

function addOperatorCommands(group: Command, context: Context): void {
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary: 'Set the most GPUs that an organization, or every customer, may hold at once',
    details: 'A lower quota takes nothing back; what waits goes on waiting.',
    example: 'spillway quota set --gpus 64 --organization "Example Robotics" --pool h200',
    persona: 'operator',
    options: [
      gpusOption('so many GPUs at once').makeOptionMandatory(),
      organizationOption('default: every customer that has none of its own for the same'),
      new Option('--project <id>', 'only this project of the organization'),
      ...scopeOptions(),
    ],
    run: setQuota,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete a quota: what it limited has no limit, or the default again',
    example: 'spillway quota delete 4kq2',
    persona: 'operator',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: deleteQuota,
  })
  const request = () => [new Argument('<id>', 'the request: its id, or the start or end of it')]
  const answer = () => new Option('--answer <text>', 'what is said to it')
  addCommand<DecideOptions>(group, context, {
    usage: 'grant',
    summary: 'Grant what was asked for; it is the organization\u2019s quota at once',
    example: 'spillway quota grant 4kq2 --gpus 32',
    persona: 'operator',
    arguments: request(),
    options: [gpusOption('what is granted; default: what was asked for'), answer()],
    run: (call) => decide(call, 'grant'),
  })
  addCommand<DecideOptions>(group, context, {
    usage: 'decline',
    summary: 'Decline what was asked for',
    example: 'spillway quota decline 4kq2 --answer "not before March"',
    persona: 'operator',
    arguments: request(),
    options: [answer()],
    run: (call) => decide(call, 'decline'),
  })
}

function gpusOption(text: string): Option {
  return new Option('--gpus <n>', text).argParser(wholeNumber({ least: 0, most: GPUS_MAX }))
}

function organizationOption(text: string): Option {
  return new Option('--organization <name>', text)
}

function scopeOptions(): readonly Option[] {
  return [
    new Option('--pool <name>', 'of this pool; default: of all together'),
    new Option('--accelerator <name>', 'of this accelerator, such as H100').conflicts('pool'),
    new Option('--tier <tier>', 'of this tier; default: of all together').choices(Tier.options),
  ]
}

function scopeBody({ pool, accelerator, tier }: ScopeOptions) {
  return {
    ...(pool === undefined ? {} : { pool }),
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(tier === undefined ? {} : { tier }),
  }
}

/** People know organizations by their names. */
async function organizationId(call: Call<OfOptions>): Promise<string | null> {
  const { organization } = call.options
  if (organization === undefined) return null
  return findId(organization, {
    prefix: 'org',
    noun: 'organization',
    listing: 'spillway organization list',
    candidates: async () =>
      (await call.client().listOrganizations()).items.map(({ id, name }) => ({
        ...{ id, name, label: name },
      })),
  })
}

async function listQuotas(call: Call<OfOptions>): Promise<void> {
  const { output } = call
  const organization = await organizationId(call)
  const query = organization === null ? {} : { organization }
  const page = await call.client().listQuotas({ query })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no quota; only what is free and what can be paid is in the way')
      : renderQuotas(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function setQuota(call: Call<SetOptions>): Promise<void> {
  const { options, output } = call
  const organization = await organizationId(call)
  const quota = await call.client().setQuota({
    body: {
      ...scopeBody(options),
      gpus: options.gpus,
      ...(organization === null ? {} : { organizationId: organization }),
      ...(options.project === undefined ? {} : { projectId: options.project }),
    },
  })
  await call.present(quota, () => renderQuota(quota, output.paint))
}

async function deleteQuota(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'qta',
    noun: 'quota',
    listing: 'spillway quota list --as operator',
    candidates: async () =>
      (await client.listQuotas({ query: {} })).items.map((each) => ({
        id: each.id,
        label: `${each.organization ?? 'every customer'}  ${each.gpus}`,
      })),
  })
  const done = await client.deleteQuota({ params: { id } })
  await call.present(done, () => `deleted ${id}`)
}

async function requestQuota(call: Call<RequestOptions>): Promise<void> {
  const { gpus, reason, project } = call.options
  const of = project === undefined ? {} : { projectId: project }
  const body = { ...of, ...scopeBody(call.options), gpus, reason }
  const request = await call.client().createQuotaRequest({ body })
  await call.present(request, () =>
    renderQuotaRequest(request, call.surroundings.nowMs(), call.output.paint),
  )
}

async function listRequests(call: Call<ListRequestsOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listQuotaRequests({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nothing was asked for')
      : renderQuotaRequests(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

async function decide(call: Call<DecideOptions>, decision: 'grant' | 'decline'): Promise<void> {
  const client = call.client()
  const { gpus, answer } = call.options
  const id = await findId(call.words[0] ?? '', {
    prefix: 'qrq',
    noun: 'request',
    listing: 'spillway quota requests --as operator',
    candidates: async () =>
      (await client.listQuotaRequests({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.state}  ${each.organization}  ${each.gpus}`,
      })),
  })
  const body = {
    decision,
    ...(gpus === undefined ? {} : { gpus }),
    ...(answer === undefined ? {} : { answer }),
  }
  const request = await client.decideQuotaRequest({ params: { id }, body })
  await call.present(request, () =>
    renderQuotaRequest(request, call.surroundings.nowMs(), call.output.paint),
  )
}
