/** Who is speaking, and to whom: `whoami`, `login`, `logout`, `console`. */
import { ProblemError, type Session, createClient } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { DEFAULT_URL, loginPath, parseUrl, type Connection } from '../connection.ts'
import { usageFailure } from '../failure.ts'
import type { Paint } from '../output/paint.ts'
import { renderFields } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { createTransport } from '../transport.ts'

export function addSessionCommands(program: Command, context: Context): void {
  addCommand(program, context, {
    usage: 'whoami',
    summary: 'Show who this command speaks as, and to which installation',
    example: 'spillway whoami --as operator',
    persona: 'demo',
    run: showSession,
  })
  addCommand(program, context, {
    usage: 'login',
    summary: 'Remember the address and key of a remote installation',
    details:
      'The key is asked for, read from a pipe, or given with --key. It is tried, then kept in a file that only ' +
      'you can read. A local installation, where there is one, is still found first.',
    example: 'spillway login --url https://spillway.example.com',
    persona: 'demo',
    run: login,
  })
  addCommand(program, context, {
    usage: 'logout',
    summary: 'Forget what `spillway login` stored',
    example: 'spillway logout',
    persona: 'demo',
    run: logout,
  })
  addCommand(program, context, {
    usage: 'console',
    summary: 'Print the address of the console',
    example: 'spillway console',
    persona: 'operator',
    run: async (call) => {
      const { url } = call.connection()
      await call.present({ url: `${url}/` }, (document) => document.url)
    },
  })
}

async function showSession(call: Call): Promise<void> {
  const session = await call.client().getSession()
  await call.present(session, () => renderSession(session, call.connection(), call.output.paint))
}

function renderSession(session: Session, connection: Connection, paint: Paint): string {
  return renderFields(
    [
      ['organization', `${toLine(session.organization.name)} (${session.organization.kind})`],
      ['', session.organization.id],
      ['project', toLine(session.project.name)],
      ['role', session.role],
      ['may', session.permissions.join(', ')],
      ['installation', connection.url],
      ['key from', connection.source],
    ],
    paint,
  )
}

async function login(call: Call): Promise<void> {
  const { surroundings, output, flags } = call
  const { environment, homeFolder } = surroundings
  const url = parseUrl(flags.url ?? environment['SPILLWAY_URL'] ?? (await askUrl(call)))
  const key = (flags.key ?? (await readKey(call, url))).trim()
  if (!/^[\x21-\x7E]+$/.test(key))
    throw usageFailure('No key was given.', 'Paste it when asked, pipe it in, or use --key.')
  const session = await tryKey(call, url, key)
  const path = loginPath(environment, homeFolder)
  surroundings.writePrivateFile(path, `${JSON.stringify({ url, key }, null, 2)}\n`)
  const who = session === null ? 'a key for models only' : toLine(session.organization.name)
  await call.present({ url, path }, () => `Signed in to ${url} as ${who}.`)
  await output.note(`The key is kept in ${path}.`)
}

async function askUrl({ surroundings }: Call): Promise<string> {
  if (!surroundings.isStdinTty)
    throw usageFailure('No address was given.', `Name it: spillway login --url ${DEFAULT_URL}`)
  return (await surroundings.ask(`Address of the installation [${DEFAULT_URL}]: `)) || DEFAULT_URL
}

async function readKey({ surroundings }: Call, url: string): Promise<string> {
  if (!surroundings.isStdinTty) return surroundings.readStdin()
  return (await surroundings.ask(`Key for ${url}: `, { isHidden: true })) ?? ''
}

/** A key that may only use models cannot read its session, which is proof enough that it is known. */
async function tryKey({ surroundings }: Call, url: string, key: string): Promise<Session | null> {
  const transport = createTransport({ fetch: surroundings.fetch, url })
  try {
    return await createClient({ url, credential: key, fetch: transport }).getSession()
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'permission.denied') return null
    throw error
  }
}

async function logout(call: Call): Promise<void> {
  const { surroundings } = call
  const path = loginPath(surroundings.environment, surroundings.homeFolder)
  const existed = surroundings.removeFile(path)
  await call.present({ path, removed: existed }, () =>
    existed ? `Signed out: ${path} is removed.` : 'Nobody was signed in.',
  )
}
