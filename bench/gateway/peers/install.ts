/**
 * Fetches the peers of the gateway benchmark by their registries' own clients into a folder outside the project, once.
 * What cannot be had is not an error: it is reported as not run, with the reason.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALL_WITHIN_MS = 5 * 60_000
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

export const CACHE = join(homedir(), '.cache/spillway-bench/gateway-peers')

export type Installed =
  | { readonly kind: 'installed'; readonly folder: string; readonly version: string }
  | { readonly kind: 'missing'; readonly version: string; readonly reason: string }

interface Recipe {
  readonly name: string
  readonly version: string
  readonly install: (folder: string) => Promise<void>
}

async function command(folder: string, words: readonly string[]): Promise<string> {
  const [program = '', ...rest] = words
  const options = { cwd: folder, timeout: INSTALL_WITHIN_MS, maxBuffer: OUTPUT_BYTES_MAX }
  const { stdout } = await run(program, rest, options)
  return stdout
}

const npm = (name: string, version: string) => async (folder: string) => {
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  await command(folder, ['npm', 'install', '--ignore-scripts', '--no-audit', `${name}@${version}`])
}

const pip = (name: string, version: string) => async (folder: string) => {
  await command(folder, ['python3', '-m', 'venv', 'venv'])
  await command(folder, ['venv/bin/pip', 'install', '--quiet', `${name}==${version}`])
}

const debian = (name: string) => async (folder: string) => {
  await command(folder, ['apt-get', 'download', name])
  const [file = ''] = readdirSync(folder).filter((each) => each.endsWith('.deb'))
  await command(folder, ['dpkg', '-x', file, 'root'])
}

/** A Go program by its module, which the module proxy has or has not. */
const go = (module: string, version: string) => async (folder: string) => {
  writeFileSync(join(folder, 'go.mod'), 'module peers\n')
  await command(folder, ['go', 'mod', 'download', `${module}@${version}`])
  throw new Error('the module is there now, but nobody has written how it is built and started')
}

export const RECIPES = {
  portkey: {
    name: 'Portkey',
    version: '1.15.2',
    install: npm('@portkey-ai/gateway', '1.15.2'),
  },
  litellm: { name: 'LiteLLM', version: '1.93.0', install: pip('litellm[proxy]', '1.93.0') },
  nginx: { name: 'nginx', version: 'of Debian', install: debian('nginx') },
  caddy: { name: 'Caddy (plain Go)', version: 'of Debian', install: debian('caddy') },
  bifrost: {
    name: 'Bifrost',
    version: 'latest',
    install: go('github.com/maximhq/bifrost/transports', 'latest'),
  },
} as const satisfies Readonly<Record<string, Recipe>>

export type PeerName = keyof typeof RECIPES

/** The last line that says anything. */
function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as { stderr?: string; message: string }
  const lines = (stderr || message).split('\n').filter((line) => line.trim() !== '')
  return (lines.at(-1) ?? message).trim().slice(0, 300)
}

/** A package of the system has the version that the system has now: its file's name says which. */
function versionIn(folder: string, version: string): string {
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'))
  return file?.split('_')[1] ?? version
}

/** Installs a peer, or finds it installed. */
export async function install(peer: PeerName): Promise<Installed> {
  const { version, install: fetchIt } = RECIPES[peer]
  const folder = join(CACHE, `${peer}-${version.replaceAll(' ', '-')}`)
  const mark = join(folder, 'installed')
  if (existsSync(mark)) return { kind: 'installed', folder, version: versionIn(folder, version) }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    await fetchIt(folder)
    writeFileSync(mark, '')
    return { kind: 'installed', folder, version: versionIn(folder, version) }
  } catch (error) {
    return { kind: 'missing', version, reason: reasonOf(error) }
  }
}
