import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteWord, quoteWords, splitCommand } from './command-words.ts'

test.each([
  ['python3 train.py --steps 100', ['python3', 'train.py', '--steps', '100']],
  ['  spaced   out ', ['spaced', 'out']],
  [`sh -c 'echo "hi"; sleep 1'`, ['sh', '-c', 'echo "hi"; sleep 1']],
  [`a "b c"d ''`, ['a', 'b cd', '']],
  [String.raw`a\ b "c\"d" 'e\f'`, ['a b', 'c"d', String.raw`e\f`]],
  [String.raw`"\n"`, [String.raw`\n`]],
  ['', []],
])('%j is the command %j', (text, words) => {
  expect(splitCommand(text)).toEqual({ kind: 'words', words })
})

test('an open quotation mark is told, not guessed', () => {
  expect(splitCommand(`sh -c 'echo`)).toEqual({ kind: 'open_quote', quote: "'" })
})

test('whatever the words, quoting and splitting gives them back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (words) => {
      expect(splitCommand(quoteWords(words))).toEqual({ kind: 'words', words })
    }),
  )
})

test('plain words stay plain', () => {
  expect(quoteWord('--max-price=2.50')).toBe('--max-price=2.50')
  expect(quoteWord("it's")).toBe(String.raw`'it'\''s'`)
})
