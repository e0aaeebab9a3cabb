import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apportion, renderBar, renderLegend, renderStrip } from './bar.ts'
import { plainPaint } from './paint.ts'

test('cells sum exactly to the width, and nothing that exists is left out where there is room', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 200 }),
      (weights, cells) => {
        const shares = apportion(weights, cells)
        const total = weights.reduce((sum, weight) => sum + weight, 0n)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total === 0n ? 0 : cells)
        expect(shares.every((share, index) => share === 0 || (weights[index] ?? 0n) > 0n)).toBe(
          true,
        )
        if (cells >= 2 * weights.length)
          expect(weights.every((weight, index) => weight === 0n || (shares[index] ?? 0) > 0)).toBe(
            true,
          )
      },
    ),
  )
})

test('what hardly exists is still drawn', () => {
  const parts = [
    { kind: 'spot', ms: 1n },
    { kind: 'free', ms: 1_000_000n },
  ]
  expect(renderBar(parts, 10, plainPaint)).toBe('▒·········')
})

test('a strip has one letter a slot, and its legend names what occurs', () => {
  const kinds = ['serving', 'anchor', 'spot', null, 'something_new']
  expect(renderStrip(kinds, plainPaint)).toBe('MAS·?')
  expect(renderLegend(kinds, plainPaint)).toBe(
    'A anchor   S spot   M serving   · free   ? something_new',
  )
})
