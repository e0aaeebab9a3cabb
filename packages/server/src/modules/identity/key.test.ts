import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashSecret, hintOf, parseKey, renderKey } from './key.ts'

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a rendered key is recognised, with its kind', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom('operator' as const, 'buyer' as const),
      (randomness, kind) => {
        expect(parseKey(renderKey(kind, randomness))?.kind).toBe(kind)
      },
    ),
  )
})

test('a key with one character changed is refused without a look at the database', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 12, max: 60 }), (randomness, position) => {
      const key = renderKey('buyer', randomness)
      const other = key[position] === 'A' ? 'B' : 'A'
      expect(parseKey(key.slice(0, position) + other + key.slice(position + 1))).toBeNull()
    }),
  )
})

test('a foreign credential is not ours', () => {
  for (const text of ['', 'sk-proj-abc', 'Bearer x', 'sk-spillway-short'])
    expect(parseKey(text)).toBeNull()
})

test('the stored hash depends on the pepper and the hint does not give the key away', () => {
  const key = renderKey('buyer', new Uint8Array(32).fill(7))
  expect(hashSecret('a', key)).not.toBe(hashSecret('b', key))
  expect(hintOf(key).length).toBeLessThan(24)
})
