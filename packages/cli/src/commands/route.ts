/** `spillway route`: who answers for a model, in which order and under which conditions; and what a project allows. */
import type { RouteConstraints } from '@spillway/contract'
import { RouteDocument } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { renderRouteSimulation } from '../output/route-simulation.ts'
import {
  renderRoute,
  renderRouteConstraints,
  renderRoutes,
  renderVersions,
} from '../output/routes.ts'
import type { TableOptions } from '../output/table.ts'
import { parseJson } from '../parse/json.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'

interface SetOptions {
  readonly file: string
  readonly replaces?: string
  readonly yes?: boolean
}

interface SimulateOptions {
  readonly file: string
  readonly hours?: number
}

interface AgreeOptions {
  readonly yes?: boolean
}

interface ProjectOptions {
  readonly project?: string
}

interface ConstrainOptions extends ProjectOptions {
  readonly region?: readonly string[]
  readonly provider?: readonly string[]
  readonly ignore?: readonly string[]
  readonly data?: 'not_kept' | 'kept'
  readonly maxInputPrice?: string
  readonly maxOutputPrice?: string
}

export function addRouteCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'route', 'Say who answers for a model, and where requests may go')
  addReading(group, context)
  addSetting(group, context)
  addConstraining(group, context)
}

const modelArgument = () => new Argument('<model>', 'its name in the catalog')

function addReading(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'list',
    summary: 'List the route of every model',
    example: 'spillway route list',
    persona: 'operator',
    run: listRoutes,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a model\u2019s route, and which servers it asks',
    example: 'spillway route show llama',
    persona: 'operator',
    arguments: [modelArgument()],
    run: showRoute,
  })
  addCommand(group, context, {
    usage: 'versions',
    summary: 'List every version of a model\u2019s route',
    example: 'spillway route versions llama',
    persona: 'operator',
    arguments: [modelArgument()],
    run: listVersions,
  })
}

function addSetting(group: Command, context: Context): void {
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary: 'Set a model\u2019s route from a file of JSON; gateways follow at once',
    details: 'Shows what it would have made of the last day, and asks. --yes does neither.',
    example: 'spillway route set llama --file route.json',
    persona: 'operator',
    arguments: [modelArgument()],
    options: [
      new Option(
        '--file <path>',
        'the document; docs/guides/routing.md says what it may hold',
      ).makeOptionMandatory(),
      new Option('--replaces <version>', 'refuse when another version was set meanwhile'),
      new Option('-y, --yes', 'do not ask'),
    ],
    run: setRoute,
  })
  addCommand<SimulateOptions>(group, context, {
    usage: 'simulate',
    summary: 'Run the requests of the last day through a route before it is set',
    details: 'Beside it is what the route in force makes of them. Nothing is changed.',
    example: 'spillway route simulate llama --file route.json',
    persona: 'operator',
    arguments: [modelArgument()],
    options: [
      new Option('--file <path>', 'the document').makeOptionMandatory(),
      new Option('--hours <hours>', 'how far back; default: 24').argParser(
        wholeNumber({ least: 1, most: 720 }),
      ),
    ],
    run: simulateRoute,
  })
  addCommand<AgreeOptions>(group, context, {
    usage: 'remove',
    summary: 'Let every server of a model answer again, the least busy first',
    example: 'spillway route remove llama --yes',
    persona: 'operator',
    arguments: [modelArgument()],
    options: [new Option('-y, --yes', 'do not ask')],
    run: removeRoute,
  })
}

function addConstraining(group: Command, context: Context): void {
  const project = () => new Option('--project <id>', 'default: the one that you act for')
  addCommand(group, context, {
    usage: 'constraints',
    summary: 'List what projects allow of servers',
    example: 'spillway route constraints',
    persona: 'demo',
    run: listConstraints,
  })
  addCommand<ConstrainOptions>(group, context, {
    usage: 'constrain',
    summary: 'Say where and by whom the requests of a project may be answered',
    details: 'It replaces what was said before. What is not known of a server satisfies nothing.',
    example: 'spillway route constrain --region eu-west --data not_kept',
    persona: 'demo',
    options: [
      new Option('--region <names...>', 'only in these'),
      new Option(
        '--provider <names...>',
        'only these: own, private, a host, or the id of an upstream',
      ),
      new Option('--ignore <names...>', 'not these'),
      new Option('--data <policy>', 'what may become of prompts at most').choices([
        'not_kept',
        'kept',
      ]),
      new Option('--max-input-price <usd>', 'per million tokens read'),
      new Option('--max-output-price <usd>', 'per million tokens written'),
      project(),
    ],
    run: constrain,
  })
  addCommand<ProjectOptions>(group, context, {
    usage: 'unconstrain',
    summary: 'Let a project\u2019s requests be answered wherever the routes allow',
    example: 'spillway route unconstrain',
    persona: 'demo',
    options: [project()],
    run: unconstrain,
  })
}

function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

const modelOf = ({ words }: Call<object>) => words[0] ?? ''

async function listRoutes(call: Call): Promise<void> {
  const routes = await call.client().listRoutes()
  await call.present(routes, ({ items }) => renderRoutes(items, tableOptions(call)))
}

async function showRoute(call: Call): Promise<void> {
  const route = await call.client().getRoute({ params: { model: modelOf(call) } })
  await call.present(route, () => renderRoute(route, tableOptions(call)))
}

async function listVersions(call: Call): Promise<void> {
  const versions = await call.client().listRouteVersions({ params: { model: modelOf(call) } })
  await call.present(versions, ({ items }) => renderVersions(items, tableOptions(call)))
}

/** The document of a file, as it was written: the server fills in what it leaves out. */
function readDocument({ surroundings, options }: Call<{ readonly file: string }>) {
  const text = surroundings.readFile(options.file)
  if (text === null) throw usageFailure(`There is no file ${options.file}.`, 'Name a file of JSON.')
  const json = parseJson(text)
  if (json === undefined) throw usageFailure(`${options.file} is not JSON.`, 'Correct it.')
  const parsed = RouteDocument.safeParse(json)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw usageFailure(`${options.file} is not a route: ${faults.join('; ')}`, 'Correct it.')
}

async function simulateRoute(call: Call<SimulateOptions>): Promise<void> {
  const { hours } = call.options
  const body = { document: readDocument(call), ...(hours === undefined ? {} : { hours }) }
  const simulation = await call.client().simulateRoute({ params: { model: modelOf(call) }, body })
  await call.present(simulation, () => renderRouteSimulation(simulation, tableOptions(call)))
}

async function setRoute(call: Call<SetOptions>): Promise<void> {
  const model = modelOf(call)
  const document = readDocument(call)
  const { replaces, yes } = call.options
  if (yes !== true) {
    const body = { document }
    const simulation = await call.client().simulateRoute({ params: { model }, body })
    await call.output.note(renderRouteSimulation(simulation, tableOptions(call)))
    await confirm(call, `Set the route of ${model}?`)
  }
  const body = { document, ...(replaces === undefined ? {} : { replaces: Number(replaces) }) }
  const route = await call.client().setRoute({ params: { model }, body })
  await call.present(route, () => renderRoute(route, tableOptions(call)))
}

async function removeRoute(call: Call<AgreeOptions>): Promise<void> {
  const model = modelOf(call)
  if (call.options.yes !== true) await confirm(call, `Let every server of ${model} answer again?`)
  const done = await call.client().deleteRoute({ params: { model } })
  await call.present(done, () => `every server of ${model} answers`)
}

async function listConstraints(call: Call): Promise<void> {
  const constraints = await call.client().listRouteConstraints()
  await call.present(constraints, ({ items }) => renderRouteConstraints(items, tableOptions(call)))
}

function readConstraints(options: ConstrainOptions): RouteConstraints {
  const { region, provider, ignore, data, maxInputPrice, maxOutputPrice } = options
  const maxPrice = {
    ...(maxInputPrice === undefined ? {} : { inputUsd: maxInputPrice }),
    ...(maxOutputPrice === undefined ? {} : { outputUsd: maxOutputPrice }),
  }
  return {
    ...(region === undefined ? {} : { regions: [...region] }),
    ...(provider === undefined ? {} : { providersOnly: [...provider] }),
    ...(ignore === undefined ? {} : { providersIgnored: [...ignore] }),
    ...(data === undefined ? {} : { dataPolicy: data }),
    ...(Object.keys(maxPrice).length === 0 ? {} : { maxPrice }),
  }
}

async function constrain(call: Call<ConstrainOptions>): Promise<void> {
  const constraints = readConstraints(call.options)
  if (Object.keys(constraints).length === 0)
    throw usageFailure(
      'Nothing that has to hold was given.',
      'Give --region, or spillway route unconstrain.',
    )
  const { project: projectId } = call.options
  const body = { constraints, ...(projectId === undefined ? {} : { projectId }) }
  const set = await call.client().setRouteConstraint({ body })
  await call.present(set, () => renderRouteConstraints([set], tableOptions(call)))
}

async function unconstrain(call: Call<ProjectOptions>): Promise<void> {
  const client = call.client()
  const projectId = call.options.project ?? (await client.getSession()).project.id
  const done = await client.deleteRouteConstraint({ params: { projectId } })
  await call.present(done, () => 'requests go wherever the routes allow')
}
