/** The page of limits: every exported constant of `limits.ts` with the comment above it. */
import type { Tree } from '../tidy/tree.ts'
import { NOTE, renderTable, type Generated } from './generated.ts'

const SOURCE = 'packages/server/src/limits.ts'
const CONSTANT = /(?:\/\*\*\s*((?:(?!\*\/)[\s\S])*?)\s*\*\/\n)?export const (\w+) = ([^\n]+)/g

function renderLimits(source: string): string {
  const rows = [...source.matchAll(CONSTANT)].map(([, comment = '', name = '', value = '']) => [
    `\`${name}\``,
    `\`${value}\``,
    comment.replace(/\s*\n\s*\*\s*/g, ' '),
  ])
  return `${NOTE}\n\n# Limits\n\nEvery bound and timeout of the server, units last in the name.\n\n${renderTable(['limit', 'value', 'what it bounds'], rows)}\n`
}

export function generateLimits(tree: Tree): Generated[] {
  const source = tree.files.find(({ path }) => path === SOURCE)?.source
  return source === undefined
    ? []
    : [{ path: 'docs/reference/limits.md', text: renderLimits(source) }]
}
