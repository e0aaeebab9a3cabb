/** `spillway lease create`: a command on GPUs, at a price. */
import {
  AfterBlock,
  CreateLease,
  type Lease,
  NoticeSignal,
  ProblemError,
  RequeuePolicy,
  Tier,
} from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { renderLease } from '../output/lease.ts'
import { amount, wholeNumber } from '../parse/option-values.ts'
import { findBlockId } from './block-argument.ts'
import {
  commandArgument,
  explainSeparator,
  followToEnd,
  warnOfShellLine,
  workBody,
  workOptions,
  type WorkOptions,
} from './work.ts'

export interface PriceOptions {
  readonly tier: Tier
  readonly maxPrice?: string
}

export function priceOptions(): readonly Option[] {
  return [
    new Option('--tier <tier>', 'how firm it is').choices(Tier.options).default('spot'),
    new Option(
      '--max-price <usd>',
      'the most to pay per GPU-hour, such as 2.50; default: the price now',
    ).argParser(amount),
  ]
}

export function priceBody({ tier, maxPrice }: PriceOptions) {
  return { tier, ...(maxPrice === undefined ? {} : { maxPriceUsdPerGpuHour: maxPrice }) }
}

interface CreateOptions extends WorkOptions, PriceOptions {
  readonly requeue?: RequeuePolicy
  readonly failuresMax?: number
  readonly noticeSignal?: (typeof NoticeSignal.options)[number]
  readonly block?: string
  readonly afterBlock?: AfterBlock
}

export function addLeaseCreate(parent: Command, context: Context): void {
  const command = addCommand<CreateOptions>(parent, context, {
    usage: 'create',
    summary: 'Run a command on GPUs, at a price',
    details:
      'It runs in this folder, so `-- python3 train.py` finds the file. Before a reclaim it gets its notice: ' +
      'the signal of --notice-signal, and a document at $SPILLWAY_METADATA_URL.',
    example: 'spillway lease create --gpus 1 --tier spot --max-price 2.50 -- python3 train.py',
    persona: 'demo',
    arguments: [commandArgument()],
    options: [
      ...priceOptions(),
      new Option(
        '--requeue [when]',
        'start it again, when there is room: after a reclaim, or after failures too',
      )
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
      new Option('--block <id>', 'within this block, at no further cost'),
      new Option(
        '--after-block <what>',
        'with --block: end with it, or go on as on demand where there is room',
      ).choices(AfterBlock.options),
      ...workOptions(context),
    ],
    run: createLease,
  })
  explainSeparator(command)
}

async function createLease(call: Call<CreateOptions>): Promise<number | void> {
  const { options, output, surroundings } = call
  const body = checked({
    ...workBody(call),
    ...priceBody(options),
    ...(options.noticeSignal === undefined ? {} : { noticeSignal: options.noticeSignal }),
    ...(options.requeue === undefined ? {} : { requeue: options.requeue }),
    ...(options.failuresMax === undefined ? {} : { failuresMax: options.failuresMax }),
    ...(options.block === undefined ? {} : { block: await findBlockId(call, options.block) }),
    ...(options.afterBlock === undefined ? {} : { afterBlock: options.afterBlock }),
  })
  await warnOfShellLine(call, body.command)
  const lease = await createWhereItMay(call, body)
  if (options.follow === true) {
    await output.note(`lease ${lease.id}`)
    return followToEnd(call, lease, { as: '' })
  }
  await call.present(lease, () => renderLease(lease, surroundings.nowMs(), output.paint))
  if (!call.isJson) await output.note(`\nfollow it: spillway lease logs -f ${lease.id}`)
}

/** A folder that nobody asked for by name gives way where customers have a root of their own. */
export function createWhereItMay(
  call: Call<{ readonly workdir?: string }>,
  body: ReturnType<typeof checked>,
): Promise<Lease> {
  return sendWhereItMay(call, body, (body) => call.client().createLease({ body }))
}

export async function sendWhereItMay<
  Body extends { readonly workingDirectory?: string | undefined },
  Answer,
>(
  call: Call<{ readonly workdir?: string }>,
  body: Body,
  send: (body: Body) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(body)
  } catch (error) {
    const isRefused = error instanceof ProblemError && error.problem.code === 'lease.path_refused'
    if (!isRefused || call.options.workdir !== undefined) throw error
    await call.output.note(
      'It runs in a sandbox, in a folder of its own: it does not see this one.',
    )
    return send({ ...body, workingDirectory: undefined })
  }
}

/** What the contract would refuse is refused here, before anything is sent. */
export function checked(body: Parameters<typeof CreateLease.parse>[0]) {
  const parsed = CreateLease.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw usageFailure(
    `${issue?.path.join('.') ?? 'the request'}: ${issue?.message ?? 'is not valid'}`,
  )
}
