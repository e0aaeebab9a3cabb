/** Counters of rate limits: shares of several gateways never pass the limit of a minute. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareOf } from '#modules/rate/index.ts'
import { MinuteCounter, SlotCounter } from './rate-counter.ts'

/** What the database does: one row a minute. */
function makeBook(limit: number) {
  const given = new Map<number, number>()
  const take = (startsAtMs: number, needed: number) => {
    const before = given.get(startsAtMs) ?? 0
    const taken = shareOf(needed, limit - before)
    given.set(startsAtMs, before + taken)
    return Promise.resolve({ taken, given: before + taken })
  }
  return { given, take }
}

const steps = fc.array(
  fc.record({
    gateway: fc.integer({ min: 0, max: 2 }),
    needed: fc.integer({ min: 1, max: 30 }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    afterMs: fc.constantFrom(0, 0, 10, 20_000),
  }),
  { maxLength: 80 },
)

test('in no order of requests have three gateways used more in a minute than its limit', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 200 }), async (requests, limit) => {
      let nowMs = 90_000
      const { take } = makeBook(limit)
      const counters = [0, 1, 2].map(() => new MinuteCounter({ nowMs: () => nowMs, take }))
      const used = new Map<number, number>()
      for (const { gateway, needed, used: share, afterMs } of requests) {
        nowMs += afterMs
        const counter = counters[gateway]
        const startsAtMs = (await counter?.take(needed, limit)) ?? null
        if (counter === undefined || startsAtMs === null) continue
        const really = Math.floor(needed * share)
        used.set(startsAtMs, (used.get(startsAtMs) ?? 0) + really)
        counter.giveBack(startsAtMs, needed - really)
        expect(counter.remaining(limit)).toBeLessThanOrEqual(limit)
      }
      for (const sum of used.values()) expect(sum).toBeLessThanOrEqual(limit)
    }),
  )
})

test('requests at once are given exactly as many as there are, and the rest is refused without being asked for', async () => {
  const { take } = makeBook(10)
  let asked = 0
  const counter = new MinuteCounter({
    nowMs: () => 0,
    take: (...question) => {
      asked += 1
      return take(...question)
    },
  })
  const taken = await Promise.all(Array.from({ length: 200 }, () => counter.take(1, 10)))
  expect(taken.filter((minute) => minute !== null)).toHaveLength(10)
  expect(asked).toBeLessThanOrEqual(10)
  expect(counter.remaining(10)).toBe(0)
  expect(counter.tryTake(1, 10)).toBe('refused')
})

test('what remains falls with each request, and a new minute is whole', async () => {
  let nowMs = 0
  const { take } = makeBook(100)
  const counter = new MinuteCounter({ nowMs: () => nowMs, take })
  for (let left = 99; left > 90; left--) {
    await counter.take(1, 100)
    expect(counter.remaining(100)).toBe(left)
  }
  nowMs = 60_000
  expect(counter.remaining(100)).toBe(100)
})

test('what was taken of a minute that is over cannot be given back to the next', async () => {
  let nowMs = 0
  const { take } = makeBook(10)
  const counter = new MinuteCounter({ nowMs: () => nowMs, take })
  const startsAtMs = (await counter.take(10, 10)) ?? Number.NaN
  nowMs = 60_000
  counter.giveBack(startsAtMs, 10)
  const taken = await Promise.all(Array.from({ length: 20 }, () => counter.take(1, 10)))
  expect(taken.filter((minute) => minute !== null)).toHaveLength(10)
})

test('slots over two gateways are never more than there are, and come back when they were idle', async () => {
  const kept = [0, 0]
  const limit = 4
  const make = (index: number) =>
    new SlotCounter({
      take: (wanted) => {
        const got = Math.max(0, Math.min(wanted, limit - (kept[0] ?? 0) - (kept[1] ?? 0)))
        kept[index] = (kept[index] ?? 0) + got
        return Promise.resolve(got)
      },
      keep: (slots) => {
        kept[index] = slots
        return Promise.resolve()
      },
    })
  const [a, b] = [make(0), make(1)]
  const taken = await Promise.all([a, a, a, b, b, b].map((each) => each.take()))
  expect(taken.filter(Boolean)).toHaveLength(4)
  a.end()
  expect(await b.take()).toBe(false)
  await a.tick()
  await a.tick()
  expect(await b.take()).toBe(true)
})

test('after a failure the database is told again how many slots are kept', async () => {
  const said: number[] = []
  let isAway = true
  const counter = new SlotCounter({
    take: (wanted) => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(wanted)),
    keep: (slots) => {
      said.push(slots)
      return Promise.resolve()
    },
  })
  await expect(counter.take()).rejects.toThrow('away')
  isAway = false
  await counter.tick()
  expect(said).toEqual([0])
  expect(counter.isIdle).toBe(true)
})
