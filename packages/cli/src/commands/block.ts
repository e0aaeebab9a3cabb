/** `spillway block`: GPUs from one hour to another, bought beforehand. */
import { type BlockOffering, BlockState } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import {
  renderBlock,
  renderBlockCalendar,
  renderBlocks,
  renderOfferings,
} from '../output/blocks.ts'
import { amount, duration, instant, wholeNumber } from '../parse/option-values.ts'
import { findBlockId, presentBlock } from './block-argument.ts'
import { addBlockCancelling } from './block-cancel.ts'
import { placeOptions, type PlaceOptions } from './lease-place.ts'

interface WishOptions extends Pick<PlaceOptions, 'gpus' | 'nodes' | 'fabric' | 'pool'> {
  readonly from?: string
  readonly for: number
}

interface CreateOptions extends WishOptions {
  readonly maxPrice?: string
  readonly name?: string
}

interface ListOptions {
  readonly state?: BlockState
  readonly pool?: string
  readonly limit: number
}

const LIMIT_MAX = 1000
const HOUR_MS = 3_600_000
const LENGTH_MAX_MS = 672 * HOUR_MS
const PLACES = ['--gpus', '--nodes', '--fabric', '--pool']

function wishOptions({ surroundings: { nowMs } }: Context): readonly Option[] {
  return [
    ...placeOptions().filter(({ long }) => PLACES.includes(long ?? '')),
    new Option('--from <when>', 'a full hour (UTC); default: the earliest').argParser(
      instant(nowMs),
    ),
    new Option('--for <duration>', 'whole hours, such as 24h or 7d')
      .argParser(duration({ least: HOUR_MS, most: LENGTH_MAX_MS }))
      .default(24 * HOUR_MS, '24h'),
  ]
}

export function addBlockCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'block', 'Buy GPUs from one hour to another, beforehand')
  addCommand<WishOptions>(group, context, {
    usage: 'offerings',
    summary: 'List which blocks can be bought: what is asked first, then what comes near',
    example: 'spillway block offerings --gpus H100:16 --nodes 2 --for 24h',
    persona: 'demo',
    options: wishOptions(context),
    run: listOfferings,
  })
  addCalendar(group, context)
  addCommand<CreateOptions>(group, context, {
    usage: 'create',
    summary: 'Buy a block: all of its price is held, and paid whether it is used or not',
    details:
      'Without --pool the cheapest pool that has exactly what is asked is taken. Run within it with ' +
      '`spillway lease create --block BLOCK`.',
    example: 'spillway block create --gpus 16 --nodes 2 --from 2026-01-31T14:00:00Z --for 24h',
    persona: 'demo',
    options: [
      ...wishOptions(context),
      new Option('--max-price <usd>', 'the most to pay per GPU-hour').argParser(amount),
      new Option('--name <text>', 'what to call it'),
    ],
    run: createBlock,
  })
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List blocks, newest first',
    example: 'spillway block list --state active',
    persona: 'demo',
    options: [
      new Option('--state <state>', 'only those that are').choices(BlockState.options),
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(50),
    ],
    run: listBlocks,
  })
  addShow(group, context)
  addSellBack(group, context)
  addBlockCancelling(group, context)
}

function addShow(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a block: how it stands, what of it is used, what became of it',
    example: 'spillway block show 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: showBlock,
  })
}

function addCalendar(group: Command, context: Context): void {
  addCommand<{ readonly hours: number }>(group, context, {
    usage: 'calendar',
    summary: 'Show what may be booked of a pool, hour by hour, by what is known now',
    example: 'spillway block calendar h200 --hours 48',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--hours <n>', 'so many')
        .argParser(wholeNumber({ least: 1, most: 1344 }))
        .default(24),
    ],
    run: showCalendar,
  })
}

function addSellBack(group: Command, context: Context): void {
  const id = () => new Argument('<id>', 'its id, or the start or end of it')
  addCommand<{ readonly nodes: number }>(group, context, {
    usage: 'sell',
    summary:
      'Do without idle nodes of a block: half of what spot and flex pay for them is credited',
    example: 'spillway block sell 4kq2 --nodes 1',
    persona: 'demo',
    arguments: [id()],
    options: [
      new Option('--nodes <n>', 'how many')
        .argParser(wholeNumber({ least: 1, most: 10_000 }))
        .default(1),
    ],
    run: async (call) => {
      const params = { id: await findBlockId(call, call.words[0] ?? '') }
      const body = { nodes: call.options.nodes }
      await presentBlock(call, await call.client().sellBlockBack({ params, body }))
    },
  })
  addCommand(group, context, {
    usage: 'withdraw',
    summary: 'Want back what a block sold; those who have it get their whole notice',
    example: 'spillway block withdraw 4kq2',
    persona: 'demo',
    arguments: [id()],
    run: async (call) => {
      const params = { id: await findBlockId(call, call.words[0] ?? '') }
      await presentBlock(call, await call.client().withdrawSellBacks({ params }))
    },
  })
}

function hoursOf({ for: lengthMs }: WishOptions): number {
  if (lengthMs % HOUR_MS !== 0) throw usageFailure('--for: a block lasts whole hours, such as 24h')
  return lengthMs / HOUR_MS
}

function askOfferings(call: Call<WishOptions>) {
  const { options } = call
  const { gpus, nodes, fabric, pool, from } = options
  return call.client().listBlockOfferings({
    query: {
      ...gpus,
      hours: hoursOf(options),
      ...(nodes === undefined ? {} : { nodes }),
      ...(fabric === undefined ? {} : { fabric }),
      ...(pool === undefined ? {} : { pool }),
      ...(from === undefined ? {} : { startsAt: from }),
    },
  })
}

async function listOfferings(call: Call<WishOptions>): Promise<void> {
  const { output, surroundings } = call
  const offerings = await askOfferings(call)
  await call.present(offerings, () =>
    renderOfferings(offerings, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}

async function showCalendar(call: Call<{ readonly hours: number }>): Promise<void> {
  const { output, surroundings, words, options } = call
  const query = { pool: words[0] ?? '', hours: options.hours }
  const calendar = await call.client().getBlockCalendar({ query })
  await call.present(calendar, ({ hours }) =>
    renderBlockCalendar(hours, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}

/** Where it is bought: what was named, or the cheapest that is exactly what is asked. */
async function choose(call: Call<CreateOptions>): Promise<BlockOffering> {
  const { items, text } = await askOfferings(call)
  const exact = items.find(({ differs }) => differs.length === 0)
  if (exact !== undefined) return exact
  throw usageFailure(`${text} See: spillway block offerings`)
}

async function createBlock(call: Call<CreateOptions>): Promise<void> {
  const { options, surroundings, output } = call
  const { maxPrice, name } = options
  const { pool, gpus, nodes, fabric, startsAt, endsAt, priceUsdPerGpuHour } = await choose(call)
  const block = await call.client().createBlock({
    body: {
      ...{ pool, gpus, nodes, fabric, startsAt, endsAt },
      // What was seen is what is paid.
      maxPriceUsdPerGpuHour: maxPrice ?? priceUsdPerGpuHour,
      ...(name === undefined ? {} : { name }),
    },
  })
  await call.present(block, () => renderBlock(block, surroundings.nowMs(), output.paint))
  if (!call.isJson)
    await output.note(
      `\nrun within it: spillway lease create --block ${block.id} --gpus 1 -- COMMAND`,
    )
}

async function listBlocks(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listBlocks({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no blocks')
      : renderBlocks(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

async function showBlock(call: Call): Promise<void> {
  const client = call.client()
  const id = await findBlockId(call, call.words[0] ?? '')
  const block = await client.getBlock({ params: { id } })
  await call.present(block, () => renderBlock(block, call.surroundings.nowMs(), call.output.paint))
}
