/**
 * How a command is declared and run: name, options, one example, who it speaks as, and what it does. Commander parses;
 * nothing below this file knows of it but option declarations.
 */
import { createClient, type Client } from '@spillway/contract'
import type { Argument, Command, Option } from 'commander'
import {
  resolveConnection,
  type Connection,
  type ConnectionFlags,
  type Persona,
} from './connection.ts'
import { EXIT } from './exit-codes.ts'
import type { Output } from './output/output.ts'
import type { Surroundings } from './surroundings.ts'
import { createTransport } from './transport.ts'

export interface Context {
  readonly surroundings: Surroundings
  readonly output: Output
  /** Set by the command that ran. */
  exitCode: number
  /** The connection in use, so that a refusal can be explained. */
  connection: Connection | null
}

/** What a command is handed. */
export interface Call<Options = {}> {
  /** Positional arguments, in order; an optional one that is missing is undefined. */
  readonly words: readonly (string | undefined)[]
  /** The words of a variadic last argument. */
  readonly rest: readonly string[]
  readonly options: Options
  readonly isJson: boolean
  readonly surroundings: Surroundings
  readonly output: Output
  readonly flags: ConnectionFlags
  /** Resolves credentials on first use. */
  readonly connection: () => Connection
  readonly client: () => Client
  /** The document itself with `--json`, else what `render` makes of it. */
  readonly present: <T>(document: T, render: (document: T) => string) => Promise<void>
}

export interface CommandSpec<Options> {
  /** Name and arguments, as commander writes them: `show <id>`. */
  readonly usage: string
  readonly summary: string
  /** More than the summary, for the command's own help. */
  readonly details?: string
  /** One line, as it would be typed. */
  readonly example: string
  readonly persona: Persona
  readonly options?: readonly Option[]
  /** Explains the arguments, by name. */
  readonly arguments?: readonly Argument[]
  /** Returns the exit code; nothing means 0. */
  readonly run: (call: Call<Options>) => Promise<number | void>
}

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean
}

/** Adds a command to its parent. */
export function addCommand<Options = {}>(
  parent: Command,
  context: Context,
  spec: CommandSpec<Options>,
): Command {
  const command = parent.command(spec.usage)
  command.summary(spec.summary)
  command.description(spec.details ? `${spec.summary}.\n${spec.details}` : `${spec.summary}.`)
  for (const argument of spec.arguments ?? []) command.addArgument(argument)
  for (const option of spec.options ?? []) command.addOption(option)
  command.addHelpText('after', `\nExample:\n  $ ${spec.example}`)
  command.action(async () => {
    const call = createCall<Options>(command, context, spec.persona)
    context.exitCode = (await spec.run(call)) ?? EXIT.ok
  })
  return command
}

/** Adds a noun that groups commands. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  const group = parent.command(name).summary(summary).description(`${summary}.`)
  return group
}

function createCall<Options>(command: Command, context: Context, persona: Persona): Call<Options> {
  const { surroundings, output } = context
  const flags = command.optsWithGlobals<GlobalFlags>()
  const isJson = flags.json ?? false
  const words = command.processedArgs as readonly (string | readonly string[] | undefined)[]
  const connection = (): Connection => {
    context.connection ??= resolveConnection({ flags, persona, ...surroundings })
    return context.connection
  }
  return {
    words: words.filter((word) => typeof word !== 'object'),
    rest: words.flatMap((word) => (typeof word === 'object' ? word : [])),
    options: command.opts() as Options,
    isJson,
    surroundings,
    output,
    flags,
    connection,
    client: () => connect(surroundings, connection()),
    present: (document, render) =>
      isJson ? output.printDocument(document) : output.print(render(document)),
  }
}

function connect(surroundings: Surroundings, connection: Connection): Client {
  const { url, key } = connection
  const transport = createTransport({ fetch: surroundings.fetch, url })
  return createClient({ url, credential: key, fetch: transport })
}
