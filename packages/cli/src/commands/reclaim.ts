/** `spillway reclaim`: what was taken back, on which terms, and with what given back. */
import { Tier } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderOrder, renderReclaim, renderReclaims } from '../output/reclaim.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface ListOptions {
  readonly lease?: string
  readonly pool?: string
  readonly tier?: Tier
  readonly limit: number
}

const LIMIT_MAX = 1000

export function addReclaimCommands(program: Command, context: Context): void {
  const group = addGroup(
    program,
    'reclaim',
    'See what was taken back, and what was given back for it',
  )
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List reclaims, newest first',
    details: 'With --as operator those of all organizations.',
    example: 'spillway reclaim list --as operator',
    persona: 'demo',
    options: [
      new Option('--lease <id>', 'only those of this lease, by its whole id'),
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--tier <tier>', 'only those of this tier').choices(Tier.options),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(50),
    ],
    run: listReclaims,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a reclaim from the decision to the credit',
    example: 'spillway reclaim show 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: showReclaim,
  })
  addCommand(group, context, {
    usage: 'order',
    summary: 'Show who gives way next to the owner’s work on a pool',
    details: 'A buyer sees its own leases and their class; the operator sees all, in their order.',
    example: 'spillway reclaim order laptop --as operator',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    run: showOrder,
  })
}

async function listReclaims(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listReclaims({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nothing was taken back')
      : renderReclaims(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

async function showReclaim(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'rcl',
    noun: 'reclaim',
    listing: 'spillway reclaim list',
    candidates: async () =>
      (await client.listReclaims({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.leaseId}  ${each.decidedAt}`,
      })),
  })
  const reclaim = await client.getReclaim({ params: { id } })
  await call.present(reclaim, () =>
    renderReclaim(reclaim, call.surroundings.nowMs(), call.output.paint),
  )
}

async function showOrder(call: Call): Promise<void> {
  const { output } = call
  const order = await call.client().getReclaimOrder({ params: { pool: call.words[0] ?? '' } })
  await call.present(order, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nobody here gives way')
      : renderOrder(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}
