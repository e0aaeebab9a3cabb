/** `spillway order`: what you want to have, and pay at most. */
import {
  CreateOrder,
  GuaranteeHours,
  NoticeSignal,
  type Order,
  OrderState,
  OrderTier,
  RequeuePolicy,
} from '@spillway/contract'
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { renderOrder, renderOrders } from '../output/market.ts'
import { amount, duration, wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'
import { sendWhereItMay } from './lease-create.ts'
import {
  commandArgument,
  explainSeparator,
  warnOfShellLine,
  workBody,
  workOptions,
  type WorkOptions,
} from './work.ts'

interface CreateOptions extends WorkOptions {
  readonly tier: OrderTier
  readonly maxPrice?: string
  readonly stands?: number
  readonly quote?: string
  readonly whenItFits?: boolean
  readonly guarantee?: GuaranteeHours
  readonly requeue?: RequeuePolicy
  readonly failuresMax?: number
  readonly noticeSignal?: (typeof NoticeSignal.options)[number]
}

interface ListOptions {
  readonly state?: OrderState
  readonly pool?: string
  readonly limit: number
}

const LIMIT_MAX = 1000
const STANDS_MAX_MS = 30 * 86_400_000
const HOUR_MS = 3_600_000

export function addOrderCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'order', 'Order GPU time by auction, or at the list price')
  addOrderCreate(group, context)
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List orders, newest first',
    example: 'spillway order list --state standing',
    persona: 'demo',
    options: [
      new Option('--state <state>', 'only those that are').choices(OrderState.options),
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(50),
    ],
    run: listOrders,
  })
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show an order and how it stands',
    example: 'spillway order show 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: showOrder,
  })
  addCommand(group, context, {
    usage: 'cancel',
    summary: 'Cancel an order that is open',
    example: 'spillway order cancel 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: cancelOrder,
  })
}

function addOrderCreate(group: Command, context: Context): void {
  const command = addCommand<CreateOptions>(group, context, {
    usage: 'create',
    summary: 'Order GPU time for a command',
    details:
      'A spot order stands until a window has room for all of it at its limit or below; everybody in a window pays the ' +
      'same. On demand it is filled at once, at the list price.',
    example: 'spillway order create --gpus 8 --max-price 1.20 -- python3 train.py',
    persona: 'demo',
    arguments: [commandArgument()],
    options: [
      new Option('--tier <tier>', 'how firm it is').choices(OrderTier.options).default('spot'),
      new Option('--max-price <usd>', 'the limit: the most to pay per GPU-hour').argParser(amount),
      new Option('--quote <id>', 'on demand at the price of this quote, by its whole id'),
      new Option('--when-it-fits', 'on demand: in line until free room holds all of it'),
      new Option(
        '--guarantee <duration>',
        'spot that is not taken back before it has run for 1h, 2h or 4h',
      ).argParser(guarantee),
      new Option('--stands <duration>', 'how long it stands; default: 1d').argParser(
        duration({ least: 1000, most: STANDS_MAX_MS }),
      ),
      new Option('--requeue [when]', 'start it again after a reclaim, or after failures too')
        .choices(RequeuePolicy.options)
        .preset('on_reclaim'),
      new Option(
        '--failures-max <n>',
        'with --requeue on_failure: give up after so many; default: 3',
      ).argParser(wholeNumber({ least: 1, most: 100 })),
      new Option(
        '--notice-signal <signal>',
        'sent when the notice is given; default: SIGTERM',
      ).choices(NoticeSignal.options),
      ...workOptions(context).filter(({ long }) => long !== '--follow'),
    ],
    run: createOrder,
  })
  explainSeparator(command)
}

function guarantee(text: string): GuaranteeHours {
  const hours = GuaranteeHours.safeParse(
    duration({ least: HOUR_MS, most: 4 * HOUR_MS })(text) / HOUR_MS,
  )
  if (hours.success) return hours.data
  throw new InvalidArgumentError('write 1h, 2h or 4h.')
}

/** What the contract would refuse is refused here, before anything is sent. */
function checked(body: Parameters<typeof CreateOrder.parse>[0]) {
  const parsed = CreateOrder.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw usageFailure(
    `${issue?.path.join('.') ?? 'the request'}: ${issue?.message ?? 'is not valid'}`,
  )
}

async function createOrder(call: Call<CreateOptions>): Promise<void> {
  const { options, surroundings } = call
  const { stands } = options
  const body = checked({
    ...workBody(call),
    tier: options.quote === undefined && options.whenItFits !== true ? options.tier : 'on_demand',
    ...(options.whenItFits === true ? { start: 'when_it_fits' as const } : {}),
    ...(options.quote === undefined ? {} : { quote: options.quote }),
    ...(options.guarantee === undefined ? {} : { guaranteeHours: options.guarantee }),
    ...(options.maxPrice === undefined ? {} : { maxPriceUsdPerGpuHour: options.maxPrice }),
    ...(stands === undefined
      ? {}
      : { expiresAt: new Date(surroundings.nowMs() + stands).toISOString() }),
    ...(options.noticeSignal === undefined ? {} : { noticeSignal: options.noticeSignal }),
    ...(options.requeue === undefined ? {} : { requeue: options.requeue }),
    ...(options.failuresMax === undefined ? {} : { failuresMax: options.failuresMax }),
  })
  await warnOfShellLine(call, body.command)
  const send = (wanted: typeof body) => call.client().createOrder({ body: wanted })
  await presentOrder(call, await sendWhereItMay(call, body, send))
}

function presentOrder(call: Call, order: Order): Promise<void> {
  return call.present(order, () => renderOrder(order, call.surroundings.nowMs(), call.output.paint))
}

async function listOrders(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const page = await call.client().listOrders({ query: { ...options } })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no orders')
      : renderOrders(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
}

function findOrderId(call: Call): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'ord',
    noun: 'order',
    listing: 'spillway order list',
    candidates: async () =>
      (await call.client().listOrders({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.state}  ${each.pool}`,
      })),
  })
}

async function showOrder(call: Call): Promise<void> {
  const id = await findOrderId(call)
  await presentOrder(call, await call.client().getOrder({ params: { id } }))
}

async function cancelOrder(call: Call): Promise<void> {
  const id = await findOrderId(call)
  await presentOrder(call, await call.client().cancelOrder({ params: { id } }))
}
