/** `spillway model card …`: what is known of models, what the operator declares of them, and when they go. */
import { ModelCardDocument, renderDocumentation } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import {
  renderCard,
  renderCards,
  renderCardVersions,
  renderMeasures,
  renderRetirement,
} from '../output/model-cards.ts'
import type { TableOptions } from '../output/table.ts'
import { parseJson } from '../parse/json.ts'
import { instant, wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'

interface DeclareOptions {
  readonly file: string
  readonly replaces?: number
}

interface RetireOptions {
  readonly at: string
  readonly successor?: string
  readonly replaces?: number
  readonly yes?: boolean
}

export const replacesOption = () =>
  new Option('--replaces <version>', 'refuse when another version was set meanwhile').argParser(
    wholeNumber({ least: 0, most: 1_000_000 }),
  )

export const modelArgument = () => new Argument('<model>', 'its name in the catalog')

export function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

export function addModelCardCommands(group: Command, context: Context): void {
  addReading(group, context)
  addCommand<DeclareOptions>(group, context, {
    usage: 'declare',
    summary: 'Declare what a model is, from a file of JSON',
    details:
      'What the file leaves out is unknown from then on; docs/guides/models.md says what it may hold.',
    example: 'spillway model declare llama --file card.json --replaces 2',
    persona: 'operator',
    arguments: [modelArgument()],
    options: [new Option('--file <path>', 'the card').makeOptionMandatory(), replacesOption()],
    run: declareCard,
  })
  addCommand<RetireOptions>(group, context, {
    usage: 'retire',
    summary: 'Announce when a model goes; asks first',
    example: 'spillway model retire llama-2 --at 2027-03-01 --successor llama-3',
    persona: 'operator',
    arguments: [modelArgument()],
    options: [
      new Option('--at <when>', 'an instant to come')
        .argParser(instant(context.surroundings.nowMs))
        .makeOptionMandatory(),
      new Option('--successor <model>', 'what aliases move to, and what is named to those who ask'),
      replacesOption(),
      new Option('-y, --yes', 'do not ask'),
    ],
    run: retireModel,
  })
  addCommand(group, context, {
    usage: 'keep',
    summary: 'Keep a model that was to go, or bring back one that went',
    example: 'spillway model keep llama-2',
    persona: 'operator',
    arguments: [modelArgument()],
    run: keepModel,
  })
}

function addReading(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'cards',
    summary: 'Compare the models: prices, limits, and what was measured of the last day',
    example: 'spillway model cards',
    persona: 'demo',
    run: async (call) => {
      const cards = await call.client().listModelCards()
      await call.present(cards, ({ items }) => renderCards(items, tableOptions(call)))
    },
  })
  addCommand(group, context, {
    usage: 'card',
    summary: 'Show all that is known of a model',
    example: 'spillway model card toy',
    persona: 'demo',
    arguments: [modelArgument()],
    run: async (call) => {
      const card = await call.client().getModelCard({ params: idOf(call) })
      await call.present(card, () => renderCard(card, call.output.paint))
    },
  })
  addCommand(group, context, {
    usage: 'card-versions',
    summary: 'List what was declared of a model, newest first',
    example: 'spillway model card-versions toy',
    persona: 'demo',
    arguments: [modelArgument()],
    run: async (call) => {
      const versions = await call.client().listModelCardVersions({ params: idOf(call) })
      await call.present(versions, ({ items }) => renderCardVersions(items, tableOptions(call)))
    },
  })
  addCommand<{ readonly hours: number }>(group, context, {
    usage: 'measures',
    summary: 'Show how a model answered here, hour by hour',
    example: 'spillway model measures toy --hours 6',
    persona: 'demo',
    arguments: [modelArgument()],
    options: [
      new Option('--hours <hours>', 'how far back')
        .argParser(wholeNumber({ least: 1, most: 744 }))
        .default(24),
    ],
    run: async (call) => {
      const input = { params: idOf(call), query: { hours: call.options.hours } }
      const measures = await call.client().listModelMeasures(input)
      await call.present(measures, ({ items }) => renderMeasures(items, tableOptions(call)))
    },
  })
  addCommand(group, context, {
    usage: 'documentation',
    summary: 'Write a model\u2019s documentation as Markdown, or as JSON with --json',
    details:
      'After the form of the EU\u2019s Code of Practice; each field is measured, declared or unknown.',
    example: 'spillway model documentation toy',
    persona: 'demo',
    arguments: [modelArgument()],
    run: async (call) => {
      const documentation = await call.client().getModelDocumentation({ params: idOf(call) })
      await call.present(documentation, renderDocumentation)
    },
  })
}

const idOf = ({ words }: Call<object>) => ({ id: words[0] ?? '' })

async function declareCard(call: Call<DeclareOptions>): Promise<void> {
  const { surroundings, options } = call
  const text = surroundings.readFile(options.file)
  if (text === null) throw usageFailure(`There is no file ${options.file}.`, 'Name a file of JSON.')
  const parsed = ModelCardDocument.safeParse(parseJson(text))
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw usageFailure(`${options.file} is no card: ${faults.join('; ')}`, 'Correct it.')
  }
  const { replaces } = options
  const body = { card: parsed.data, ...(replaces === undefined ? {} : { replaces }) }
  const card = await call.client().setModelCard({ params: idOf(call), body })
  await call.present(card, () => renderCard(card, call.output.paint))
}

async function retireModel(call: Call<RetireOptions>): Promise<void> {
  const { at: retiresAt, successor, replaces, yes } = call.options
  const params = idOf(call)
  if (yes !== true) await confirm(call, `Announce to everybody who used ${params.id} that it goes?`)
  const body = {
    retiresAt,
    ...(successor === undefined ? {} : { successor }),
    ...(replaces === undefined ? {} : { replaces }),
  }
  const announced = await call.client().announceModelRetirement({ params, body })
  await call.present(announced, () => `${announced.model} ${renderRetirement(announced)}`)
}

async function keepModel(call: Call): Promise<void> {
  const params = idOf(call)
  const done = await call.client().withdrawModelRetirement({ params })
  await call.present(done, () => `${params.id} stays`)
}
