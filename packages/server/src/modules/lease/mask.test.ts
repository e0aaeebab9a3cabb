import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Mask } from './mask.ts'

function masked(values: readonly string[], pieces: readonly string[]): string {
  const mask = new Mask(values)
  const out = pieces.map((piece) => mask.push(Buffer.from(piece)))
  return Buffer.concat([...out, mask.end()]).toString()
}

test('a value becomes as many asterisks, wherever the stream is cut', () => {
  expect(masked(['s3cret'], ['the s3cret is out\n'])).toBe('the ****** is out\n')
  expect(masked(['s3cret'], ['the s3', 'cre', 't is out'])).toBe('the ****** is out')
  expect(masked(['s3cret'], ['the s3cr'])).toBe('the s3cr')
})

test('values that overlap, and repeat themselves, are hidden whole', () => {
  expect(masked(['abab'], ['abab', 'ab!'])).toBe('******!')
  expect(masked(['abab'], ['abab'])).toBe('****')
  expect(masked(['abcd', 'cdef'], ['abcd', 'ef'])).toBe('******')
})

test('a value of a few letters hides nothing', () => {
  expect(masked(['a', ''], ['a banana'])).toBe('a banana')
})

test('however the stream is cut, the outcome is the same and as long as what came', () => {
  const letters = fc
    .array(fc.constantFrom('a', 'b'), { maxLength: 40 })
    .map((each) => each.join(''))
  const values = ['abab', 'bbaa', 'aaaaa']
  fc.assert(
    fc.property(letters, fc.array(fc.nat({ max: 40 }), { maxLength: 6 }), (text, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length]
      const sorted = places.toSorted((a, b) => a - b)
      const pieces = sorted.slice(1).map((end, index) => text.slice(sorted[index], end))
      const out = masked(values, pieces)
      expect(out).toHaveLength(text.length)
      expect(out).toBe(masked(values, [text]))
      for (const value of values) expect(out).not.toContain(value)
    }),
  )
})
