/**
 * Finds which installation to talk to and with which key: flags, environment, `credentials.json` of a local
 * installation, then what `spillway login` stored. Pure but for the file reader that comes in; sends nothing.
 */
import { dirname, join } from 'node:path'
import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import { asText, parseObject } from './parse/json.ts'

/** Which of the two keys of a local installation speaks. */
export type Persona = 'demo' | 'operator'

export interface ConnectionFlags {
  readonly url?: string | undefined
  readonly key?: string | undefined
  readonly as?: Persona | undefined
}

export interface ConnectionInputs {
  readonly flags: ConnectionFlags
  /** Who the command is for, when nothing says otherwise. */
  readonly persona: Persona
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly currentFolder: string
  readonly homeFolder: string
  /** The checkout that this command belongs to. */
  readonly installationFolder: string
  /** Null when there is no such file; throws when it cannot be read. */
  readonly readFile: (path: string) => string | null
}

export interface Connection {
  readonly url: string
  readonly key: string
  /** Where the key was found, for people. */
  readonly source: string
  /** Set when the key is one of the two of a local installation. */
  readonly persona: Persona | null
}

export const DEFAULT_URL = 'http://127.0.0.1:4510'

interface Stored {
  readonly path: string
  readonly url: string
  readonly keys: Readonly<Record<Persona, string>> | string
}

/** Resolves the connection, or throws a failure that says what to do. */
export function resolveConnection(inputs: ConnectionInputs): Connection {
  const { flags, environment } = inputs
  const givenUrl = flags.url ?? asText(environment['SPILLWAY_URL'])
  // `--as` asks for a key of the file, so it outranks a key of the environment.
  const environmentKey = flags.as === undefined ? asText(environment['SPILLWAY_API_KEY']) : null
  const givenKey = flags.key ?? environmentKey
  const url = givenUrl === null ? null : parseUrl(givenUrl)
  if (givenKey !== null) {
    const source = flags.key === undefined ? 'SPILLWAY_API_KEY' : '--key'
    return {
      url: url ?? findStored(inputs)?.url ?? DEFAULT_URL,
      key: givenKey,
      source,
      persona: null,
    }
  }
  const stored = findStored(inputs)
  if (stored === null) throw missing(url)
  // A key is only ever sent to the installation that it belongs to.
  if (url !== null && new URL(url).origin !== new URL(stored.url).origin)
    throw new Failure(
      `There is no key for ${url}: the one in ${stored.path} belongs to ${stored.url}.`,
      {
        remedy: 'Give the key with --key or SPILLWAY_API_KEY, or run `spillway login`.',
        exitCode: EXIT.credential,
      },
    )
  return { url: url ?? stored.url, source: stored.path, ...chooseKey(stored, inputs) }
}

/** Where `spillway login` keeps the address and key of a remote installation. */
export function loginPath(
  environment: Readonly<Record<string, string | undefined>>,
  homeFolder: string,
): string {
  const folder = asText(environment['XDG_CONFIG_HOME']) ?? join(homeFolder, '.config')
  return join(folder, 'spillway', 'config.json')
}

/** An address without what the client adds itself. */
export function parseUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw usageFailure(
      `“${text}” is not an address.`,
      `Write it with its scheme, such as ${DEFAULT_URL}.`,
    )
  return `${parsed.origin}${parsed.pathname}`.replace(/(\/api)?(\/v1)?\/*$/, '')
}

function chooseKey(stored: Stored, inputs: ConnectionInputs): Pick<Connection, 'key' | 'persona'> {
  if (typeof stored.keys !== 'string') {
    const persona = inputs.flags.as ?? inputs.persona
    return { key: stored.keys[persona], persona }
  }
  if (inputs.flags.as !== undefined)
    throw usageFailure(
      `--as chooses between the two keys of a local installation, and ${stored.path} holds one key.`,
      'Leave --as out, or give another key with --key.',
    )
  return { key: stored.keys, persona: null }
}

function findStored(inputs: ConnectionInputs): Stored | null {
  const { environment, currentFolder, homeFolder, installationFolder } = inputs
  const folder = asText(environment['SPILLWAY_DATA_DIR'])
  if (folder !== null) {
    const stored = readCredentials(join(folder, 'credentials.json'), inputs)
    if (stored !== null) return stored
    throw new Failure(`SPILLWAY_DATA_DIR is ${folder}, and no credentials.json is there.`, {
      remedy: 'Start the server with the same SPILLWAY_DATA_DIR, or unset it.',
      exitCode: EXIT.credential,
    })
  }
  for (let at = currentFolder; ; at = dirname(at)) {
    const stored = readCredentials(join(at, '.spillway', 'credentials.json'), inputs)
    if (stored !== null) return stored
    if (dirname(at) === at) break
  }
  return (
    readLogin(loginPath(environment, homeFolder), inputs) ??
    readCredentials(join(installationFolder, '.spillway', 'credentials.json'), inputs)
  )
}

function readCredentials(path: string, inputs: ConnectionInputs): Stored | null {
  const text = read(path, inputs)
  if (text === null) return null
  const document = parseObject(text)
  const url = asText(document?.['url'])
  const operator = asText(document?.['operator_token'])
  const demo = asText(document?.['demo_api_key'])
  if (url === null || operator === null || demo === null || !URL.canParse(url))
    throw unusable(
      path,
      'url, operator_token and demo_api_key',
      'Restart the server: it writes the file anew.',
    )
  return { path, url: parseUrl(url), keys: { operator, demo } }
}

function readLogin(path: string, inputs: ConnectionInputs): Stored | null {
  const text = read(path, inputs)
  if (text === null) return null
  const document = parseObject(text)
  const url = asText(document?.['url'])
  const key = asText(document?.['key'])
  if (url === null || key === null || !URL.canParse(url))
    throw unusable(path, 'url and key', 'Run `spillway login` again.')
  return { path, url: parseUrl(url), keys: key }
}

function read(path: string, inputs: ConnectionInputs): string | null {
  try {
    return inputs.readFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Failure(`${path} cannot be read: ${reason}.`, {
      remedy: 'Use the account that runs the server, or give a key with --key or SPILLWAY_API_KEY.',
      exitCode: EXIT.credential,
      cause,
    })
  }
}

function unusable(path: string, wanted: string, remedy: string): Failure {
  return new Failure(`${path} is damaged: it should be a JSON object with ${wanted}.`, {
    remedy,
    exitCode: EXIT.credential,
  })
}

function missing(url: string | null): Failure {
  if (url !== null)
    return new Failure(`There is no key for ${url}.`, {
      remedy: 'Give one with --key or SPILLWAY_API_KEY, or run `spillway login`.',
      exitCode: EXIT.credential,
    })
  return new Failure('No installation was found, so there is no key to speak with.', {
    remedy:
      'Start one with `npm start` in the Spillway folder and call from there, sign in to a remote one with ' +
      '`spillway login`, or set SPILLWAY_URL and SPILLWAY_API_KEY.',
    exitCode: EXIT.credential,
  })
}
