/**
 * Makes the shim runnable, and what runs inside leases: copies them and what they import, types stripped, into the
 * engine's folder. Plain JavaScript starts in half the time and two thirds of the memory, and running shims do not
 * depend on a checkout that may change.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { assert } from '#kernel/assert.ts'

/** The shim, and what runs inside leases. */
const SOURCES = [
  fileURLToPath(new URL('shim.ts', import.meta.url)),
  fileURLToPath(new URL('sandbox/sandbox-launcher.ts', import.meta.url)),
  fileURLToPath(new URL('carrier.ts', import.meta.url)),
  fileURLToPath(new URL('sandbox/sandbox-relay.ts', import.meta.url)),
  fileURLToPath(new URL('terminal/terminal-host.ts', import.meta.url)),
]
const SOURCE_ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CONTRACT_ROOT = fileURLToPath(new URL('../../../../../contract/src/', import.meta.url))
/** What several workspaces speak, and the one package that is not ours. */
const CONTRACT = '@spillway/contract/'
const PSEUDO_TERMINAL = '@lydell/node-pty'
const STRIP_TIMEOUT_MS = 20_000

/** A child strips the types: Node calls its function for it experimental, and says so on the terminal. */
const STRIP_PROGRAM = `
const { stripTypeScriptTypes } = require('node:module')
const sources = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
process.stdout.write(JSON.stringify(sources.map((text) => stripTypeScriptTypes(text))))
`

/** Small heaps, and no threads for a compiler that has nothing to compile. */
export const SHIM_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=32', '--v8-pool-size=0']

/** The words that run the shim, before its arguments. */
export async function prepareShim(directory: string): Promise<readonly string[]> {
  const program = await prepareProgram(SOURCES, join(directory, '.shim'))
  return [process.execPath, ...SHIM_FLAGS, program]
}

/** Installs modules of ours in a folder as programs of their own, and says where the first of them is. */
export async function prepareProgram(
  entries: readonly string[],
  directory: string,
): Promise<string> {
  const sources = await collectSources(entries)
  const digest = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex')
    .slice(0, 16)
  const folder = join(directory, digest)
  const program = join(folder, basename(entries[0] ?? '').replace(/\.ts$/, '.mjs'))
  if (!(await exists(program))) await install(sources, folder)
  return program
}

/** The shim's module and all it imports of ours, by path. Anything but these, Node's own modules and one package is refused. */
async function collectSources(entries: readonly string[]): Promise<Map<string, string>> {
  const sources = new Map<string, string>()
  const collect = async (path: string): Promise<void> => {
    if (sources.has(path)) return
    const text = await readFile(path, 'utf8')
    sources.set(path, text)
    for (const specifier of importsOf(text)) await collect(locate(specifier, dirname(path)))
  }
  for (const entry of entries) await collect(entry)
  const names = new Set([...sources.keys()].map((path) => basename(path)))
  assert(names.size === sources.size, 'two modules of the shim have one name')
  return sources
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/^import \{[^}]*\} from '([^']+)'$/gm)]
    .map((match) => match[1] ?? '')
    .filter((specifier) => !specifier.startsWith('node:') && specifier !== PSEUDO_TERMINAL)
}

function locate(specifier: string, folder: string): string {
  if (specifier.startsWith('.')) return resolve(folder, specifier)
  if (specifier.startsWith(CONTRACT)) return join(CONTRACT_ROOT, specifier.slice(CONTRACT.length))
  assert(/^#(kernel|platform)\//.test(specifier), `the shim may not import ${specifier}`)
  return join(SOURCE_ROOT, specifier.slice(1))
}

/** Written aside and renamed, so that no shim ever starts from half a program. */
async function install(sources: Map<string, string>, folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}-${process.hrtime.bigint()}`
  const texts = await stripTypes([...sources.values()])
  // Sandboxes show the folder to their own user, who reaches it in no other way.
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 })
  await mkdir(aside, { mode: 0o755 })
  for (const [index, path] of [...sources.keys()].entries()) {
    const name = basename(path).replace(/\.ts$/, '.mjs')
    await writeFile(join(aside, name), flattenImports(texts[index] ?? ''))
  }
  if (texts.some((text) => text.includes(PSEUDO_TERMINAL))) await installPseudoTerminal(aside)
  try {
    await rename(aside, folder)
  } catch (error) {
    // Somebody else installed the same program meanwhile.
    await rm(aside, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
}

/** A package with a part for each kind of machine; the names of both begin alike. */
async function installPseudoTerminal(folder: string): Promise<void> {
  const require = createRequire(import.meta.url)
  const found = dirname(require.resolve(`${PSEUDO_TERMINAL}/package.json`))
  const own = `${PSEUDO_TERMINAL}-${process.platform}-${process.arch}`
  for (const [name, from] of [
    [PSEUDO_TERMINAL, found],
    [own, join(dirname(found), basename(own))],
  ] as const)
    await cp(from, join(folder, 'node_modules', name), { recursive: true })
}

/** All modules lie in one folder there. */
function flattenImports(text: string): string {
  return text.replace(/(from ')(?:(?:[#.]|@spillway\/)[^']*\/)([a-z-]+)\.ts'/g, "$1./$2.mjs'")
}

async function stripTypes(texts: readonly string[]): Promise<string[]> {
  const words = ['--disable-warning=ExperimentalWarning', '-e', STRIP_PROGRAM]
  const running = promisify(execFile)(process.execPath, words, {
    timeout: STRIP_TIMEOUT_MS,
    env: {},
  })
  running.child.stdin?.end(JSON.stringify(texts))
  return JSON.parse((await running).stdout) as string[]
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}
