/** The laws of rating: exact, the same for any split, order or batch, and equal to an independent rater on fractions. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money, picos, type Price } from '#kernel/money.ts'
import { rateEvents, type RatingBasis, type UsageTotal } from './rating.ts'
import type { UsageEvent } from './usage-event.ts'

const price = fc.record({
  amount: fc.bigInt({ min: 0n, max: 10n ** 15n }).map(picos),
  per: fc.constantFrom(1n, 3n, 7n, 1_000_000n, 3_600_000n, 999_999_999_989n),
  unit: fc.constant('token' as const),
})

const instant = fc
  .integer({ min: Date.UTC(2026, 2, 29, 0), max: Date.UTC(2026, 2, 29, 4) })
  .map((ms) => new Date(ms))

const event = fc
  .record({
    id: fc.uuid(),
    organizationId: fc.constantFrom('org_a', 'org_b'),
    projectId: fc.constantFrom('prj_a', 'prj_b'),
    resource: fc.constantFrom('toy', 'large'),
    holdId: fc.constantFrom(null, 'hld_a'),
    from: instant,
    quantities: fc.array(
      fc.record({
        sku: fc.constantFrom('input', 'output'),
        quantity: fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 2n ** 62n)),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ quantities, ...rest }): UsageEvent => {
    const lines = quantities.map((line) => ({ ...line, priceId: `prc_${line.sku}` }))
    return { ...rest, to: rest.from, lines }
  })

const world = fc
  .record({ input: price, output: price, events: fc.array(event, { maxLength: 40 }) })
  .map(({ input, output, events }) => ({ prices: { input, output }, events }))

type Prices = Readonly<Record<'input' | 'output', Price>>

function basisOf(prices: Prices): RatingBasis {
  const all = Object.entries(prices).map(
    ([sku, each]) => [`prc_${sku}`, { sku, price: each }] as const,
  )
  return { prices: new Map(all), totals: new Map() }
}

/** Rates in batches, each on top of the one before; sums what was charged by organization and SKU. */
function rateInBatches(batches: readonly (readonly UsageEvent[])[], prices: Prices) {
  const totals = new Map<string, UsageTotal>()
  const charged: Record<string, bigint> = {}
  for (const batch of batches) {
    const rating = rateEvents(batch, { ...basisOf(prices), totals })
    for (const [text, { quantity, amount }] of rating.totals) totals.set(text, { quantity, amount })
    for (const [organizationId, lines] of rating.charges)
      for (const { sku, amount } of lines)
        charged[`${organizationId} ${sku}`] = (charged[`${organizationId} ${sku}`] ?? 0n) + amount
  }
  return { charged, totals: Object.fromEntries(totals) }
}

function cut<Item>(items: readonly Item[], at: readonly number[]): Item[][] {
  const batches: Item[][] = []
  const rest = [...items]
  for (const size of at) batches.push(rest.splice(0, size))
  return [...batches, rest]
}

/** An exact fraction, kept unreduced; an oracle that shares no code with the rater. */
interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Half-even by definition: the nearest whole number, and of two equally near the even one. */
function nearestEven({ numerator, denominator }: Fraction): bigint {
  const below = numerator / denominator
  return [below, below + 1n].toSorted((a, b) => {
    const distance = (whole: bigint) => {
      const gap = numerator - whole * denominator
      return gap < 0n ? -gap : gap
    }
    if (distance(a) !== distance(b)) return distance(a) < distance(b) ? -1 : 1
    return a % 2n === 0n ? -1 : 1
  })[0] as bigint
}

function oracle(events: readonly UsageEvent[], prices: Prices): Record<string, bigint> {
  const quantities = new Map<string, bigint>()
  for (const { organizationId, projectId, resource, from, lines } of events)
    for (const { sku, quantity } of lines) {
      const key = [organizationId, sku, projectId, resource, from.toISOString().slice(0, 13)].join(
        ' ',
      )
      quantities.set(key, (quantities.get(key) ?? 0n) + quantity)
    }
  const charged: Record<string, bigint> = {}
  for (const [key, quantity] of quantities) {
    const [organizationId, sku] = key.split(' ') as [string, 'input' | 'output']
    const { amount, per } = prices[sku]
    const owed = nearestEven({ numerator: amount * quantity, denominator: per })
    charged[`${organizationId} ${sku}`] = (charged[`${organizationId} ${sku}`] ?? 0n) + owed
  }
  return charged
}

describe('laws of rating', () => {
  test('any split into batches, in any order, charges the same to the pico', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(fc.nat(8), { maxLength: 10 }),
        fc.func(fc.nat()),
        (input, at, key) => {
          const { prices, events } = input
          const shuffled = events.toSorted((a, b) => key(a.id) - key(b.id))
          const whole = rateInBatches([events], prices)
          expect(rateInBatches(cut(events, at), prices)).toEqual(whole)
          expect(rateInBatches(cut(shuffled, at), prices)).toEqual(whole)
          expect(
            rateInBatches(
              events.map((each) => [each]),
              prices,
            ),
          ).toEqual(whole)
        },
      ),
    )
  })

  test('opencost#2029 an independent rater on exact fractions agrees to the pico', () => {
    fc.assert(
      fc.property(world, ({ prices, events }) => {
        expect(rateInBatches([events], prices).charged).toEqual(oracle(events, prices))
      }),
      { numRuns: 500 },
    )
  })

  test('no charge is negative', () => {
    fc.assert(
      fc.property(world, ({ prices, events }) => {
        const charges = [...rateEvents(events, basisOf(prices)).charges.values()].flat()
        expect(charges.every(({ amount }) => amount >= 0n)).toBe(true)
      }),
    )
  })
})

describe('what floating point gets wrong', () => {
  const single = (quantity: bigint, at: Date): UsageEvent => ({
    id: '00000000-0000-7000-8000-000000000000',
    organizationId: 'org_a',
    projectId: 'prj_a',
    resource: 'toy',
    holdId: null,
    from: at,
    to: at,
    lines: [{ sku: 'input', priceId: 'prc_input', quantity }],
  })
  const at = new Date('2026-03-29T01:59:59.999Z')
  const perMillion = (amount: string) => {
    const each: Price = { amount: money(amount), per: 1_000_000n, unit: 'token' }
    return { input: each, output: each }
  }

  test('a million charges of one to seven tokens at $0.15 per million cost exactly their sum', () => {
    const events = Array.from({ length: 7_000 }, (_, index) => single(BigInt((index % 7) + 1), at))
    const { charged } = rateInBatches(cut(events, [1, 10, 100]), perMillion('0.15'))
    expect(charged).toEqual({ 'org_a input': money('0.0042') })
  })

  test('quantities beyond 2^53 keep their last unit', () => {
    const quantity = 2n ** 53n + 1n
    const { charged } = rateInBatches([[single(quantity, at)]], perMillion('1'))
    expect(charged).toEqual({ 'org_a input': quantity * 1_000_000n })
  })

  test('a tenth and two tenths are three tenths', () => {
    const events = [single(1n, at), single(2n, at)]
    const { charged } = rateInBatches([events], perMillion('100000'))
    expect(charged).toEqual({ 'org_a input': money('0.3') })
  })

  test('an event belongs to the UTC hour in which it begins, also across a change of summer time', () => {
    const { totals } = rateInBatches(
      [[single(1n, at), single(1n, new Date('2026-03-29T02:00:00.000Z'))]],
      perMillion('1'),
    )
    expect(Object.keys(totals)).toHaveLength(2)
  })

  test('a price that is not known, or of another SKU, is a defect and never zero', () => {
    const unknown = { ...single(1n, at), lines: [{ sku: 'input', priceId: 'prc_x', quantity: 1n }] }
    const other = {
      ...single(1n, at),
      lines: [{ sku: 'output', priceId: 'prc_input', quantity: 1n }],
    }
    expect(() => rateInBatches([[unknown]], perMillion('1'))).toThrow('prc_x is missing')
    expect(() => rateInBatches([[other]], perMillion('1'))).toThrow('not of output')
  })
})
