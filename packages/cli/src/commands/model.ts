/** `spillway model`: the catalog; cards, aliases and access have files of their own beside this one. */
import type { Model } from '@spillway/contract'
import { Argument, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { counted, group, renderPrice, renderSeconds } from '../output/amount.ts'
import type { Colour, Paint } from '../output/paint.ts'
import { renderFields, renderTable, type Column, type TableOptions } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { addModelAccessCommands } from './model-access.ts'
import { addModelAliasCommands } from './model-alias.ts'
import { addModelCardCommands } from './model-card.ts'

const STATE_COLOURS: Readonly<Record<Model['state'], Colour>> = {
  ready: 'green',
  starting: 'yellow',
  asleep: 'dim',
  unavailable: 'red',
}

export function addModelCommands(program: Command, context: Context): void {
  const model = addGroup(
    program,
    'model',
    'Look at the models, and say what they are and who may use them',
  )
  addCommand(model, context, {
    usage: 'list',
    summary: 'List the models with prices and state',
    example: 'spillway model list',
    persona: 'demo',
    run: listModels,
  })
  addCommand(model, context, {
    usage: 'show',
    summary: 'Show a model’s card',
    example: 'spillway model show toy',
    persona: 'demo',
    arguments: [new Argument('<name>', 'the name that requests carry')],
    run: showModel,
  })
  addModelCardCommands(model, context)
  addModelAliasCommands(model, context)
  addModelAccessCommands(model, context)
}

async function listModels(call: Call): Promise<void> {
  const { output } = call
  const models = await call.client().listModels()
  await call.present(models, ({ items }) =>
    items.length === 0
      ? 'no models'
      : renderModels(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function showModel(call: Call): Promise<void> {
  const model = await call.client().getModel({ params: { id: call.words[0] ?? '' } })
  await call.present(model, () => renderModel(model, call.output.paint))
}

function renderModels(models: readonly Model[], options: TableOptions): string {
  const columns: readonly Column<Model>[] = [
    { heading: 'MODEL', cell: (model) => model.id },
    {
      heading: 'STATE',
      cell: (model) => model.state,
      colour: (model) => STATE_COLOURS[model.state],
    },
    { heading: 'CONTEXT', align: 'right', cell: (model) => group(model.contextTokens) },
    { heading: 'INPUT USD', align: 'right', cell: (model) => renderPrice(model.price.input) },
    { heading: 'OUTPUT USD', align: 'right', cell: (model) => renderPrice(model.price.output) },
    { heading: 'SERVED BY', cell: servedBy },
    {
      heading: '',
      isFlexible: true,
      cell: (model) =>
        model.displayName +
        (model.isToy ? ', a toy' : '') +
        (model.isEmbedding ? ', for embeddings' : ''),
    },
  ]
  return renderTable(columns, models, options)
}

function servedBy(model: Model): string {
  if (model.source === 'upstream') return 'upstream'
  return counted(model.replicasReady, 'replica')
}

function renderModel(model: Model, paint: Paint): string {
  return renderFields(
    [
      ['model', model.id],
      ['name', toLine(model.displayName)],
      ['state', paint(STATE_COLOURS[model.state], model.state)],
      ['', toLine(model.stateText)],
      [
        'toy',
        model.isToy ? 'yes: it is for trying the machinery, and its words mean nothing' : null,
      ],
      ['embeddings', model.isEmbedding ? 'yes: it makes them, and answers nothing else' : null],
      ['description', toLine(model.description)],
      ['publisher', toLine(model.publisher)],
      ['licence', toLine(model.licence)],
      ['context', `${group(model.contextTokens)} tokens`],
      ['input', renderPrice(model.price.input, 'USD')],
      ['output', renderPrice(model.price.output, 'USD')],
      ['served by', servedBy(model)],
      [
        'cold start',
        model.coldStartMs === null ? null : `${renderSeconds(BigInt(model.coldStartMs))} s`,
      ],
    ],
    paint,
  )
}
