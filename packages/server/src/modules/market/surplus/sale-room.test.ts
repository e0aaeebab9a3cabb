/** Tests of what may still be sold, tier by tier. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../forecast/series.ts'
import { type Sale, SaleRoom } from './sale-room.ts'
import type { TierSurplus } from './tiers.ts'

function tier(name: TierSurplus['tier'], gpus: number, hours: number | null = null): TierSurplus {
  return { tier: name, hours, gpus, placeableGpus: gpus, gangs: [] }
}

/** As `surplusOf` has them: from firm to loose. */
const TIERS = [
  tier('reserved', 2, 24),
  tier('guaranteed', 4, 4),
  tier('guaranteed', 6, 2),
  tier('guaranteed', 10, 1),
  tier('spot', 14),
  tier('flex', 20),
]

function roomOf(parts: Partial<Sale> = {}): SaleRoom {
  return new SaleRoom({ tiers: TIERS, sold: [], isForecast: true, ...parts })
}

describe('what may be sold', () => {
  test('of a promise: what its tier has, and all shorter ones', () => {
    const room = roomOf()
    expect([1, 2, 4].map((hours) => room.left(hours * HOUR_MS))).toEqual([10, 6, 4])
    expect(room.left(0)).toBe(14)
  })

  test('counts promises that still run, in the hours that they run into and no others', () => {
    // given three GPUs that are promised for another half an hour, and two for three hours
    const sold = [
      { gpus: 3, promisedMs: HOUR_MS / 2 },
      { gpus: 2, promisedMs: 3 * HOUR_MS },
    ]
    const room = roomOf({ sold })
    // then the first hour has five less, all later ones two
    expect([1, 2, 4].map((hours) => room.left(hours * HOUR_MS))).toEqual([5, 4, 2])
  })

  test('what nobody may take back counts against every promise; what gives way against none', () => {
    const firm = roomOf({ sold: [{ gpus: 4, promisedMs: Number.POSITIVE_INFINITY }] })
    expect(firm.left(4 * HOUR_MS)).toBe(0)
    const loose = roomOf({ sold: [{ gpus: 8, promisedMs: 0 }] })
    expect(loose.left(2 * HOUR_MS)).toBe(6)
    expect(loose.left(0)).toBe(6)
  })

  test('nothing is promised for longer than anything is offered for, nor without a forecast', () => {
    expect(roomOf().left(5 * HOUR_MS)).toBe(0)
    expect(roomOf({ tiers: [tier('spot', 20), tier('flex', 20)] }).left(HOUR_MS)).toBe(0)
  })

  test('without a forecast to go by, no bound is put on what gives way to the owner', () => {
    const room = roomOf({ isForecast: false, sold: [{ gpus: 50, promisedMs: 0 }] })
    expect(room.left(0)).toBe(Number.POSITIVE_INFINITY)
    expect(room.left(HOUR_MS)).toBe(10)
  })

  test('whatever is sold as far as there is room, no stretch of time is promised beyond its tier', () => {
    const wishes = fc.array(
      fc.record({ gpus: fc.integer({ min: 1, max: 6 }), hours: fc.constantFrom(0, 1, 2, 4) }),
    )
    fc.assert(
      fc.property(wishes, (asked) => {
        const room = roomOf()
        const sold = asked.filter(({ gpus, hours }) => {
          const promisedMs = hours * HOUR_MS
          if (room.left(promisedMs) < gpus) return false
          room.sell({ gpus, promisedMs })
          return true
        })
        const beyond = (hours: number) =>
          sold.filter((each) => each.hours > hours).reduce((sum, { gpus }) => sum + gpus, 0)
        expect(beyond(0)).toBeLessThanOrEqual(10)
        expect(beyond(1)).toBeLessThanOrEqual(6)
        expect(beyond(2)).toBeLessThanOrEqual(4)
        expect(beyond(-1)).toBeLessThanOrEqual(14)
      }),
    )
  })
})
