/** `spillway lease shell`: a terminal on GPUs, made or come back to. */
import type { Lease } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { followLease } from '../follow/follow.ts'
import { outcomeOf } from '../follow/outcome.ts'
import { renderLease, renderOutcome } from '../output/lease.ts'
import { duration } from '../parse/option-values.ts'
import { attach, type AttachOptions, READY } from '../terminal/attach.ts'
import { findLease } from './lease-argument.ts'
import {
  checked,
  createWhereItMay,
  priceBody,
  priceOptions,
  type PriceOptions,
} from './lease-create.ts'
import { explainSeparator, runBody, runOptions, type RunOptions } from './work.ts'

interface ShellOptions extends RunOptions, PriceOptions {
  readonly idleLimit?: number
  readonly detach?: boolean
}

const YEAR_MS = 31_536_000_000

const SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash -l; exec sh -l']
/**
 * What comes through a pipe comes through one there too, and is not shown. What feeds the shell ends with it, by the one
 * signal of which shells say nothing.
 */
const PIPED_SHELL = [
  'sh',
  '-c',
  `stty -echo -onlcr; printf '\\00${READY}'; trap : PIPE
cat | { sh; code=$?; trap '' PIPE; kill -PIPE 0; exit $code; }`,
]

export function addLeaseShell(parent: Command, context: Context): void {
  const command = addCommand<ShellOptions>(parent, context, {
    usage: 'shell',
    summary: 'Open a terminal on GPUs, or come back to one',
    details:
      'Without an id it makes an interactive lease, waits until it runs and attaches; with the id of one it attaches ' +
      'again and shows what was last on the screen. ~. at the beginning of a line detaches: the lease goes on, and is ' +
      'paid for. It ends with its shell, whose exit code is passed on. Several may attach at once; all see the same.',
    example: 'spillway lease shell --gpus 1 --tier on_demand',
    persona: 'demo',
    arguments: [
      new Argument('[words...]', 'the id of an interactive lease, or what to run, after --'),
    ],
    options: [
      ...priceOptions(),
      new Option(
        '--idle-limit <duration>',
        'end it after so long with nobody attached and no output; default: 1h',
      ).argParser(duration({ least: 1000, most: YEAR_MS })),
      new Option('-d, --detach', 'only make the lease'),
      ...runOptions(context),
    ],
    run: openShell,
  })
  explainSeparator(command)
}

async function openShell(call: Call<ShellOptions>): Promise<number> {
  const { ids, command } = wordsOf(call)
  if (call.isJson && call.options.detach !== true)
    throw usageFailure('A terminal is no document.', 'With --json, make the lease with --detach.')
  const [id] = ids
  if (id === undefined) {
    const lease = await make(call, command)
    const tellsReady = command.length === 0 && !call.surroundings.isStdinTty
    if (call.options.detach !== true) return stay(call, { leaseId: lease.id, tellsReady })
    await call.present(lease, () =>
      renderLease(lease, call.surroundings.nowMs(), call.output.paint),
    )
    return EXIT.ok
  }
  if (ids.length > 1 || command.length > 0 || call.options.detach === true)
    throw usageFailure(
      'An interactive lease that exists is attached to as it is.',
      'Name the id alone, or what to run after --.',
    )
  const found = await call
    .client()
    .getLease({ params: { id: await findLease({ ...call, words: [id] }) } })
  if (found.mode !== 'interactive')
    throw new Failure(`The lease ${found.id} is a ${found.mode}: it has no terminal.`, {
      remedy: 'Make an interactive one: spillway lease shell',
    })
  return stay(call, { leaseId: found.id, tellsReady: false })
}

/** The words in front of `--`, and those behind it. */
function wordsOf({ rest, surroundings }: Call<ShellOptions>) {
  const separator = surroundings.arguments.indexOf('--')
  const behind = separator < 0 ? 0 : surroundings.arguments.length - separator - 1
  return { ids: rest.slice(0, rest.length - behind), command: rest.slice(rest.length - behind) }
}

async function make(call: Call<ShellOptions>, command: readonly string[]): Promise<Lease> {
  const { options, surroundings } = call
  const ownShell = surroundings.isStdinTty ? SHELL : PIPED_SHELL
  const run = runBody(call, command.length > 0 ? command : ownShell)
  const body = checked({
    ...run,
    ...priceBody(options),
    mode: 'interactive',
    name: options.name ?? command[0]?.split('/').at(-1) ?? 'shell',
    environment: { TERM: surroundings.environment['TERM'] ?? 'xterm-256color', ...options.env },
    ...(options.idleLimit === undefined ? {} : { idleLimitMs: options.idleLimit }),
  })
  const lease = await createWhereItMay(call, body)
  if (options.detach !== true) await call.output.note(`lease ${lease.id}`)
  return lease
}

/** Waits until it runs, and stays until its shell has ended or the person has left. */
async function stay(call: Call<object>, options: AttachOptions): Promise<number> {
  const id = options.leaseId
  const { output, surroundings } = call
  const client = call.client()
  const following = { client, output, surroundings, id, take: output.write }
  const { items } = await client.listLeaseFacts({ params: { id } })
  const started = await followLease({
    ...following,
    until: 'started',
    factsSkipped: items.length,
  })
  if (started.kind === 'detached') return tellAway(call, id)
  if (started.lease.state === 'ended') return tellEnd(call, started.lease)
  if (surroundings.isStdinTty)
    await output.note(output.notePaint('dim', 'Attached; ~. at the beginning of a line detaches.'))
  const attachment = await attach(call, options)
  if (attachment.kind === 'detached') return tellAway(call, id)
  if (attachment.kind === 'exited') return attachment.code
  return tellEnd(call, await client.getLease({ params: { id } }))
}

async function tellEnd(call: Call<object>, lease: Lease): Promise<number> {
  await call.output.note(call.output.notePaint('dim', renderOutcome(lease)))
  return outcomeOf(lease)
}

async function tellAway(call: Call<object>, id: string): Promise<number> {
  await call.output.note(`Detached; the lease goes on, and is paid for.
  come back  spillway lease shell ${id}
  stop       spillway lease stop ${id}`)
  return EXIT.detached
}
