/** `spillway node`: what each node carries and how it is, and keeping work off it. */
import { Node, type NodeDetail } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderDrainPlan, renderNode, renderNodes } from '../output/nodes.ts'
import type { TableOptions } from '../output/table.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { findId } from './find.ts'

const LIMIT_MAX = 1000

interface ListOptions {
  readonly pool?: string
  readonly state?: Node['state']
  readonly rack?: string
  readonly limit: number
}

interface ChangeOptions {
  readonly reason?: string
  readonly evacuate?: boolean
  readonly yes?: boolean
}

const nodeArgument = () => new Argument('<node>', 'its name, or its id or the start or end of it')
const reasonOption = () =>
  new Option('--reason <text>', 'why, for whoever looks next').makeOptionMandatory()
const yesOption = () => new Option('-y, --yes', 'do not ask')

export function addNodeCommands(program: Command, context: Context): void {
  const node = addGroup(program, 'node', 'Look after single nodes')
  addNodeReads(node, context)
  addCommand<ChangeOptions>(node, context, {
    usage: 'drain',
    summary: 'Keep new work off a node; shows what happens to what runs there, and asks',
    example: 'spillway node drain gpu7 --reason "new power supply" --evacuate',
    persona: 'operator',
    arguments: [nodeArgument()],
    options: [
      reasonOption(),
      new Option('--evacuate', 'take back what runs there, each lease with its notice'),
      yesOption(),
    ],
    run: drain,
  })
  addCommand<ChangeOptions>(node, context, {
    usage: 'resume',
    summary: 'Take back a drain, a quarantine or a retirement',
    example: 'spillway node resume gpu7 --reason "power supply is new"',
    persona: 'operator',
    arguments: [nodeArgument()],
    options: [new Option('--reason <text>', 'why, for whoever looks next')],
    run: resume,
  })
  addCommand<ChangeOptions>(node, context, {
    usage: 'quarantine',
    summary: 'Mark a node as broken: nothing is sold there until it is resumed',
    example: 'spillway node quarantine gpu7 --reason "NVLink errors under load"',
    persona: 'operator',
    arguments: [nodeArgument()],
    options: [reasonOption(), yesOption()],
    run: quarantine,
  })
  addCommand<ChangeOptions>(node, context, {
    usage: 'retire',
    summary: 'Take an empty node out of the fleet for good; the record stays',
    example: 'spillway node retire gpu7 --reason "sold"',
    persona: 'operator',
    arguments: [nodeArgument()],
    options: [reasonOption(), yesOption()],
    run: retire,
  })
}

function addNodeReads(node: Command, context: Context): void {
  addCommand<ListOptions>(node, context, {
    usage: 'list',
    summary: 'List nodes with their state and what their slots are used for',
    example: 'spillway node list --state down',
    persona: 'operator',
    options: [
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--state <state>', 'only those in this state').choices(Node.shape.state.options),
      new Option('--rack <name>', 'only those in this rack'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(100),
    ],
    run: list,
  })
  addCommand(node, context, {
    usage: 'show',
    summary: 'Show a node: its slots, leases, faults and history',
    example: 'spillway node show gpu7',
    persona: 'operator',
    arguments: [nodeArgument()],
    run: show,
  })
}

function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

async function list(call: Call<ListOptions>): Promise<void> {
  const page = await call.client().listNodes({ query: { ...call.options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? call.output.paint('dim', 'no nodes')
      : renderNodes(items, tableOptions(call)),
  )
  if (page.nextCursor !== null && !call.isJson)
    await call.output.note('there are more; narrow the list with --pool, --state or --rack')
}

function findNode(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'nod',
    noun: 'node',
    listing: 'spillway node list',
    candidates: async () => {
      const { items } = await call.client().listNodes({ query: { limit: LIMIT_MAX } })
      return items.map(({ id, name, pool }) => ({ id, name, label: `${name} of ${pool}` }))
    },
  })
}

async function present(call: Call<object>, node: NodeDetail): Promise<void> {
  await call.present(node, () => renderNode(node, call.surroundings.nowMs(), tableOptions(call)))
}

async function show(call: Call): Promise<void> {
  await present(call, await call.client().getNode({ params: { id: await findNode(call) } }))
}

async function drain(call: Call<ChangeOptions>): Promise<void> {
  const client = call.client()
  const params = { id: await findNode(call) }
  const { reason = '', evacuate = false, yes } = call.options
  if (yes !== true) {
    const before = await client.getNode({ params })
    await call.output.note(renderDrainPlan(before, evacuate, tableOptions(call)))
    await confirm(call, `Drain ${before.name}?`)
  }
  await present(call, await client.drainNode({ params, body: { reason, evacuate } }))
}

async function resume(call: Call<ChangeOptions>): Promise<void> {
  const params = { id: await findNode(call) }
  const { reason } = call.options
  const body = reason === undefined ? {} : { reason }
  await present(call, await call.client().resumeNode({ params, body }))
}

async function quarantine(call: Call<ChangeOptions>): Promise<void> {
  const params = { id: await findNode(call) }
  if (call.options.yes !== true) await confirm(call, `Quarantine ${call.words[0]}?`)
  const body = { reason: call.options.reason ?? '' }
  await present(call, await call.client().quarantineNode({ params, body }))
}

async function retire(call: Call<ChangeOptions>): Promise<void> {
  const params = { id: await findNode(call) }
  if (call.options.yes !== true) await confirm(call, `Take ${call.words[0]} out for good?`)
  const body = { reason: call.options.reason ?? '' }
  await present(call, await call.client().retireNode({ params, body }))
}
