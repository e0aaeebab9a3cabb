/** What is said of samples is sound: intervals hold what they promise, and nothing is told of too few. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { picos } from '#kernel/money.ts'
import {
  costAtMost,
  costEach,
  costInterval,
  studentQuantile,
  type TaskSums,
  wilson,
} from './task-statistics.ts'

interface TaskEnd {
  readonly cost: bigint
  /** Null: nobody said. */
  readonly isSuccess: boolean | null
}

function sumsOf(tasks: readonly TaskEnd[]): TaskSums {
  const judged = tasks.filter(({ isSuccess }) => isSuccess !== null)
  const good = judged.filter(({ isSuccess }) => isSuccess)
  const sum = (some: readonly TaskEnd[]) => picos(some.reduce((all, { cost }) => all + cost, 0n))
  return {
    ...{ tasks: tasks.length, judged: judged.length, successes: good.length },
    ...{ cost: sum(tasks), judgedCost: sum(judged), successCost: sum(good) },
    judgedCostSquares: judged.reduce((all, { cost }) => all + cost * cost, 0n),
  }
}

const taskEnd = fc.record({
  cost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  isSuccess: fc.constantFrom(true, false, null),
})
const taskEnds = fc.array(taskEnd, { maxLength: 120 })

/** Uniform numbers from 0 to 1, the same each time. */
function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

describe('the interval of a share', () => {
  test('is Wilson\u2019s, by the examples of the literature', () => {
    expect(wilson(5, 10)?.low).toBeCloseTo(0.2366, 4)
    expect(wilson(5, 10)?.high).toBeCloseTo(0.7634, 4)
    expect(wilson(0, 10)).toEqual({ low: 0, high: expect.closeTo(0.2775, 4) as number })
    expect(wilson(81, 263)?.low).toBeCloseTo(0.2553, 4)
    expect(wilson(81, 263)?.high).toBeCloseTo(0.3662, 4)
    expect(wilson(0, 0)).toBeNull()
  })

  test('lies within 0 and 1, holds the share, and is symmetric in success and failure', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (good, bad) => {
        fc.pre(good + bad > 0)
        const { low, high } = wilson(good, good + bad) ?? { low: 2, high: -2 }
        const other = wilson(bad, good + bad)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(good / (good + bad)).toBeGreaterThanOrEqual(low)
        expect(good / (good + bad)).toBeLessThanOrEqual(high)
        expect(other?.high).toBeCloseTo(1 - low, 12)
      }),
    )
  })
})

test('the quantile of Student\u2019s t is that of the tables', () => {
  expect(studentQuantile(29)).toBeCloseTo(2.04523, 4)
  expect(studentQuantile(60)).toBeCloseTo(2.0003, 4)
  expect(studentQuantile(1000)).toBeCloseTo(1.96234, 4)
})

describe('the interval of cost per success', () => {
  test('holds the cost per success, and ends where Fieller\u2019s inequality does', () => {
    fc.assert(
      fc.property(taskEnds, (tasks) => {
        const sums = sumsOf(tasks)
        const interval = costInterval(sums)
        if (interval.kind !== 'bounded') return
        const each = costEach(sums.judgedCost, sums.successes) ?? picos(-1n)
        expect(each).toBeGreaterThanOrEqual(interval.low)
        expect(each).toBeLessThanOrEqual(interval.high)
        // Beyond its upper end, a ratio is one that the sample speaks against.
        expect(distance(sums, Number(interval.high) * 1.001 + 2)).toBeGreaterThan(0)
        const inside = (Number(interval.low) + Number(interval.high)) / 2
        const width = Number(interval.high - interval.low)
        if (width > 1000) expect(distance(sums, inside)).toBeLessThanOrEqual(0)
      }),
    )
  })

  test('is told of 30 judged tasks or more, and only where some success is beyond doubt', () => {
    fc.assert(
      fc.property(taskEnds, (tasks) => {
        const sums = sumsOf(tasks)
        const { kind } = costInterval(sums)
        if (sums.judged < 30) expect(kind).toBe('too_few_tasks')
        else if (sums.successes === 0) expect(kind).toBe('no_success')
        else expect(['bounded', 'too_few_successes']).toContain(kind)
        if (sums.judged >= 30 && sums.successes < 3) expect(kind).not.toBe('bounded')
      }),
    )
    const one = Array.from({ length: 40 }, (_, at) => ({ cost: 5n, isSuccess: at === 0 }))
    expect(costInterval(sumsOf(one))).toEqual({ kind: 'too_few_successes' })
  })

  test('is a point where every task costs the same and succeeds', () => {
    const tasks = Array.from({ length: 30 }, () => ({ cost: 7n, isSuccess: true }))
    expect(costInterval(sumsOf(tasks))).toEqual({ kind: 'bounded', low: 7n, high: 7n })
  })

  test('holds the true ratio in about 95 of 100 samples, also of costs with a long tail', () => {
    const random = uniform(20)
    const truth = (Math.exp(0.125) * 1e9) / 0.7
    let held = 0
    for (let round = 0; round < 1000; round++) {
      const tasks = Array.from({ length: 60 }, () => {
        const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
        const cost = BigInt(Math.round(Math.exp(0.5 * normal) * 1e9))
        return { cost, isSuccess: random() < 0.7 }
      })
      const interval = costInterval(sumsOf(tasks))
      if (interval.kind !== 'bounded') continue
      if (Number(interval.low) <= truth && truth <= Number(interval.high)) held++
    }
    expect(held).toBeGreaterThan(920)
    expect(held).toBeLessThan(985)
  })
})

/** Fieller's inequality, in numbers: positive outside of the interval. */
function distance(sums: TaskSums, ratio: number): number {
  const [n, Y] = [sums.judged, sums.successes]
  const C = Number(sums.judgedCost)
  const costs = n * Number(sums.judgedCostSquares) - C * C
  const both = n * Number(sums.successCost) - C * Y
  const k = studentQuantile(n - 1) ** 2 / (n - 1)
  return (C - ratio * Y) ** 2 - k * (costs - 2 * ratio * both + ratio * ratio * (n * Y - Y * Y))
}

test('without a success a cost is not known, and never nothing', () => {
  const sums = sumsOf([
    { cost: 9n, isSuccess: false },
    { cost: 4n, isSuccess: null },
  ])
  expect(costEach(sums.judgedCost, sums.successes)).toBeNull()
  expect(costAtMost(sums)).toBeNull()
})

test('a task that nobody judged only makes a success dearer', () => {
  fc.assert(
    fc.property(taskEnds, (tasks) => {
      const sums = sumsOf(tasks)
      const each = costEach(sums.judgedCost, sums.successes)
      if (each !== null) expect(costAtMost(sums)).toBeGreaterThanOrEqual(each)
    }),
  )
})
