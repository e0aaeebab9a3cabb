/** `spillway model alias …`: other names for models. */
import { Argument, type Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { renderAliases } from '../output/model-cards.ts'
import { modelArgument, replacesOption, tableOptions } from './model-card.ts'

const aliasArgument = () => new Argument('<alias>', 'a name that no model has')

export function addModelAliasCommands(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'aliases',
    summary: 'List other names for models',
    example: 'spillway model aliases',
    persona: 'demo',
    run: async (call) => {
      const aliases = await call.client().listModelAliases()
      await call.present(aliases, ({ items }) => renderAliases(items, tableOptions(call)))
    },
  })
  addCommand(group, context, {
    usage: 'alias-versions',
    summary: 'List what an alias stood for, newest first',
    example: 'spillway model alias-versions fast',
    persona: 'demo',
    arguments: [aliasArgument()],
    run: async (call) => {
      const params = { alias: call.words[0] ?? '' }
      const versions = await call.client().listModelAliasVersions({ params })
      await call.present(versions, ({ items }) => renderAliases(items, tableOptions(call)))
    },
  })
  addCommand<{ readonly replaces?: number }>(group, context, {
    usage: 'alias',
    summary: 'Let a name stand for a model; gateways follow at once',
    example: 'spillway model alias fast llama-8b',
    persona: 'operator',
    arguments: [aliasArgument(), modelArgument()],
    options: [replacesOption()],
    run: async (call) => {
      const [alias = '', model = ''] = call.words
      const { replaces } = call.options
      const body = { model, ...(replaces === undefined ? {} : { replaces }) }
      const set = await call.client().setModelAlias({ params: { alias }, body })
      await call.present(set, () => renderAliases([set], tableOptions(call)))
    },
  })
  addCommand(group, context, {
    usage: 'unalias',
    summary: 'Let a name stand for nothing any more',
    example: 'spillway model unalias fast',
    persona: 'operator',
    arguments: [aliasArgument()],
    run: async (call) => {
      const alias = call.words[0] ?? ''
      const done = await call.client().deleteModelAlias({ params: { alias } })
      await call.present(done, () => `${alias} stands for nothing`)
    },
  })
}
