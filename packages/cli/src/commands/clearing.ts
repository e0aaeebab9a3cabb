/** `spillway clearing`: the windows in which spot orders met what was free, and whether their logs hold. */
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderClearing, renderClearings } from '../output/market.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface ListOptions {
  readonly pool?: string
  readonly limit: number
}

const LIMIT_MAX = 1000

export function addClearingCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'clearing', 'See how spot orders were cleared')
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List the windows that were cleared, newest first',
    example: 'spillway clearing list --pool laptop',
    persona: 'demo',
    options: [
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(20),
    ],
    run: listClearings,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a clearing: its bids, what it achieved, and whether it computes again',
    details: 'With --json the whole log, from which anybody can compute the result again.',
    example: 'spillway clearing show 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: showClearing,
  })
}

async function listClearings(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listClearings({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nothing was cleared yet')
      : renderClearings(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

async function showClearing(call: Call): Promise<void> {
  const { output } = call
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'clr',
    noun: 'clearing',
    listing: 'spillway clearing list',
    candidates: async () =>
      (await client.listClearings({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.pool}  ${each.windowEndsAt}`,
      })),
  })
  const clearing = await client.getClearing({ params: { id } })
  await call.present(clearing, () =>
    renderClearing(clearing, { paint: output.paint, columnsMax: output.columns() }),
  )
}
