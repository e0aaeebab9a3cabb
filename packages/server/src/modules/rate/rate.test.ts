/** Which rate limits hold for whom, and how a share is cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RateLimit, ratesInForce, shareOf } from './rate.ts'

function limit(parts: Partial<RateLimit> & Pick<RateLimit, 'id'>): RateLimit {
  return {
    ...{ organizationId: 'org', projectId: null, apiKeyId: null, model: null },
    ...{ setBy: 'operator', requestsPerMinute: 1, tokensPerMinute: null, concurrency: null },
    setAt: new Date(0),
    ...parts,
  }
}

const use = {
  ...{ organizationId: 'org', isCustomer: true, projectId: 'prj', apiKeyId: 'key', model: 'toy' },
}

test('every limit that covers a request holds; those of everybody are for customers', () => {
  const limits = [
    limit({ id: 'own' }),
    limit({ id: 'each', organizationId: null }),
    limit({ id: 'key', apiKeyId: 'key' }),
    limit({ id: 'model', model: 'toy' }),
    limit({ id: 'other model', model: 'x' }),
    limit({ id: 'other project', projectId: 'x' }),
    limit({ id: 'other', organizationId: 'x' }),
  ]
  const ids = (asked: typeof use) => ratesInForce(limits, asked).map(({ id }) => id)
  expect(ids(use)).toEqual(['own', 'each', 'key', 'model'])
  expect(ids({ ...use, isCustomer: false })).toEqual(['own', 'key', 'model'])
})

test('a share is never more than what is left, and what is needed where that is there', () => {
  const amount = fc.integer({ min: 0, max: 1_000_000 })
  fc.assert(
    fc.property(amount, fc.integer({ min: -100, max: 1_000_000 }), (needed, left) => {
      const share = shareOf(needed, left)
      expect(share).toBeLessThanOrEqual(Math.max(left, 0))
      expect(share).toBeGreaterThanOrEqual(Math.min(needed, Math.max(left, 0)))
    }),
  )
})
