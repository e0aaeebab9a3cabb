/** `spillway model access …`: which models a project may use. */
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { renderAccess } from '../output/model-cards.ts'
import { replacesOption, tableOptions } from './model-card.ts'

interface AllowOptions {
  readonly only?: readonly string[]
  readonly except?: readonly string[]
  readonly none?: boolean
  readonly project?: string
  readonly organization?: string
  readonly replaces?: number
}

const projectOption = () => new Option('--project <id>', 'default: the one that you act for')

export function addModelAccessCommands(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'access',
    summary: 'List which models projects may use',
    example: 'spillway model access',
    persona: 'demo',
    run: async (call) => {
      const rules = await call.client().listModelAccess()
      await call.present(rules, ({ items }) => renderAccess(items, tableOptions(call)))
    },
  })
  addCommand<AllowOptions>(group, context, {
    usage: 'allow',
    summary: 'Say which models a project may use; gateways follow at once',
    details:
      'It replaces your rule before. The operator\u2019s rule and the organization\u2019s own hold both.',
    example: 'spillway model allow --only llama-8b toy',
    persona: 'demo',
    options: [
      new Option('--only <models...>', 'these and no others').conflicts(['except', 'none']),
      new Option('--except <models...>', 'all but these').conflicts('none'),
      new Option('--none', 'no model at all'),
      projectOption(),
      new Option(
        '--organization <id>',
        'for the operator: the first project of this organization',
      ).conflicts('project'),
      replacesOption(),
    ],
    run: allowModels,
  })
  addCommand<{ readonly project?: string }>(group, context, {
    usage: 'allow-all',
    summary: 'Remove your rule about the models of a project',
    example: 'spillway model allow-all',
    persona: 'demo',
    options: [projectOption()],
    run: async (call) => {
      const client = call.client()
      const projectId = call.options.project ?? (await client.getSession()).project.id
      const done = await client.deleteModelAccess({ params: { projectId } })
      await call.present(done, () => 'your rule is gone')
    },
  })
}

async function allowModels(call: Call<AllowOptions>): Promise<void> {
  const { only, except, none, project, organization, replaces } = call.options
  const models = only ?? except
  if (models === undefined && none !== true)
    throw usageFailure('No rule was given.', 'Give --only, --except or --none.')
  const body = {
    rule: except === undefined ? ('only' as const) : ('except' as const),
    models: [...(models ?? [])],
    ...(project === undefined ? {} : { projectId: project }),
    ...(organization === undefined ? {} : { organizationId: organization }),
    ...(replaces === undefined ? {} : { replaces }),
  }
  const set = await call.client().setModelAccess({ body })
  await call.present(set, () => renderAccess([set], tableOptions(call)))
}
