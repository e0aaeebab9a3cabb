/** Rules on names: files and folders say what they hold, in whole words and kebab-case. */
import type { Tree, Violation } from '../tree.ts'

/** Words that could stand on any file; the cure is a name for what the file holds. */
const EMPTY_WORDS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'manager'])
const EMPTY_NAMES = new Set([...EMPTY_WORDS, 'data', 'info'])

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Files whose names other programs dictate, or that are written in capitals by custom. */
const FREE = /^(README|ARCHITECTURE|STYLE|CONTRIBUTING|LICENSE|CHANGELOG|NOTICE|SECURITY)$/

export function checkFileNames(tree: Tree): Violation[] {
  return tree.files.flatMap(({ path }) => {
    const segments = path.split('/')
    const text = segments.map(judgeName).find((each) => each !== null)
    return text ? [{ rule: 'names', path, text }] : []
  })
}

function judgeName(segment: string): string | null {
  const name = segment.replace(/^[._$]+/, '').split('.')[0] ?? ''
  if (EMPTY_NAMES.has(name) || name.split('-').some((word) => EMPTY_WORDS.has(word)))
    return `\`${segment}\` says nothing; name it after what it holds.`
  const isCode = /\.(ts|tsx|css|md)$/.test(segment)
  if (isCode && !FREE.test(name) && !KEBAB.test(name) && !segment.startsWith('_'))
    return `\`${segment}\` is not in kebab-case.`
  return null
}
