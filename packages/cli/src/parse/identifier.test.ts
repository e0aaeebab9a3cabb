import { expect, test } from 'vitest'
import { isWholeId, matchId } from './identifier.ts'

const FIRST = 'lse_06f3k0000000000000000000aa'
const SECOND = 'lse_06f3k0000000000000000000bb'
const THIRD = 'lse_06f9z0000000000000000000ab'
const IDS = [FIRST, SECOND, THIRD]

test.each([
  ['aa', FIRST],
  ['BB', SECOND],
  ['06f9', THIRD],
  ['lse_06f9', THIRD],
  [FIRST, FIRST],
])('%s means one lease', (text, id) => {
  expect(matchId(text, IDS)).toEqual({ kind: 'one', id })
})

test('an abbreviation of several names all of them', () => {
  expect(matchId('06f3', IDS)).toEqual({ kind: 'many', ids: [FIRST, SECOND] })
})

test.each(['', 'zz', '0000'])('“%s” means none', (text) => {
  expect(matchId(text, IDS)).toEqual({ kind: 'none' })
})

test('only a prefix with 26 characters is a whole id', () => {
  expect(isWholeId('lse', FIRST)).toBe(true)
  expect(isWholeId('key', FIRST)).toBe(false)
  expect(isWholeId('lse', 'lse_06f3k')).toBe(false)
})
