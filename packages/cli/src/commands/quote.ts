/** `spillway quote`: a price that is kept for some minutes. */
import type { Quote } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderQuote, renderQuotes } from '../output/offers.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'
import { placeBody, placeOptions, type PlaceOptions } from './lease-place.ts'

const LIMIT_MAX = 1000

export function addQuoteCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'quote', 'Have the price of on-demand GPU time kept')
  addCommand<PlaceOptions>(group, context, {
    usage: 'create',
    summary: 'Keep the list price of now for some minutes',
    example: 'spillway quote create --gpus H100:8',
    persona: 'demo',
    options: placeOptions(),
    run: createQuote,
  })
  addCommand<{ readonly limit: number }>(group, context, {
    usage: 'list',
    summary: 'List quotes, newest first',
    example: 'spillway quote list',
    persona: 'demo',
    options: [
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(50),
    ],
    run: listQuotes,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a quote and until when it holds',
    example: 'spillway quote show 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: showQuote,
  })
}

async function presentQuote(call: Call<unknown>, quote: Quote): Promise<void> {
  const { output, surroundings } = call
  await call.present(quote, () => renderQuote(quote, surroundings.nowMs(), output.paint))
}

async function createQuote(call: Call<PlaceOptions>): Promise<void> {
  const quote = await call.client().createQuote({ body: placeBody(call.options) })
  await presentQuote(call, quote)
  if (!call.isJson)
    await call.output.note(
      `\nbuy at it: spillway order create --quote ${quote.id} --gpus ${quote.gpus} -- COMMAND`,
    )
}

async function listQuotes(call: Call<{ readonly limit: number }>): Promise<void> {
  const { output, options, surroundings } = call
  const page = await call.client().listQuotes({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no quotes')
      : renderQuotes(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

async function showQuote(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'quo',
    noun: 'quote',
    listing: 'spillway quote list',
    candidates: async () =>
      (await client.listQuotes({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.state}  ${each.pool}`,
      })),
  })
  await presentQuote(call, await client.getQuote({ params: { id } }))
}
