/** Rules on comments: a file opens by saying what it is; nothing unfinished is left without an issue. */
import type { Tree, Violation } from '../tree.ts'

const UNFINISHED = new RegExp(
  `\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${'X'.repeat(3)})\\b`,
)
const WITH_ISSUE = /\(#\d+\)/

export function checkOpeningComments(tree: Tree): Violation[] {
  const text = 'Open the file with one to four lines: what it is, what it deliberately does not do.'
  const code = tree.code
    .filter(({ isTest, syntax }) => !isTest && syntax.openingLines === 0)
    .map(({ path }) => ({ rule: 'opening-comment', path, text }))
  const sql = tree.files
    .filter(({ path, source }) => path.endsWith('.sql') && !source.startsWith('-- '))
    .map(({ path }) => ({ rule: 'opening-comment', path, text }))
  return [...code, ...sql]
}

export function checkUnfinished(tree: Tree): Violation[] {
  return tree.files.flatMap(({ path, source }) => {
    if (path === 'package-lock.json') return []
    return source.split('\n').flatMap((line, index) => {
      if (!UNFINISHED.test(line) || WITH_ISSUE.test(line)) return []
      const text = 'Do it, or name the issue that will: `(#12)`.'
      return [{ rule: 'unfinished', path, line: index + 1, text }]
    })
  })
}
