/** Which statements get a name, and that names do not grow without end. */
import { expect, test } from 'vitest'
import { nameStatements } from './prepared.ts'

test('a statement has no name at first, and the same one from its third time on', () => {
  const { nameOf } = nameStatements()
  const names = [1, 2, 3, 4].map(() => nameOf('SELECT 1'))
  expect(names).toEqual([undefined, undefined, 'spillway_0_0', 'spillway_0_0'])
})

test('what begins and ends transactions, and what is long, never gets one', () => {
  const { nameOf } = nameStatements()
  const texts = ['begin', 'commit', 'CREATE TABLE a (b int)', `SELECT '${'x'.repeat(10_000)}'`]
  for (const text of texts)
    for (let time = 0; time < 5; time++) expect(nameOf(text)).toBeUndefined()
})

test('only so many get one, however many come, and those keep it', () => {
  const { nameOf } = nameStatements()
  const named = new Set<string>()
  for (let n = 0; n < 5000; n++)
    for (let time = 0; time < 3; time++) {
      const name = nameOf(`SELECT ${n}`)
      if (name !== undefined) named.add(name)
    }
  expect(named.size).toBe(300)
  expect(nameOf('SELECT 0')).toBe('spillway_0_0')
})

test('after a renewal no old name is given again', () => {
  const { nameOf, renew } = nameStatements()
  for (let time = 0; time < 3; time++) nameOf('SELECT 1')
  renew()
  expect([1, 2, 3].map(() => nameOf('SELECT 1')).at(-1)).toBe('spillway_1_0')
})
