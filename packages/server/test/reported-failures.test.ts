/** The lists of reported failures and of guarantees against the tests: whoever renames or drops one of them hears of it. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const GUIDES = ['reported-failures', 'gateway-guarantees'].map((name) =>
  readFileSync(join(ROOT, `docs/guides/${name}.md`), 'utf8'),
)

/** The names of all tests that are defined in a file of this path's end. */
const sources = new Map(
  globSync('packages/**/*{.test,conformance}.ts', {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  }).map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
)

function sourcesOf(cell: string): string {
  const files = [...cell.matchAll(/`([^`]+\.ts)`/g)].map(([, file = '']) => file)
  return files
    .map((file) => {
      const found = [...sources].filter(([path]) => path.endsWith(`/${file}`))
      expect(
        found.map(([path]) => path),
        `${file} is one file`,
      ).toHaveLength(1)
      return found[0]?.[1] ?? ''
    })
    .join('\n')
}

/** The rows of all tables whose head begins with a word. */
function rowsOf(head: string): string[][] {
  const tables = GUIDES.flatMap((guide) => guide.split(/\n(?=\| (?:case|fault|number) \|)/))
  return tables
    .filter((part) => part.startsWith(`| ${head} |`))
    .flatMap((part) =>
      part
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .slice(1)
        .map((line) => line.split('|').map((cell) => cell.trim())),
    )
}

test.each(rowsOf('case'))(
  '%s%s is in the name of a test, or does not arise',
  (_, cases = '', what = '', where = '') => {
    expect(what).not.toBe('')
    if (where.startsWith('*does not arise*')) return
    const text = sourcesOf(where)
    const names = text.split('\n').filter((line) => /\b(test|describe)\b.*['`]/.test(line))
    for (const each of cases.split(', '))
      expect(
        names.some((name) => name.includes(each)),
        `a test of ${where} is named after ${each}`,
      ).toBe(true)
  },
)

/** Every name that a cell gives is in the file beside it. */
function expectNamed(where: string): readonly string[] {
  return where.split('; ').map((part) => {
    const [, name = ''] = /\*([^*]+)\*/.exec(part) ?? []
    expect(name).not.toBe('')
    if (name !== 'does not arise') expect(sourcesOf(part)).toContain(name)
    return name
  })
}

test.each(rowsOf('fault'))('%s%s has the test that the list names', (_, fault = '', where = '') => {
  expect(fault).not.toBe('')
  expectNamed(where)
})

test.each(rowsOf('number'))(
  '%s%s is the number of the tests that the list names',
  (_, number = '', guarantee = '', where = '') => {
    expect(guarantee).not.toBe('')
    for (const name of expectNamed(where))
      if (name !== 'does not arise') expect(name).toContain(number)
  },
)
