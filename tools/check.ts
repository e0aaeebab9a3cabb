/**
 * Everything that is checked without running the product: types, lint, format, dead code, shape, generated files. One
 * line a check with its time, then the output of those that failed. CI runs exactly this.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly string[]
  /** A file without which there is nothing to check. */
  readonly needs?: string
}

interface Outcome extends Check {
  readonly seconds: number
  readonly output: string
  readonly isPassed: boolean
}

const ROOT = new URL('..', import.meta.url).pathname

/** Longest first, so that the short ones fill the gaps. */
const CHECKS: readonly Check[] = [
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'generated', command: ['node', 'tools/generate.ts', '--check'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  {
    name: 'console-types',
    command: ['tsc', '-p', 'packages/console/tsconfig.json'],
    needs: 'packages/console/tsconfig.json',
  },
  { name: 'shape', command: ['vitest', 'run', 'tools/tidy', '--reporter=default'] },
  { name: 'unused', command: ['knip'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
]

function run(check: Check): Promise<Outcome> {
  const [program = '', ...words] = check.command
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: ROOT,
      env: {
        ...process.env,
        PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const end = (isPassed: boolean) => {
      const seconds = (performance.now() - startedMs) / 1000
      console.log(
        `${isPassed ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(5)} s  ${check.name}`,
      )
      resolve({ ...check, seconds, output, isPassed })
    }
    child.on('error', (error) => {
      output += error.message
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })
}

async function runAll(checks: readonly Check[]): Promise<Outcome[]> {
  const waiting = [...checks]
  const outcomes: Outcome[] = []
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) outcomes.push(await run(next))
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))
  return outcomes
}

const startedMs = performance.now()
const wanted = process.argv.slice(2)
const outcomes = await runAll(
  CHECKS.filter(
    ({ name, needs }) =>
      (wanted.length === 0 || wanted.includes(name)) &&
      (needs === undefined || existsSync(join(ROOT, needs))),
  ),
)
const failed = outcomes.filter(({ isPassed }) => !isPassed)
for (const { name, command, output } of failed)
  console.log(`\n── ${name}: ${command.join(' ')}\n${output.trim()}`)
for (const { name, output } of outcomes)
  if (name === 'generated' && output.includes('breaks its callers'))
    console.log(`\n${output.trim()}`)
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
console.log(
  `\n${outcomes.length - failed.length} of ${outcomes.length} checks passed in ${seconds} s`,
)
if (failed.length > 0) process.exitCode = 1
