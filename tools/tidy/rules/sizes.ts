/** Rules on size: files, functions, parameters, pages. A file is split where a name appears, not for a number. */
import type { CodeFile, Tree, Violation } from '../tree.ts'

const FILE_LINES = 400
/** A table of cases is read row by row. */
const TEST_FILE_LINES = 600
const COMPONENT_FILE_LINES = 300
const FUNCTION_LINES = 50
const COMPONENT_LINES = 120
const PARAMETERS = 3
const FILE_BYTES = 200_000

/** Pages that people read whole. */
const PAGES: readonly (readonly [pattern: RegExp, lines: number])[] = [
  [/^ARCHITECTURE\.md$/, 300],
  [/^STYLE\.md$/, 200],
  [/^packages\/server\/src\/modules\/[^/]+\/README\.md$/, 150],
]

/** Written by npm and by the generator: as long as what they follow from, and nobody splits them. */
const UNBOUNDED = new Set([
  'package-lock.json',
  'docs/reference/openapi.json',
  'packages/server/src/platform/db/schema.ts',
])

export function checkFileSizes(tree: Tree): Violation[] {
  const rule = 'file-size'
  return tree.files.flatMap(({ path, source, bytes }) => {
    const lines = source.split('\n').length - 1
    if (UNBOUNDED.has(path)) return []
    const limit = lineLimit(path)
    if (limit !== null && lines > limit)
      return [
        { rule, path, text: `${lines} lines, at most ${limit}: split it where a name appears.` },
      ]
    if (bytes > FILE_BYTES)
      return [
        {
          rule,
          path,
          text: `${bytes} bytes, at most ${FILE_BYTES}: generate it, or leave it out.`,
        },
      ]
    return []
  })
}

function lineLimit(path: string): number | null {
  if (/\.test\.tsx?$/.test(path)) return TEST_FILE_LINES
  if (path.startsWith('packages/console/') && path.endsWith('.tsx')) return COMPONENT_FILE_LINES
  if (path.startsWith('docs/reference/')) return null
  if (/\.(ts|tsx|sql|css)$/.test(path)) return FILE_LINES
  return PAGES.find(([pattern]) => pattern.test(path))?.[1] ?? null
}

/** Tests are exempt: a `describe` is a chapter, not a function. */
export function checkFunctionSizes(tree: Tree): Violation[] {
  return tree.code.filter(({ isTest }) => !isTest).flatMap(judgeFunctions)
}

function judgeFunctions({ path, syntax }: CodeFile): Violation[] {
  const rule = 'function-size'
  return syntax.functions.flatMap(({ name, line, lines, parameters, hasJsx }) => {
    const limit = hasJsx ? COMPONENT_LINES : FUNCTION_LINES
    const found: Violation[] = []
    if (lines > limit)
      found.push({
        rule,
        path,
        line,
        text: `${name} has ${lines} lines, at most ${limit}: split it where a name appears.`,
      })
    if (parameters > PARAMETERS)
      found.push({
        rule,
        path,
        line,
        text: `${name} takes ${parameters} parameters, at most ${PARAMETERS}: take one named object.`,
      })
    return found
  })
}
