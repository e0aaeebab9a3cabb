import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money, picos } from '#kernel/money.ts'
import { LIVE_RULES, liveTermsOf } from '../live-rules-service.ts'
import { type LiveCourse, simulateMarket } from './simulate-market.ts'
import type { LivePoolPlan, Tenant } from './tenant.ts'
import { nodesFor } from './tenants-of.ts'

const HOUR_S = 3_600
const DAYS = 20
const WINDOW_S = 10 * HOUR_S

const TERMS = {
  ...{ by: ['anchor' as const], noticeMs: 30_000, minimumRunMs: 0, perMonthMax: null },
  compensation: { kind: 'minutes' as const, minutes: 10 },
}
const COSTS = {
  ...{ capexUsdPerGpu: money('1'), residualFraction: 0, lifeYears: 1, powerKwPerGpu: 1, pue: 1 },
  ...{ opexUsdPerGpuHour: money('0'), idlePowerFraction: 0.3, powerUsdPerKwh: money('0.05') },
}
const LIST = { on_demand: money('3'), spot: money('1'), flex: money('0.5') }

function pool(parts: Partial<LivePoolPlan> = {}): LivePoolPlan {
  return {
    ...{ name: 'p', sizes: [8, 8], listUsd: LIST, ...liveTermsOf(COSTS, LIST.spot) },
    policy: {
      ...{ on_demand: { ...TERMS, by: [] }, spot: TERMS, flex: { ...TERMS, noticeMs: 0 } },
      evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
      anchorHeadroom: 0,
    },
    // The owner has wanted four GPUs all along, so that the rest may be promised.
    history: Array.from({ length: DAYS * 24 }, () => 4),
    ...parts,
  }
}

function tenant(parts: Partial<Tenant>, id: number): Tenant {
  return {
    ...{ id, kind: 'spot', pool: 'p', buyer: `b${id}`, gpus: 1, nodes: 1, submitS: 0 },
    ...{ durationS: HOUR_S, limit: parts.kind && parts.kind !== 'spot' ? null : money('1') },
    ...{ promisedS: 0, patienceS: Infinity, ...parts },
  }
}

function run(tenants: readonly Partial<Tenant>[], parts: Partial<LiveCourse> = {}) {
  const events: string[] = []
  const outcome = simulateMarket({
    ...{ pools: [pool()], windowS: WINDOW_S, hourOfWeek: 0, rules: LIVE_RULES, tokens: [] },
    tenants: tenants.map(tenant),
    onEvent: ({ kind, atS, tenant: id }) => events.push(`${atS} ${id} ${kind}`),
    ...parts,
  })
  return { ...outcome, events, tally: outcome.market.pools.get('p')?.tally }
}

test('an order waits for the end of its window and pays its uniform price; on demand starts at once at the list price', () => {
  const { events, tally } = run([{ gpus: 2 }, { kind: 'on_demand', gpus: 2 }])
  expect(events).toEqual(['0 1 placed', '60 0 placed', '3600 1 finished', '3660 0 finished'])
  expect(tally?.byTier.on_demand.revenueUsd).toBe(money('6'))
  // Two of sixteen in use is below the knee: the reserve is the floor, a tenth of the list price.
  expect(tally?.byTier.spot.revenueUsd).toBe(money('0.2'))
})

test('spot gives way to the owner with its notice, is credited by its terms, and goes on afterwards', () => {
  const { events, tally } = run([
    { gpus: 8, durationS: 3 * HOUR_S },
    { kind: 'anchor', gpus: 16, nodes: 2, submitS: 2 * HOUR_S, durationS: HOUR_S },
  ])
  expect(events.slice(0, 4)).toEqual([
    '60 0 placed',
    '7200 0 noticed',
    '7230 0 stopped',
    '7230 1 placed',
  ])
  expect(events.filter((event) => event.endsWith(' 0 finished'))).toHaveLength(1)
  expect(tally?.byTier.spot).toMatchObject({ runs: 2, evictions: 1, broken: 0, lostGpuS: 0 })
  expect(tally?.byTier.spot.creditsUsd).toBeGreaterThan(0n)
  expect(tally?.byTier.anchor.evictions).toBe(0)
})

test('a promise of hours is kept against the owner, who waits for it to end', () => {
  const { events, tally } = run(
    [
      { gpus: 8, durationS: 3 * HOUR_S, promisedS: HOUR_S, buyer: 'one' },
      { kind: 'anchor', gpus: 16, nodes: 2, submitS: 1_800, durationS: 600 },
    ],
    { pools: [pool()] },
  )
  expect(tally?.byTier.guaranteed.broken).toBe(0)
  expect(events).toContain('3660 0 noticed')
  expect(events.indexOf('3690 1 placed')).toBeGreaterThan(0)
})

test('nothing is promised of a pool whose past is unknown, and plain spot is sold of it all the same', () => {
  const { market } = run(
    [
      { promisedS: HOUR_S, patienceS: HOUR_S },
      { promisedS: 0, patienceS: HOUR_S },
    ],
    { pools: [pool({ history: [4] })] },
  )
  expect(market.stays.map(({ state }) => state)).toEqual(['left', 'ended'])
})

/** Ten replicas' worth of tokens in the first hour, two in the second, none after. */
const LLAMA = {
  ...{ model: 'llama', pool: 'p', gpusPerReplica: 1, tokensPerSecondOfReplica: 1_000 },
  byHour: [10_000, 2_000, ...Array.from({ length: 8 }, () => 0)],
  terms: {
    ...{ policy: 'autoscale' as const, replicasMin: 0, replicasMax: 16 },
    ...LIVE_RULES.bounds.scaling.terms,
  },
}

test('replicas follow demand by the live planner as long as they earn more than an hour sells for', () => {
  // 2 USD a million tokens is 7.2 USD for a GPU that makes a thousand a second.
  const { events, replicas, tally } = run([], {
    tokens: [{ ...LLAMA, usdPerMillionTokens: money('2') }],
  })
  const changes = (kind: string, from: number, to: number) =>
    events.filter((event) => {
      const [at, , what] = event.split(' ')
      return what === kind && Number(at) >= from && Number(at) < to
    }).length
  expect(changes('placed', 0, HOUR_S)).toBe(10)
  expect(changes('finished', HOUR_S, 2 * HOUR_S)).toBe(8)
  // Nobody asks any more: the last ones go after their idle time.
  expect(changes('finished', 2 * HOUR_S, 3 * HOUR_S)).toBe(2)
  const [llama] = replicas
  expect(llama?.tokens.served).toBeLessThanOrEqual(llama?.tokens.asked ?? 0)
  expect(llama?.tokens.served).toBeGreaterThan(0.8 * 12_000 * HOUR_S)
  const paid = Number(tally?.byTier.serving.revenueUsd ?? 0n) / 1e12
  expect(paid).toBeCloseTo(((llama?.tokens.served ?? 0) * 2) / 1e6, 6)
})

test('room that others pay more for than tokens earn is left to them', () => {
  const buyers = Array.from({ length: 16 }, () => ({
    kind: 'on_demand' as const,
    durationS: 3 * HOUR_S,
  }))
  const asked = (usdPerMillionTokens: string) =>
    run(buyers, {
      tokens: [{ ...LLAMA, byHour: [0, 2_000], usdPerMillionTokens: money(usdPerMillionTokens) }],
    }).tally?.byTier
  // 0.036 USD a GPU-hour, and an hour is sold for 3.
  expect(asked('0.01')?.serving.runs).toBe(0)
  expect(asked('0.01')?.on_demand.evictions).toBe(0)
})

test('a model has no fewer replicas than its least, whatever they earn', () => {
  const { tally } = run([], {
    tokens: [
      {
        ...{ ...LLAMA, byHour: [], usdPerMillionTokens: money('2') },
        terms: { ...LLAMA.terms, replicasMin: 3 },
      },
    ],
  })
  expect(tally?.byTier.serving).toMatchObject({ runs: 3, heldGpuS: 3 * WINDOW_S })
})

test('a gang asks for as few nodes as hold all of its workers evenly', () => {
  const job = (workers: number, gpus: number) => nodesFor({ workers, gpus } as never, 8)
  expect([job(4, 2), job(16, 1), job(3, 8), job(12, 2), job(5, 4)]).toEqual([1, 2, 3, 3, 5])
})

const arrival = fc.record({
  kind: fc.constantFrom('anchor' as const, 'on_demand' as const, 'spot' as const, 'flex' as const),
  gpus: fc.constantFrom(1, 2, 4, 8, 16),
  submitS: fc.integer({ min: -60, max: 5 * HOUR_S }),
  durationS: fc.integer({ min: 1, max: 3 * HOUR_S }),
  promisedS: fc.constantFrom(0, 0, HOUR_S),
  bid: fc.integer({ min: 1, max: 20 }),
})

test('whatever comes: nobody has a slot twice, the owner is never taken back, no promise breaks, and runs repeat', () => {
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const tenants = arrivals
        .toSorted((a, b) => a.submitS - b.submitS)
        .map(({ kind, bid, promisedS, gpus, ...rest }) => ({
          ...{ ...rest, kind, gpus, nodes: gpus === 16 ? 2 : 1, patienceS: 4 * HOUR_S },
          promisedS: kind === 'spot' ? promisedS : 0,
          limit: kind === 'spot' ? picos(BigInt(bid) * 100_000_000_000n) : null,
        }))
      const { market, tally } = run(tenants)
      expect(tally?.byTier.anchor.evictions).toBe(0)
      expect(tally?.byTier.guaranteed.broken).toBe(0)
      const held = Object.values(tally?.byTier ?? {}).reduce((sum, each) => sum + each.heldGpuS, 0)
      expect(held).toBeLessThanOrEqual(16 * WINDOW_S)
      for (const { priceUsd, limit } of market.stays.flatMap(({ run: own, tenant: of }) =>
        own ? [{ priceUsd: own.priceUsd, limit: of.limit }] : [],
      ))
        if (limit !== null) expect(priceUsd).toBeLessThanOrEqual(limit)
      expect(run(tenants).market.trail.hash).toBe(market.trail.hash)
    }),
    { numRuns: 12, endOnFailure: true },
  )
})
