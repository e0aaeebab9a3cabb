import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineTail } from './logs.ts'

function tailOf(chunks: readonly string[], lines: number): string {
  const tail = createLineTail(lines)
  for (const chunk of chunks) tail.push(Buffer.from(chunk))
  return Buffer.from(tail.take()).toString()
}

test.each([
  ['a\nb\nc\n', 2, 'b\nc\n'],
  ['a\nb\nc', 2, 'b\nc'],
  ['a\nb\n', 5, 'a\nb\n'],
  ['\n\n\n', 1, '\n'],
  ['', 3, ''],
  ['a\nb\n', 0, ''],
])('of %j the last %d lines are %j', (text, lines, want) => {
  expect(tailOf([text], lines)).toBe(want)
})

test('how the log was cut into chunks does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'd\n'), { maxLength: 30 }),
      fc.integer({ min: 0, max: 8 }),
      (chunks, lines) => {
        expect(tailOf(chunks, lines)).toBe(tailOf([chunks.join('')], lines))
      },
    ),
  )
})
