/** What tasks cost, what has no task and GPU time are what was charged, whatever was charged for what. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picos } from '#kernel/money.ts'
import { type ChargedHour, reconcileTasks, type TaskedHour } from './reconciliation.ts'

const hour = new Date('2026-03-01T12:00:00.000Z')
const key = (resource: string) => ({ organizationId: 'org', projectId: 'prj', resource, hour })

/** A key with several lines, of which some part is of tasks. */
const charged = fc.record({
  resource: fc.constantFrom('a', 'b', 'c', 'd'),
  lines: fc.array(fc.tuple(fc.bigInt(1n, 1000n), fc.bigInt(0n, 1000n)), { minLength: 1 }),
  tokensOff: fc.bigInt(0n, 3n),
  amountOff: fc.bigInt(0n, 3n),
  isTokens: fc.boolean(),
})
const world = fc.uniqueArray(charged, { selector: ({ resource }) => resource })

test('the parts add up to what was charged, to the pico', () => {
  fc.assert(
    fc.property(world, (keys) => {
      const hours = keys.flatMap(({ resource, lines, isTokens }): ChargedHour[] =>
        lines.map(([quantity, amount]) => ({
          ...{ ...key(resource), isTokens, quantity, charged: picos(amount) },
        })),
      )
      const tasked = keys
        .filter(({ isTokens }) => isTokens)
        .map(({ resource, lines, tokensOff, amountOff }): TaskedHour => {
          const tokens = lines.reduce((sum, [quantity]) => sum + quantity, 0n)
          const amount = lines.reduce((sum, [, each]) => sum + each, 0n)
          return {
            ...key(resource),
            ...{ tokens: tokens - tokensOff, amount: picos(amount - amountOff) },
          }
        })
      const result = reconcileTasks(hours, tasked)
      expect(result.tasked + result.untasked + result.other).toBe(result.charged)
      expect(result.charged).toBe(hours.reduce((sum, each) => sum + each.charged, 0n))
      // All tokens of an hour of tasks, and yet another amount: that cannot be.
      const wrong = keys.filter(
        ({ isTokens, tokensOff, amountOff }) => isTokens && tokensOff === 0n && amountOff > 0n,
      )
      expect(result.differences).toHaveLength(wrong.length)
    }),
  )
})

test('a task that cost more than was charged, or where nothing was, is told', () => {
  const hours = [{ ...key('a'), isTokens: true, quantity: 10n, charged: picos(5n) }]
  const tasked = (resource: string, amount: bigint) => [
    { ...key(resource), tokens: 9n, amount: picos(amount) },
  ]
  expect(reconcileTasks(hours, tasked('a', 5n)).differences).toEqual([])
  expect(reconcileTasks(hours, tasked('a', 6n)).differences).toHaveLength(1)
  expect(reconcileTasks(hours, tasked('b', 1n)).differences).toHaveLength(1)
})
