import fc from 'fast-check'
import { expect, test } from 'vitest'
import { earn, FULL_BUDGET, spend } from './route-budget.ts'

test('tries beyond the first are never more than a burst of ten and the share of requests', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(300), fc.nat(4), (share, requests, triesEach) => {
      let budget = FULL_BUDGET
      let tries = 0
      for (let request = 0; request < requests; request++) {
        budget = earn(budget, share)
        for (let index = 0; index < triesEach; index++) {
          const left = spend(budget)
          if (left === null) break
          budget = left
          tries += 1
        }
      }
      expect(tries).toBeLessThanOrEqual(10 + (requests * share) / 100)
    }),
  )
})

test('a try is there for who fails now and then', () => {
  let budget = FULL_BUDGET
  for (let request = 0; request < 1000; request++) {
    budget = earn(budget, 10)
    if (request % 20 !== 0) continue
    const left = spend(budget)
    expect(left).not.toBeNull()
    budget = left ?? budget
  }
})
