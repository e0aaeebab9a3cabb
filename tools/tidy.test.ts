/** The shape of the code as a test: STYLE.md's rules, each with a message that says how to put it right. */
import { describe, expect, test } from 'vitest'
import { applyExemptions, EXEMPTIONS } from './tidy/exemptions.ts'
import { MODULES } from './tidy/layers.ts'
import { RULES } from './tidy/rules.ts'
import { findCycles } from './tidy/rules/cycles.ts'
import { readTree, type Violation } from './tidy/tree.ts'

const tree = readTree(new URL('..', import.meta.url).pathname)
const all = RULES.flatMap(({ check }) => check(tree))
const { violations, unneeded } = applyExemptions(all, EXEMPTIONS)

function render({ path, line, text, rule }: Violation): string {
  return `${path}${line === undefined ? '' : `:${line}`}  ${text}  [${rule}]`
}

describe('the shape of the code', () => {
  for (const { sentence, names } of RULES) {
    test(sentence, () => {
      const found = violations.filter(({ rule }) => names.includes(rule)).map(render)
      expect(found.length, found.join('\n')).toBe(0)
    })
  }

  test('every file of code parses', () => {
    const broken = tree.code.filter(({ syntax }) => syntax.errors.length > 0)
    expect(broken.map(({ path, syntax }) => `${path}: ${syntax.errors.join('; ')}`)).toEqual([])
  })

  test('the module graph as a table has no cycles', () => {
    expect(findCycles(new Map(Object.entries(MODULES)))).toEqual([])
  })

  test('every rule that a violation names has a test', () => {
    const named = new Set(RULES.flatMap(({ names }) => names))
    expect(all.map(({ rule }) => rule).filter((rule) => !named.has(rule))).toEqual([])
  })

  test('no exemption is unneeded, and each has a reason', () => {
    const text = 'Remove these from tools/tidy/exemptions.ts; nothing needs them any more.'
    expect(unneeded, text).toEqual([])
    expect(EXEMPTIONS.filter(({ reason }) => reason.length < 20)).toEqual([])
  })

  test('it looked at a plausible number of files', () => {
    expect(tree.code.length).toBeGreaterThan(100)
    expect(tree.files.length).toBeGreaterThan(tree.code.length + 20)
    for (const name of ['contract', 'server', 'console', 'cli'])
      expect(
        tree.code.some(({ path }) => path.startsWith(`packages/${name}/src/`)),
        name,
      ).toBe(true)
  })
})
