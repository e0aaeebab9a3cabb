/** The planner between tokens and hours: when a GPU goes to a model, when it goes back on sale, and that it does not flap. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { bidsOf, fullEarning } from './bid.ts'
import { decideReplicas, type ScalingDeployment, type ScalingLine } from './decide.ts'
import { demandOf, idleSince, shareWanted } from './demand.ts'
import {
  deployment,
  follow,
  type Moment,
  RULE,
  sample,
  spot,
  STEP_MS,
  TERMS,
} from './testing/course.ts'

const NOW = 10_000_000
const FREE: ScalingLine = { worths: [], gpus: 8, gpusFree: 7, reserve: money('0.2') }
const SOLD: ScalingLine = { ...FREE, worths: [spot(7, '1')], gpusFree: 0 }

/** Ten minutes of the same demand, in requests. */
function steady(requests: number, replicasReady = 1) {
  return Array.from({ length: 60 }, (_, index) =>
    sample(NOW - (59 - index) * STEP_MS, requests, replicasReady),
  )
}

function decide(parts: Partial<ScalingDeployment>, line: ScalingLine) {
  const [decision] = decideReplicas({
    ...{ nowMs: NOW, line, rule: RULE },
    deployments: [deployment(parts)],
  })
  return decision
}

const since = (kind: 'above' | 'below', ms: number) => ({ stance: { kind, sinceMs: NOW - ms } })

describe('what a replica bids', () => {
  test('is what a full one earns as far as demand reaches into it, less energy', () => {
    const bids = bidsOf(deployment({ samples: steady(6) }), { nowMs: NOW, ...RULE })
    expect(bids.toKeep(1)).toBe(money('3.9'))
    expect(bids.toKeep(2)).toBe(money('1.9'))
    expect(bids.toKeep(3)).toBe(money('-0.1'))
  })

  test('is nothing that anybody knows before tokens were sold', () => {
    expect(fullEarning({ revenue: money('1'), tokens: 0n }, 100)).toBeNull()
    expect(fullEarning({ revenue: money('1'), tokens: 10n }, null)).toBeNull()
    expect(fullEarning({ revenue: money('2'), tokens: 1_000_000n }, 500)).toBe(money('3.6'))
    const bids = bidsOf(deployment({ fullEarning: null }), { nowMs: NOW, ...RULE })
    expect([bids.toStart(1), bids.toKeep(1)]).toEqual([null, null])
  })

  test('follows tokens where they say more than requests, and what was wanted just now weighs most', () => {
    const measure = { places: 4, tokensPerSecondBusy: 100 }
    expect(demandOf({ ...sample(0, 2), tokensPerSecond: 150 }, measure)).toBe(1.5)
    expect(demandOf(sample(0, 2), { places: 4, tokensPerSecondBusy: null })).toBe(0.5)
    const rising = [
      { atMs: 0, spanMs: 10, demand: 0 },
      { atMs: 100, spanMs: 10, demand: 1 },
    ]
    expect(shareWanted(rising, 1, { nowMs: 100, halfLifeMs: 100 })).toBeCloseTo(2 / 3)
    expect(shareWanted([], 1, { nowMs: 100, halfLifeMs: 100 })).toBe(0)
  })

  test('never rises from one replica to the next', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { maxLength: 30 }),
        (all) => {
          const demands = all.map((demand, index) => ({ atMs: index, spanMs: 1, demand }))
          const looking = { nowMs: all.length, halfLifeMs: 5 }
          for (let ordinal = 1; ordinal < 9; ordinal++)
            expect(shareWanted(demands, ordinal + 1, looking)).toBeLessThanOrEqual(
              shareWanted(demands, ordinal, looking) + 1e-12,
            )
        },
      ),
    )
  })
})

describe('a GPU goes to tokens', () => {
  test('when the next replica is worth more than whoever would give way, for long enough', () => {
    const busy = { samples: steady(7) }
    expect(decide(busy, SOLD)).toMatchObject({ from: 1, to: 1, why: 'rising' })
    const risen = decide({ ...busy, ...since('above', 10_000) }, SOLD)
    expect(risen).toMatchObject({ from: 1, to: 2, why: 'worth_more', bidNext: money('2.9') })
    expect(risen?.ask).toEqual(expect.objectContaining({ price: money('1'), basis: 'demand' }))
    expect(risen?.text).toBe(
      'The next replica would earn $2.9 per GPU-hour; an hour sells for $1 (whoever has the last GPU): it goes from 1 to 2.',
    )
  })

  test('not when the hour sells for more, nor when the gain would be lost while it starts', () => {
    const busy = { samples: steady(7), ...since('above', 60_000) }
    const dear = { ...SOLD, worths: [spot(7, '2.8')] }
    expect(decide(busy, dear)).toMatchObject({ to: 1, why: 'within' })
    const slow = { ...busy, coldStartMs: 150_000 }
    expect(decide(slow, { ...SOLD, worths: [spot(7, '1.5')] })).toMatchObject({ to: 1 })
    expect(decide(slow, SOLD)).toMatchObject({ to: 2 })
  })

  test('at most twice as many at once, within the bounds, and never beyond the pool', () => {
    const flood = { samples: steady(100, 2), replicasWanted: 2, ...since('above', 60_000) }
    expect(decide(flood, SOLD)).toMatchObject({ from: 2, to: 4 })
    const few = { ...flood, terms: { ...TERMS, replicasMax: 3 } }
    expect(decide(few, SOLD)).toMatchObject({ to: 3 })
    expect(decide(flood, { ...FREE, gpus: 2, gpusFree: 0 })).toMatchObject({ to: 2 })
  })

  test('of two models, first to the one whose next replica is worth more', () => {
    const parts = { samples: steady(8), ...since('above', 60_000) }
    const decisions = decideReplicas({
      nowMs: NOW,
      line: { ...FREE, gpus: 3, gpusFree: 1 },
      rule: RULE,
      deployments: [
        deployment({ ...parts, id: 'a', model: 'cheap', fullEarning: money('1') }),
        deployment({ ...parts, id: 'b', model: 'dear' }),
      ],
    })
    expect(decisions.map(({ deploymentId, to }) => [deploymentId, to])).toEqual([
      ['b', 2],
      ['a', 1],
    ])
  })
})

describe('a GPU goes back on sale', () => {
  test('when the last replica was worth less for long enough, and not before', () => {
    const quiet = { samples: steady(4, 2), replicasWanted: 2 }
    const six = { ...SOLD, worths: [spot(6, '1')] }
    expect(decide({ ...quiet, ...since('below', 119_999) }, six)).toMatchObject({ why: 'falling' })
    expect(decide({ ...quiet, ...since('below', 120_000) }, six)).toMatchObject({
      ...{ from: 2, to: 1, why: 'worth_less' },
      sell: { price: money('0.2'), basis: 'reserve' },
    })
    const fresh = { ...quiet, ...since('below', 600_000), startedMs: NOW - 100_000 }
    expect(decide(fresh, six)).toMatchObject({ to: 2, why: 'falling' })
  })

  test('what was wanted a while ago still keeps it', () => {
    const fallen = [...steady(8, 2).slice(0, 54), ...steady(4, 2).slice(54)]
    const parts = { samples: fallen, replicasWanted: 2, ...since('below', 600_000) }
    expect(decide(parts, SOLD)).toMatchObject({ to: 2, why: 'within' })
  })

  test('the last one goes when nobody asked for the idle time, if none has to stay', () => {
    const idle = { samples: steady(0), idleSinceMs: NOW - 300_000 }
    expect(decide(idle, FREE)).toMatchObject({ from: 1, to: 0, why: 'idle' })
    const shorter = { ...idle, idleSinceMs: NOW - 299_000, ...since('below', 290_000) }
    expect(decide(shorter, FREE)).toMatchObject({ to: 1, why: 'spared' })
    expect(decide({ ...idle, terms: { ...TERMS, replicasMin: 1 } }, FREE)).toMatchObject({ to: 1 })
    expect(decide({ ...idle, requestsHeld: 1 }, FREE)).toMatchObject({ to: 1 })
  })

  test('but sooner where the room is scarce and it is worth less than that', () => {
    const trickle = { samples: steady(0.4), ...since('below', 120_000) }
    const scarce = { ...SOLD, worths: [spot(8, '1')] }
    expect(decide(trickle, scarce)).toMatchObject({ from: 1, to: 0, why: 'worth_less' })
    expect(decide(trickle, FREE)).toMatchObject({ to: 1 })
  })

  test('silence of a replica is no idleness', () => {
    expect(idleSince(5, { ...sample(50_000, 0), isWhole: false }, 1)).toBeNull()
    expect(idleSince(5, sample(50_000, 0, 0), 1)).toBeNull()
    expect(idleSince(5, sample(50_000, 0), 1)).toBe(5)
    expect(idleSince(null, sample(50_000, 0), 1)).toBe(40_000)
  })
})

describe('from nothing', () => {
  const asked = { replicasWanted: 0, requestsHeld: 2, samples: [sample(NOW, 2, 0)] }

  test('free room is enough to answer somebody who asks, whatever it earns', () => {
    expect(decide({ ...asked, fullEarning: null }, FREE)).toMatchObject({ to: 1, why: 'asked' })
  })

  test('room that others pay for has to be worth it, and known to be', () => {
    const full = { ...SOLD, worths: [spot(8, '1')] }
    expect(decide(asked, full)).toMatchObject({ from: 0, to: 1, why: 'asked' })
    const dear = { ...full, worths: [spot(8, '3')] }
    expect(decide(asked, dear)).toMatchObject({ to: 0, why: 'asked_no_room' })
    const unknown = { ...asked, fullEarning: null }
    expect(decide(unknown, full)).toMatchObject({ to: 0, why: 'asked_unknown' })
  })

  test('nobody asking, it sleeps', () => {
    expect(decide({ replicasWanted: 0 }, FREE)).toMatchObject({ to: 0, why: 'asleep' })
    const remembered = { samples: steady(8, 0), replicasWanted: 0, ...since('above', 60_000) }
    expect(decide(remembered, FREE)).toMatchObject({ to: 0, why: 'asleep' })
  })
})

test('a fixed number stays, and bounds are kept at once', () => {
  const fixed = { ...TERMS, policy: 'fixed' as const, replicasMin: 1, replicasMax: 1 }
  const flood = { samples: steady(100), terms: fixed, ...since('above', 60_000) }
  expect(decide(flood, FREE)).toMatchObject({ to: 1, why: 'fixed' })
  expect(decide({ terms: { ...TERMS, replicasMin: 2 } }, SOLD)).toMatchObject({
    to: 2,
    why: 'bounds',
  })
  expect(decide({ replicasWanted: 9 }, FREE)).toMatchObject({ to: 6, why: 'bounds' })
  expect(decide({ fullEarning: null }, FREE)).toMatchObject({ to: 1, why: 'unknown' })
})

test('after giving room up it takes none back for a while', () => {
  const parts = { samples: steady(7), ...since('above', 60_000), drainedMs: NOW - 60_000 }
  expect(decide(parts, SOLD)).toMatchObject({ to: 1, why: 'settling' })
})

const HOUR_STEPS = 360
const moment: fc.Arbitrary<Moment> = fc.record({
  demand: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 9, noNaN: true })),
  gpus: fc.integer({ min: 1, max: 10 }),
  spotUsd: fc.integer({ min: 0, max: 5 }),
  spotGpus: fc.integer({ min: 0, max: 10 }),
})
/** Stretches of the same, and of what changes with every look. */
const hour = fc
  .array(fc.tuple(moment, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: HOUR_STEPS })
  .map((parts) =>
    parts
      .flatMap(([each, steps]) => Array.from({ length: steps }, () => each))
      .slice(0, HOUR_STEPS),
  )

test('whatever demand and prices do, it turns round seldom and keeps its bounds', () => {
  fc.assert(
    fc.property(hour, fc.integer({ min: 0, max: 2 }), (moments, replicasMin) => {
      const terms = { ...TERMS, replicasMin }
      const moves = follow(moments, terms)
      let last: (typeof moves)[number] | null = null
      let turns = 0
      for (const move of moves) {
        const { from, to, why } = move.decision
        expect(to).toBeGreaterThanOrEqual(replicasMin)
        expect(to).toBeLessThanOrEqual(terms.replicasMax)
        const isTurn = last !== null && to > from !== last.decision.to > last.decision.from
        // Whoever asks for a model that sleeps is not kept waiting for the sake of calm.
        if (isTurn && why !== 'asked')
          expect(move.atMs - (last?.atMs ?? 0)).toBeGreaterThanOrEqual(terms.steadyMs)
        if (isTurn) turns++
        last = move
      }
      // A turn to fewer comes at least `steadyMs` after the turn to more: two turns in that time at most.
      const hourMs = HOUR_STEPS * STEP_MS
      expect(turns).toBeLessThanOrEqual(2 * Math.ceil(hourMs / terms.steadyMs))
      expect(moves.length).toBeLessThanOrEqual((turns + 1) * terms.replicasMax)
    }),
    { numRuns: 60 },
  )
})

test('demand that swings faster than it may turn round moves nothing after the first hour', () => {
  const swinging = Array.from({ length: 3 * HOUR_STEPS }, (_, index) => ({
    ...{ demand: index % 2 === 0 ? 3 : 0, gpus: 8, spotUsd: 1, spotGpus: 8 },
  }))
  const moves = follow(swinging, { ...TERMS, replicasMin: 1 })
  expect(moves.filter(({ atMs }) => atMs > HOUR_STEPS * STEP_MS)).toEqual([])
})
