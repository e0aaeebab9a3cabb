import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayWidth, renderCommand, toProse, truncate } from './text.ts'

test('wide characters take two columns, and colours none', () => {
  expect(displayWidth('推理 ok')).toBe(7)
  expect(displayWidth('\u001B[32mok\u001B[0m')).toBe(2)
  expect(displayWidth('e\u0301')).toBe(1)
})

test('a cut text is never wider than asked', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 40 }),
      (text, columns) => {
        expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns)
      },
    ),
  )
})

test('a command is shown as a shell would take it again', () => {
  expect(renderCommand(['python3', 'train.py', '--lr=0.1'])).toBe('python3 train.py --lr=0.1')
  expect(renderCommand(['sh', '-c', "echo 'a b'; exit 3"])).toBe(
    `sh -c 'echo '\\''a b'\\''; exit 3'`,
  )
})

test('prose keeps its lines and loses control characters', () => {
  expect(toProse('one\n\ttwo\u001B]0;title\u0007')).toBe('one\n\ttwo\uFFFD]0;title\uFFFD')
})
