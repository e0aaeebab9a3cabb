/** What the two ways to run a command on GPUs share: a buyer's lease and the operator's own work. */
import { resolve } from 'node:path'
import type { Lease } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import type { Call, Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { followLease } from '../follow/follow.ts'
import { outcomeOf } from '../follow/outcome.ts'
import { renderOutcome } from '../output/lease.ts'
import { duration, variables, type Variables } from '../parse/option-values.ts'
import { isLoopback } from '../transport.ts'
import { fileBody, fileOptions, type FileOptions } from './lease-files.ts'
import { placeBody, placeOptions, type PlaceOptions } from './lease-place.ts'
import { serviceBody, serviceOptions, type ServiceOptions } from './lease-service.ts'

export interface RunOptions extends PlaceOptions, FileOptions {
  readonly name?: string
  readonly env?: Variables
  readonly secret?: Variables
  readonly workdir?: string
  readonly image?: string
  readonly timeLimit?: number
  readonly grace?: number
}

export interface WorkOptions extends RunOptions, ServiceOptions {
  readonly follow?: boolean
}

const YEAR_MS = 31_536_000_000

export function workOptions(context: Context): readonly Option[] {
  return [
    ...runOptions(context),
    ...serviceOptions(),
    new Option('-f, --follow', 'show its output until it ends, and exit with its exit code'),
  ]
}

/** Where and with what a command runs, whatever it is for. */
export function runOptions({ surroundings }: Context): readonly Option[] {
  return [
    ...placeOptions(),
    new Option('--name <text>', 'a name for people'),
    new Option('-e, --env <name=value>', 'an environment variable; repeat it for more').argParser(
      variables(surroundings.environment),
    ),
    new Option(
      '--secret <name[=value]>',
      'a variable that nothing shows again; without a value it is taken from here',
    ).argParser(variables(surroundings.environment)),
    new Option('--workdir <folder>', 'where the command runs; default: this folder'),
    new Option('--image <name>', 'run it from a container image, such as ghcr.io/org/name:tag'),
    new Option('--time-limit <duration>', 'stop it after this long, such as 1h').argParser(
      duration({ least: 1000, most: YEAR_MS }),
    ),
    new Option(
      '--grace <duration>',
      'between SIGTERM and SIGKILL when it is stopped; default: 5s',
    ).argParser(duration({ least: 0, most: 600_000 })),
    ...fileOptions(),
  ]
}

export function commandArgument(): Argument {
  return new Argument('[command...]', 'what to run, after --')
}

/** The fields of the request body that both kinds of work have. */
export function workBody(call: Call<WorkOptions>) {
  const isNamed = call.rest.length > 0 || call.options.image === undefined
  const command = isNamed ? commandOf(call.rest, call.surroundings.arguments) : []
  return { ...runBody(call, command), ...serviceBody(call.options) }
}

export function runBody(call: Call<RunOptions>, command: readonly string[]) {
  const { options } = call
  const workingDirectory = findWorkingDirectory(call)
  return {
    command: [...command],
    ...placeBody(options),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.env === undefined ? {} : { environment: options.env }),
    ...(options.secret === undefined ? {} : { secretEnvironment: options.secret }),
    ...(options.timeLimit === undefined ? {} : { timeLimitMs: options.timeLimit }),
    ...(options.grace === undefined ? {} : { graceMs: options.grace }),
    ...(workingDirectory === null ? {} : { workingDirectory }),
    ...(options.image === undefined ? {} : { image: options.image }),
    ...fileBody(options),
  }
}

/** The command to run; words in front of `--` that no option took are a mistake worth naming. */
export function commandOf(
  rest: readonly string[],
  argumentsGiven: readonly string[],
): readonly string[] {
  if (rest.length === 0 || rest[0] === '')
    throw usageFailure(
      'There is no command to run.',
      'Write it after --, such as: spillway lease create --gpus 1 -- python3 train.py',
    )
  const separator = argumentsGiven.indexOf('--')
  const behind = separator < 0 ? rest.length : argumentsGiven.length - separator - 1
  if (rest.length > behind)
    throw usageFailure(
      `“${rest[0]}” stands in front of --, where only options belong.`,
      'Repeat --env for each variable, and write the whole command after --.',
    )
  return rest
}

/** The caller's folder means something only on the machine that runs the work. */
function findWorkingDirectory({
  options,
  connection,
  surroundings,
}: Call<RunOptions>): string | null {
  // In an image there is no folder of the caller's.
  if (options.image !== undefined) return options.workdir ?? null
  const isHere = isLoopback(connection().url)
  if (options.workdir === undefined) return isHere ? surroundings.currentFolder : null
  return isHere ? resolve(surroundings.currentFolder, options.workdir) : options.workdir
}

export interface FollowOutput {
  /** Printed in front of the hints, for work that the default key cannot see. */
  readonly as: '' | ' --as operator'
  readonly offset?: number
  readonly factsSkipped?: number
}

/** Follows to the end and returns the exit code for the caller. */
export async function followToEnd(
  call: Call<object>,
  lease: Pick<Lease, 'id'>,
  { as, offset = 0, factsSkipped = 0 }: FollowOutput,
): Promise<number> {
  const { output, surroundings, isJson } = call
  const client = call.client()
  const followed = await followLease({
    client,
    output,
    surroundings,
    id: lease.id,
    until: 'ended',
    offset,
    factsSkipped,
    // With --json stdout belongs to the document.
    take: isJson ? output.writeNote : output.write,
  })
  if (followed.kind === 'detached') {
    await tellDetached(call, lease.id, as)
    return EXIT.detached
  }
  const ended = followed.lease
  await output.note(output.notePaint('dim', renderOutcome(ended)))
  if (isJson) await output.printDocument(ended)
  return outcomeOf(ended)
}

export async function tellDetached(call: Call<object>, id: string, as: string): Promise<void> {
  await call.output.note(`Detached; the lease goes on.
  follow  spillway lease logs -f ${id}${as}
  stop    spillway lease stop ${id}${as}`)
}

/** An option of the command itself, in front of `--`, is the mistake most easily made here. */
export function explainSeparator(command: Command): void {
  const inherited = command.configureOutput()
  command.configureOutput({
    outputError: (text, write) => {
      const hint = text.includes('unknown option')
        ? '       Write the whole command after --, its options too: -- python3 train.py --epochs 3\n'
        : ''
      inherited.outputError?.(text + hint, write)
    },
  })
}

/** One word with spaces in it is nearly always a shell line that no shell will read. */
export async function warnOfShellLine(
  call: Call<object>,
  command: readonly string[],
): Promise<void> {
  const [word = ''] = command
  if (command.length === 1 && /\s/.test(word))
    await call.output.note(
      `note: “${word}” is taken as the name of one program. For a shell line write: -- sh -c '${word}'`,
    )
}
