/**
 * Runs one benchmark: `npm run bench -- NAME [--quick] [--json] [--record] [--FLAG VALUE]`. A full run with no flag of
 * its own is recorded in bench/results; another only with --record. With --json one JSON object is printed last. Judges
 * nothing: figures are not tests.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from './run/machine.ts'
import { renderResult } from './run/render.ts'
import { BadInput, type BenchModule } from './run/result.ts'

const FOLDER = import.meta.dirname

function listNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length))
}

interface Order {
  readonly name: string
  readonly module: BenchModule
  readonly quick: boolean
  readonly json: boolean
  readonly record: boolean
  readonly flags: Readonly<Record<string, string>>
}

const SWITCHES = {
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
  record: { type: 'boolean' },
} as const

/** The benchmark that is named first; a sentence when there is none of that name. */
async function findModule(name: string): Promise<BenchModule | string> {
  const names = listNames()
  if (names.includes(name)) return (await import(join(FOLDER, `${name}.ts`))) as BenchModule
  return `Name one benchmark first: npm run bench -- NAME [--quick] [--json] [--record]\nThere are: ${names.join(', ')}`
}

/** What a benchmark does beside its own work is a benchmark of its own: `gateway --peers` is `gateway-peers`. */
function nameVariant([name = '', ...args]: readonly string[]): readonly string[] {
  const variant = args.find((arg) => listNames().includes(`${name}-${arg.replace(/^--/, '')}`))
  if (variant === undefined) return [name, ...args]
  return [`${name}-${variant.replace(/^--/, '')}`, ...args.filter((arg) => arg !== variant)]
}

/** Reads the command line; a sentence when it makes no sense. */
async function readOrder(words: readonly string[]): Promise<Order | string> {
  const [name = '', ...args] = nameVariant(words)
  const module = await findModule(name)
  if (typeof module === 'string') return module
  const own = (module.flags ?? []).map((flag) => [flag, { type: 'string' }] as const)
  try {
    const { values } = parseArgs({ args, options: { ...Object.fromEntries(own), ...SWITCHES } })
    const { quick = false, json = false, record, ...flags } = values
    const given = flags as Record<string, string>
    const isPlain = !quick && Object.keys(given).length === 0
    return { name, module, quick, json, record: record ?? isPlain, flags: { ...given } }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function run({ name, module, quick, json, record, flags }: Order): Promise<void> {
  const date = new Date().toISOString()
  const result = await module.default({ quick, flags })
  const recorded = { name, date, quick, machine: describeMachine(), ...result }
  process.stdout.write(`\n${renderResult(result)}\n`)
  if (record) {
    mkdirSync(join(FOLDER, 'results'), { recursive: true })
    writeFileSync(join(FOLDER, 'results', `${name}.json`), `${JSON.stringify(recorded, null, 2)}\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(recorded)}\n`)
}

const order = await readOrder(process.argv.slice(2))
if (typeof order === 'string') {
  process.stderr.write(`${order}\n`)
  process.exitCode = 2
} else {
  try {
    await run(order)
  } catch (error) {
    // Anything else is a defect, and its trace is wanted.
    if (!(error instanceof BadInput)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}
