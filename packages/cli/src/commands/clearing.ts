/** `spillway clearing`: the windows in which spot orders met what was free, and whether their logs hold. */
import type { ClearingLog } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { renderClearing, renderClearings } from '../output/market.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findDifferences } from '../verify/clearing.ts'
import { parseLog } from '../verify/read-log.ts'
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
  addCommand(group, context, {
    usage: 'verify',
    summary: 'Compute a clearing again here, from its log alone, and say where it differs',
    details:
      'Of a file no server is asked at all: what `clearing show --json` printed, or the log in it. The rule is in docs/guides/market.md.',
    example: 'spillway clearing verify clearing.json',
    persona: 'demo',
    arguments: [new Argument('<id|file>', 'its id, or a file with what was downloaded')],
    run: verifyClearing,
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

function findClearingId(call: Call): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'clr',
    noun: 'clearing',
    listing: 'spillway clearing list',
    candidates: async () =>
      (await call.client().listClearings({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.pool}  ${each.windowEndsAt}`,
      })),
  })
}

async function showClearing(call: Call): Promise<void> {
  const { output } = call
  const id = await findClearingId(call)
  const clearing = await call.client().getClearing({ params: { id } })
  await call.present(clearing, () =>
    renderClearing(clearing, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function readLog(call: Call): Promise<ClearingLog> {
  const word = call.words[0] ?? ''
  const text = call.surroundings.readFile(word)
  if (text !== null) return parseLog(text, word)
  const id = await findClearingId(call)
  return (await call.client().getClearing({ params: { id } })).log
}

/** Like a check that failed where something differs. */
async function verifyClearing(call: Call): Promise<number> {
  const { output } = call
  const log = await readLog(call)
  const differences = findDifferences(log)
  const { bids, reserveUsd, priceUsd } = log
  const accepted = bids.filter(({ outcome }) => outcome === 'accepted').length
  await call.present({ holds: differences.length === 0, differences }, () =>
    differences.length === 0
      ? `${output.paint('green', 'holds')}: ${accepted} of ${bids.length} bids accepted, reserve ${reserveUsd}, price ${priceUsd} USD per GPU-hour`
      : differences.map((each) => `${output.paint('red', 'differs')}: ${each}`).join('\n'),
  )
  return differences.length === 0 ? EXIT.ok : EXIT.refused
}
