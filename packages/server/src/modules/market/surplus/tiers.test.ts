/** Tests of what may be sold by tier. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LEVELS } from '../forecast/distribution.ts'
import { placeableOf } from './placeable.ts'
import { nextEta, type SurplusInput, surplusOf } from './tiers.ts'

/** A peak that lies between two values, evenly. */
function between(low: number, high: number): Float64Array {
  return Float64Array.from(LEVELS, (level) => low + level * (high - low))
}

function input(parts: Partial<SurplusInput> = {}): SurplusInput {
  const horizons = [1, 2, 4, 24].map((hours) => ({
    ...{ hours, offered: hours === 24 ? null : 70 - hours },
    peak: between(20, 20 + 10 * hours ** 0.5),
  }))
  const placeable = [
    { gangGpus: 1, gpus: 80 },
    { gangGpus: 8, gpus: 56 },
  ]
  return { capacity: 100, now: 20, horizons, fallback: null, eta: 1, placeable, ...parts }
}

describe('the surplus by tier', () => {
  test('a firmer tier is a part of each looser one, and none passes what is idle', () => {
    fc.assert(
      fc.property(
        fc.record({
          capacity: fc.integer({ min: 0, max: 500 }),
          now: fc.integer({ min: 0, max: 600 }),
          eta: fc.double({ min: 0.1, max: 1, noNaN: true }),
          rises: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 4 }),
        }),
        ({ capacity, now, eta, rises }) => {
          const horizons = rises.map((rise, index) => ({
            ...{ hours: index + 1, offered: rise, peak: between(now, now + rise) },
          }))
          const gpus = surplusOf(input({ capacity, now, eta, horizons })).map((tier) => tier.gpus)
          expect(gpus).toEqual(gpus.toSorted((a, b) => a - b))
          expect(gpus.at(-1)).toBe(Math.max(0, capacity - now))
        },
      ),
    )
  })

  test('only what can be placed is sold, in whole gangs', () => {
    const tiers = surplusOf(input({ placeable: [{ gangGpus: 8, gpus: 43 }] }))
    for (const { gpus, placeableGpus, gangs } of tiers) {
      expect(placeableGpus).toBeLessThanOrEqual(Math.min(gpus, 43))
      expect(gangs.every((gang) => gang.gpus % gang.gangGpus === 0)).toBe(true)
    }
    expect(tiers.at(-1)).toMatchObject({ tier: 'flex', gpus: 80, placeableGpus: 40 })
  })

  test('what was not learned reserves nothing, and flex still gets all that is idle', () => {
    const tiers = surplusOf(input({ fallback: 'little_history' }))
    expect(tiers[0]).toMatchObject({ tier: 'reserved', gpus: 0 })
    expect(tiers.at(-1)?.gpus).toBe(80)
  })

  test('a promise is what the seller offers, cut by what broke; of a time without an offer there is none', () => {
    const horizons = [
      { hours: 4, offered: 12, peak: between(20, 120) },
      { hours: 24, offered: null, peak: between(20, 120) },
    ]
    const promises = surplusOf(input({ horizons, eta: 0.5 })).filter(
      ({ tier }) => tier === 'guaranteed',
    )
    expect(promises).toMatchObject([{ hours: 4, gpus: 6 }])
  })

  test('a pool with no capacity has nothing to sell', () => {
    for (const { gpus } of surplusOf(input({ capacity: 0 }))) expect(gpus).toBe(0)
  })
})

describe('the feedback', () => {
  test('twice the breaches that are allowed halve what is promised', () => {
    expect(nextEta(0.8, { breachShare: 0.2, headWaitMs: 0 })).toBeCloseTo(0.4)
  })

  test('without breaches more is promised only when somebody waits', () => {
    expect(nextEta(0.5, { breachShare: 0, headWaitMs: 0 })).toBe(0.5)
    expect(nextEta(0.5, { breachShare: 0, headWaitMs: 3_600_001 })).toBeCloseTo(0.75)
  })

  test('what is not measured changes nothing, and the bounds hold', () => {
    expect(nextEta(0.5, { breachShare: null, headWaitMs: 1e9 })).toBe(0.5)
    expect(nextEta(0.11, { breachShare: 1, headWaitMs: 0 })).toBe(0.1)
    expect(nextEta(0.9, { breachShare: 0, headWaitMs: 1e9 })).toBe(1)
  })
})

test('free slots that lie apart make no large gang, and what the owner has makes none', () => {
  const nodes = ['a', 'b'].map((id) => ({ id, slotCount: 8 }))
  const claims = [
    { nodeId: 'a', kind: 'anchor', slots: [0] },
    { nodeId: 'b', kind: 'spot', slots: [0, 1] },
  ]
  expect(placeableOf(nodes, claims)).toEqual([
    { gangGpus: 1, gpus: 15 },
    { gangGpus: 2, gpus: 14 },
    { gangGpus: 4, gpus: 12 },
    { gangGpus: 8, gpus: 8 },
  ])
})
