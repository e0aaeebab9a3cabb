/** `spillway deployment`: what stands behind the models. */
import type { Deployment, Discovery } from '@spillway/contract'
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderDeployments, renderDiscoveries } from '../output/deployments.ts'
import type { TableOptions } from '../output/table.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { addScalingCommands } from './deployment-scale.ts'
import { findId } from './find.ts'

interface AddOptions {
  readonly upstream: string
  readonly upstreamModel?: string
  readonly privateNetwork?: boolean
  readonly context?: number
  readonly inputPrice?: string
  readonly outputPrice?: string
}

export function addDeploymentCommands(program: Command, context: Context): void {
  const deployment = addGroup(program, 'deployment', 'Look after what serves the models')
  addCommand(deployment, context, {
    usage: 'list',
    summary: 'List deployments and their replicas',
    example: 'spillway deployment list',
    persona: 'operator',
    run: listDeployments,
  })
  addCommand<AddOptions>(deployment, context, {
    usage: 'add',
    summary: 'Sell a model that an OpenAI-compatible server serves',
    example:
      'spillway deployment add llama3 --upstream http://127.0.0.1:11434/v1 --upstream-model llama3:8b --private-network',
    persona: 'operator',
    arguments: [new Argument('<name>', 'the name buyers use')],
    options: addOptions(),
    run: addDeployment,
  })
  addCommand<{ readonly yes?: boolean }>(deployment, context, {
    usage: 'remove',
    summary: 'Take an upstream model out of the catalog',
    example: 'spillway deployment remove llama3 --yes',
    persona: 'operator',
    arguments: [new Argument('<id>', 'its model, or its id or the start or end of it')],
    options: [new Option('-y, --yes', 'do not ask')],
    run: removeDeployment,
  })
  addCommand(deployment, context, {
    usage: 'discover',
    summary: 'Find OpenAI-compatible servers on this machine that could be added',
    example: 'spillway deployment discover',
    persona: 'operator',
    run: discover,
  })
  addScalingCommands(deployment, context)
}

function addOptions(): readonly Option[] {
  return [
    new Option('--upstream <address>', 'base address, such as http://127.0.0.1:11434/v1')
      .argParser(address)
      .makeOptionMandatory(),
    new Option('--upstream-model <name>', 'the name the server itself uses; default: the same'),
    new Option('--private-network', 'it may be in a private network, or on this machine'),
    new Option('--context <tokens>', 'the longest conversation; default: 8192').argParser(
      wholeNumber({ least: 128, most: 10_000_000 }),
    ),
    new Option('--input-price <usd>', 'per million tokens read; default: 0.10').argParser(price),
    new Option('--output-price <usd>', 'per million tokens written; default: 0.40').argParser(
      price,
    ),
  ]
}

function address(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('Write it with its scheme, such as http://127.0.0.1:11434/v1.')
}

function price(text: string): string {
  if (/^\d{1,8}(\.\d{1,6})?$/.test(text)) return text
  throw new InvalidArgumentError(
    'Write USD per million tokens as a plain decimal with at most 6 decimals, such as 0.40.',
  )
}

function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

async function listDeployments(call: Call): Promise<void> {
  const deployments = await call.client().listDeployments()
  await call.present(deployments, ({ items }) => renderDeployments(items, tableOptions(call)))
}

async function addDeployment(call: Call<AddOptions>): Promise<void> {
  const { options, words } = call
  const model = words[0] ?? ''
  const created: Deployment = await call.client().createDeployment({
    body: {
      model,
      upstreamUrl: options.upstream,
      upstreamModel: options.upstreamModel ?? model,
      ...(options.privateNetwork === true ? { allowsPrivateNetwork: true } : {}),
      ...(options.context === undefined ? {} : { contextTokens: options.context }),
      ...(options.inputPrice === undefined ? {} : { inputUsdPerMillionTokens: options.inputPrice }),
      ...(options.outputPrice === undefined
        ? {}
        : { outputUsdPerMillionTokens: options.outputPrice }),
    },
  })
  await call.present(created, () => renderDeployments([created], tableOptions(call)))
  if (!call.isJson) await call.output.note(`try it: spillway chat --model ${model} "Hello"`)
}

async function removeDeployment(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const client = call.client()
  const wanted = call.words[0] ?? ''
  const { items } = await client.listDeployments()
  const id = await findId(wanted, {
    prefix: 'dep',
    noun: 'deployment',
    listing: 'spillway deployment list',
    candidates: () =>
      Promise.resolve(items.map(({ id, model }) => ({ id, label: model, name: model }))),
  })
  if (call.options.yes !== true)
    await confirm(call, `Remove ${items.find((each) => each.id === id)?.model ?? id}?`)
  const done = await client.deleteDeployment({ params: { id } })
  await call.present(done, () => `${id} is removed`)
}

async function discover(call: Call): Promise<void> {
  const found = await call.client().listDiscoveries()
  await call.present(found, ({ items }: { readonly items: readonly Discovery[] }) =>
    renderDiscoveries(items, tableOptions(call)),
  )
}
