/**
 * Runs one benchmark: `npm run bench -- NAME [--quick] [--json] [--record]`. A full run is recorded in bench/results;
 * a quick one only with --record. With --json one JSON object is printed last. Judges nothing: figures are not tests.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from './run/machine.ts'
import { renderResult } from './run/render.ts'
import type { Bench } from './run/result.ts'

const FOLDER = import.meta.dirname

function listNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length))
}

interface Order {
  readonly name: string
  readonly quick: boolean
  readonly json: boolean
  readonly record: boolean
}

/** Reads the command line; a sentence when it makes no sense. */
function readOrder(args: readonly string[]): Order | string {
  const flags = {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    record: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: flags,
      allowPositionals: true,
    })
    const [name = '', ...rest] = positionals
    const names = listNames()
    if (!names.includes(name) || rest.length > 0)
      return `Name one benchmark: npm run bench -- NAME [--quick] [--json] [--record]\nThere are: ${names.join(', ')}`
    const { quick = false, json = false, record = !quick } = values
    return { name, quick, json, record }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function run({ name, quick, json, record }: Order): Promise<void> {
  const module = (await import(join(FOLDER, `${name}.ts`))) as { readonly default: Bench }
  const date = new Date().toISOString()
  const result = await module.default({ quick })
  const recorded = { name, date, quick, machine: describeMachine(), ...result }
  process.stdout.write(`\n${renderResult(result)}\n`)
  if (record) {
    mkdirSync(join(FOLDER, 'results'), { recursive: true })
    writeFileSync(join(FOLDER, 'results', `${name}.json`), `${JSON.stringify(recorded, null, 2)}\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(recorded)}\n`)
}

const order = readOrder(process.argv.slice(2))
if (typeof order === 'string') {
  process.stderr.write(`${order}\n`)
  process.exitCode = 2
} else {
  await run(order)
}
