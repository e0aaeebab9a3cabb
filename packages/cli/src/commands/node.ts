/** `spillway node`: what each node carries and how it is, and keeping work off it. */
import { Node, type NodeDetail } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type CommandSpec, type Context } from '../command.ts'
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

type Change = Omit<CommandSpec<ChangeOptions>, 'persona' | 'arguments'>

const nodeArgument = () => new Argument('<node>', 'its name, or its id or the start or end of it')
const reasonOption = () =>
  new Option('--reason <text>', 'why, for whoever looks next').makeOptionMandatory()
const yesOption = () => new Option('-y, --yes', 'do not ask')

export function addNodeCommands(program: Command, context: Context): void {
  const node = addGroup(program, 'node', 'Look after single nodes')
  addNodeReads(node, context)
  const addChange = (change: Change) =>
    addCommand<ChangeOptions>(node, context, {
      ...change,
      persona: 'operator',
      arguments: [nodeArgument()],
    })
  addChange({
    usage: 'drain',
    summary: 'Keep new work off a node; shows what happens to what runs there, and asks',
    example: 'spillway node drain gpu7 --reason "new power supply" --evacuate',
    options: [
      reasonOption(),
      new Option('--evacuate', 'take back what runs there, each lease with its notice'),
      yesOption(),
    ],
    run: drain,
  })
  addChange({
    usage: 'resume',
    summary: 'Take back a drain, a quarantine or a retirement',
    example: 'spillway node resume gpu7 --reason "power supply is new"',
    options: [new Option('--reason <text>', 'why, for whoever looks next')],
    run: resume,
  })
  addChange({
    usage: 'quarantine',
    summary: 'Mark a node as broken: nothing is sold there until it is resumed',
    example: 'spillway node quarantine gpu7 --reason "NVLink errors under load"',
    options: [reasonOption(), yesOption()],
    run: markAs('quarantineNode', (name) => `Quarantine ${name}?`),
  })
  addChange({
    usage: 'retire',
    summary: 'Take an empty node out of the fleet for good; the record stays',
    example: 'spillway node retire gpu7 --reason "sold"',
    options: [reasonOption(), yesOption()],
    run: markAs('retireNode', (name) => `Take ${name} out for good?`),
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

/** What one word of the operator's does to a node. */
function markAs(command: 'quarantineNode' | 'retireNode', question: (name: string) => string) {
  return async (call: Call<ChangeOptions>): Promise<void> => {
    const params = { id: await findNode(call) }
    const { reason = '', yes } = call.options
    if (yes !== true) await confirm(call, question(call.words[0] ?? ''))
    await present(call, await call.client()[command]({ params, body: { reason } }))
  }
}
