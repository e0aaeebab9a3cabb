/** `spillway upstream`: servers of somebody else that answer for models. A credential is never an argument. */
import { UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import type { TableOptions } from '../output/table.ts'
import { renderUpstreams } from '../output/upstreams.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { findId } from './find.ts'

interface TermOptions {
  readonly credential?: boolean
  readonly region?: string
  readonly data?: UpstreamDataPolicy
  readonly privateNetwork?: boolean
}

interface AddOptions extends TermOptions {
  readonly address: string
  readonly provider?: UpstreamProvider
  readonly upstreamModel?: string
  readonly context?: number
  readonly embeddings?: boolean
  readonly inputPrice?: string
  readonly outputPrice?: string
  readonly cachedInputPrice?: string
  readonly cacheWritePrice?: string
  readonly reasoningPrice?: string
  readonly inputCost?: string
  readonly outputCost?: string
}

export function addUpstreamCommands(program: Command, context: Context): void {
  const upstream = addGroup(program, 'upstream', 'Let servers of somebody else answer for models')
  addCommand(upstream, context, {
    usage: 'list',
    summary: 'List upstreams',
    example: 'spillway upstream list',
    persona: 'operator',
    run: listUpstreams,
  })
  addCommand<AddOptions>(upstream, context, {
    usage: 'add',
    summary: 'Let a server of somebody else answer for a model',
    details:
      'A model that is in the catalog keeps its price; a new one needs --context, --input-price and --output-price. ' +
      'With --credential, what proves who asks is asked for, or read from a pipe; it is kept sealed and never shown again. ' +
      'For Bedrock it is an API key, or a key of AWS as ID:SECRET (ID:SECRET:TOKEN for a session). ' +
      'A server in a network of yours, or on this machine, needs --private-network.',
    example:
      'spillway upstream add claude --address https://api.example.com/v1 --provider anthropic --credential < key.txt',
    persona: 'operator',
    arguments: [new Argument('<model>', 'the name buyers use')],
    options: [...addressOptions(), ...termOptions(), ...priceOptions()],
    run: addUpstream,
  })
  addCommand<TermOptions>(upstream, context, {
    usage: 'update',
    summary: 'Give an upstream another credential, region, data policy or reach',
    example: 'spillway upstream update claude --credential < key.txt',
    persona: 'operator',
    arguments: [idArgument()],
    options: termOptions(),
    run: updateUpstream,
  })
  addCommand<{ readonly yes?: boolean }>(upstream, context, {
    usage: 'remove',
    summary: 'Ask an upstream no more',
    example: 'spillway upstream remove claude --yes',
    persona: 'operator',
    arguments: [idArgument()],
    options: [new Option('-y, --yes', 'do not ask')],
    run: removeUpstream,
  })
}

const idArgument = () => new Argument('<id>', 'its model, or its id or the start or end of it')

function addressOptions(): readonly Option[] {
  return [
    new Option(
      '--address <address>',
      'base address, such as https://api.example.com/v1',
    ).makeOptionMandatory(),
    new Option('--provider <kind>', 'what it speaks; default: openai').choices(
      UpstreamProvider.options,
    ),
    new Option('--upstream-model <name>', 'the name the server itself uses; default: the same'),
  ]
}

function termOptions(): readonly Option[] {
  return [
    new Option('--credential', 'ask for a credential, or read it from a pipe'),
    new Option('--region <name>', 'where it runs'),
    new Option('--data <policy>', 'what becomes of prompts there').choices(
      UpstreamDataPolicy.options,
    ),
    new Option('--private-network', 'it may be in a private network, or on this machine'),
    new Option('--no-private-network', 'it is on the public internet alone; the default'),
  ]
}

function priceOptions(): readonly Option[] {
  const price = (name: string, words: string) =>
    new Option(`--${name} <usd>`, `per million ${words}`).argParser(usd)
  return [
    new Option('--context <tokens>', 'the longest conversation').argParser(
      wholeNumber({ least: 128, most: 10_000_000 }),
    ),
    new Option('--embeddings', 'it makes embeddings, and answers nothing else'),
    price('input-price', 'tokens read'),
    price('output-price', 'tokens written'),
    price('cached-input-price', 'tokens read from its cache; default: as any read'),
    price('cache-write-price', 'tokens written to its cache; default: as any read'),
    price('reasoning-price', 'tokens of reasoning; default: as any written'),
    price('input-cost', 'tokens read, that it takes itself'),
    price('output-cost', 'tokens written, that it takes itself'),
  ]
}

function usd(text: string): string {
  if (/^\d{1,8}(\.\d{1,6})?$/.test(text)) return text
  throw new InvalidArgumentError('Write USD as a plain decimal with at most 6 decimals.')
}

function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

async function readCredential({ surroundings }: Call<TermOptions>): Promise<string> {
  const typed = surroundings.isStdinTty
    ? await surroundings.ask('Credential: ', { isHidden: true })
    : await surroundings.readStdin()
  const credential = (typed ?? '').trim()
  if (credential === '')
    throw usageFailure('No credential was given.', 'Type it when asked, or pipe it in.')
  return credential
}

/** Without what was not given: it stays, or is left to the server. */
function given<Values extends object>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>
  }
}

async function readTerms(call: Call<TermOptions>) {
  const { credential, region, data: dataPolicy, privateNetwork } = call.options
  return given({
    credential: credential === true ? await readCredential(call) : undefined,
    region,
    dataPolicy,
    allowsPrivateNetwork: privateNetwork,
  })
}

/** How a new model is sold; undefined where nothing was said of it. */
function readSale(options: AddOptions) {
  const { context: contextTokens, inputPrice: inputUsd, outputPrice: outputUsd } = options
  const classes = given({
    cachedInputUsd: options.cachedInputPrice,
    cacheWriteUsd: options.cacheWritePrice,
    reasoningUsd: options.reasoningPrice,
  })
  const isSilent = [contextTokens, inputUsd, outputUsd].every((value) => value === undefined)
  if (isSilent && Object.keys(classes).length === 0) return undefined
  if (contextTokens === undefined || inputUsd === undefined || outputUsd === undefined)
    throw usageFailure(
      'A new model needs its context and both prices.',
      'Give --context, --input-price and --output-price, or none of them.',
    )
  const kind = given({ isEmbedding: options.embeddings })
  return { contextTokens, inputUsd, outputUsd, ...classes, ...kind }
}

async function listUpstreams(call: Call): Promise<void> {
  const upstreams = await call.client().listUpstreams()
  await call.present(upstreams, ({ items }) => renderUpstreams(items, tableOptions(call)))
}

async function addUpstream(call: Call<AddOptions>): Promise<void> {
  const { options, words } = call
  const model = words[0] ?? ''
  const created = await call.client().createUpstream({
    body: {
      model,
      url: options.address,
      upstreamModel: options.upstreamModel ?? model,
      ...given({
        provider: options.provider,
        inputCostUsd: options.inputCost,
        outputCostUsd: options.outputCost,
        sell: readSale(options),
      }),
      ...(await readTerms(call)),
    },
  })
  await call.present(created, () => renderUpstreams([created], tableOptions(call)))
  if (!call.isJson) await call.output.note(`try it: spillway chat --model ${model} "Hello"`)
}

async function findUpstream(call: Call<object>): Promise<string> {
  const { items } = await call.client().listUpstreams()
  return findId(call.words[0] ?? '', {
    prefix: 'ups',
    noun: 'upstream',
    listing: 'spillway upstream list',
    candidates: () =>
      Promise.resolve(items.map(({ id, model }) => ({ id, label: model, name: model }))),
  })
}

async function updateUpstream(call: Call<TermOptions>): Promise<void> {
  const id = await findUpstream(call)
  const body = await readTerms(call)
  if (Object.keys(body).length === 0)
    throw usageFailure(
      'Nothing to change was given.',
      'Give --credential, --region, --data or --private-network.',
    )
  const changed = await call.client().updateUpstream({ params: { id }, body })
  await call.present(changed, () => renderUpstreams([changed], tableOptions(call)))
}

async function removeUpstream(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const id = await findUpstream(call)
  if (call.options.yes !== true) await confirm(call, `Ask ${call.words[0] ?? id} no more?`)
  const done = await call.client().deleteUpstream({ params: { id } })
  await call.present(done, () => `${id} is removed`)
}
