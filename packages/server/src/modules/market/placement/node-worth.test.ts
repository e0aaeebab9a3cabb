import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NodeWorth, type Payer } from './node-worth.ts'

const amount = fc.integer({ min: 0, max: 8 })
const payer = fc
  .record({ gpus: amount, cpu: amount, pays: fc.integer({ min: 0, max: 20 }) })
  .filter(({ gpus, cpu }) => gpus + cpu > 0)

/** So much of one or two payers that what is left is used up, or as much as fits of one. */
function mixtures(a: Payer, b: Payer, [gpus, cpu]: readonly [number, number]): [number, number][] {
  const alone = Math.min(
    a.gpus > 0 ? gpus / a.gpus : Number.POSITIVE_INFINITY,
    a.cpu > 0 ? cpu / a.cpu : Number.POSITIVE_INFINITY,
  )
  const both = a.gpus * b.cpu - b.gpus * a.cpu
  if (both === 0) return [[alone, 0]]
  const ofA = (gpus * b.cpu - b.gpus * cpu) / both
  const ofB = (a.gpus * cpu - gpus * a.cpu) / both
  return ofA < 0 || ofB < 0
    ? [[alone, 0]]
    : [
        [alone, 0],
        [ofA, ofB],
      ]
}

test('a node is worth what the best mixture of work would pay for what is left on it', () => {
  fc.assert(
    fc.property(fc.array(payer, { maxLength: 6 }), amount, amount, (payers, gpus, cpu) => {
      const paid = payers.flatMap((a) =>
        payers.flatMap((b) =>
          mixtures(a, b, [gpus, cpu]).map(([ofA, ofB]) => ofA * a.pays + ofB * b.pays),
        ),
      )
      expect(new NodeWorth(payers).of(gpus, cpu)).toBeCloseTo(Math.max(0, ...paid), 6)
    }),
  )
})

test('devices without the CPU to use them are worth nothing', () => {
  const worth = new NodeWorth([{ gpus: 1, cpu: 4, pays: 1 }])
  expect(worth.of(8, 0)).toBe(0)
  expect(worth.of(8, 4)).toBe(1)
  expect(worth.of(8, 64)).toBe(8)
})
