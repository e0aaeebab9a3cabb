/**
 * Writes every file that follows from another: API description, reference pages, schema types, pictures. With `--check`
 * nothing is written; stale files are named and the exit status is 1. Breaks of the API since HEAD are printed.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listBreaks } from './generate/breaking.ts'
import { place, type Generated } from './generate/generated.ts'
import { generateGraph } from './generate/graph.ts'
import { generateLimits } from './generate/limits.ts'
import { generateReference } from './generate/reference.ts'
import { generateSchema } from './generate/schema.ts'
import { generateShape } from './generate/shape.ts'
import { readTree } from './tidy/tree.ts'

const ROOT = new URL('..', import.meta.url).pathname
const OPENAPI = 'docs/reference/openapi.json'

async function generateAll(): Promise<Generated[]> {
  const tree = readTree(ROOT)
  const { version } = JSON.parse(read('package.json')) as { version: string }
  return [
    ...generateReference(version),
    ...generateLimits(tree),
    generateGraph(tree),
    generateShape(tree),
    ...(await generateSchema()),
  ]
}

function read(path: string): string {
  const absolute = join(ROOT, path)
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : ''
}

/** The API description as last committed; null before there is one, or outside a git checkout. */
function committedOpenApi(): Record<string, unknown> | null {
  try {
    const text = execFileSync('git', ['show', `HEAD:${OPENAPI}`], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    // Nothing to compare with is not an error: the first commit has no predecessor.
    return null
  }
}

function printBreaks(generated: readonly Generated[]): void {
  const before = committedOpenApi()
  const after = generated.find(({ path }) => path === OPENAPI)
  if (before === null || !after) return
  const breaks = listBreaks(before, JSON.parse(after.text) as Record<string, unknown>)
  if (breaks.length === 0) return
  console.log(`The API breaks its callers, compared with HEAD, in ${breaks.length} places:`)
  for (const line of breaks) console.log(`  ${line}`)
}

function check(generated: readonly Generated[]): void {
  const stale = generated.filter((each) => {
    const present = read(each.path)
    return each.isVolatile ? present === '' : place(each, present) !== present
  })
  for (const { path } of stale) console.log(`${path} is stale: run \`npm run generate\`.`)
  if (stale.length > 0) process.exitCode = 1
  else console.log(`${generated.length} generated files are fresh.`)
}

function write(generated: readonly Generated[]): void {
  for (const each of generated) {
    const present = read(each.path)
    const text = place(each, present)
    if (text === present) continue
    mkdirSync(join(ROOT, dirname(each.path)), { recursive: true })
    writeFileSync(join(ROOT, each.path), text)
    console.log(`wrote ${each.path}`)
  }
}

const generated = await generateAll()
printBreaks(generated)
if (process.argv.includes('--check')) check(generated)
else write(generated)
