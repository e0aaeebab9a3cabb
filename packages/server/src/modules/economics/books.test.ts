import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money, renderMoney } from '#kernel/money.ts'
import {
  accountOfPool,
  depreciationOf,
  marginalCostOf,
  type PoolCosts,
  standingCostOf,
} from './books.ts'

const HOUR_MS = 3_600_000

/** An H100 as the handbook tables it: $38k over 4 years, no residual. */
const H100: PoolCosts = {
  capexUsdPerGpu: money('38000'),
  residualFraction: 0,
  lifeYears: 4,
  opexUsdPerGpuHour: money('0.1'),
  powerKwPerGpu: 1.73,
  idlePowerFraction: 0.3,
  pue: 1.2,
  powerUsdPerKwh: money('0.08'),
}

test('an H100 of $38k depreciates by $1.08 an hour over 4 years and $0.72 over 6', () => {
  expect(renderMoney(depreciationOf(H100, HOUR_MS)).slice(0, 6)).toBe('1.0844')
  expect(renderMoney(depreciationOf({ ...H100, lifeYears: 6 }, HOUR_MS)).slice(0, 6)).toBe('0.7229')
})

test('depreciation over the whole life is capex minus residual', () => {
  const costs = { ...H100, residualFraction: 0.1 }
  expect(renderMoney(depreciationOf(costs, 4 * 8760 * HOUR_MS))).toBe('34200')
})

test('idle and added energy together are the full power of sold time', () => {
  const noOpex = { ...H100, opexUsdPerGpuHour: money('0') }
  const both = marginalCostOf(noOpex, HOUR_MS) + standingCostOf(noOpex, HOUR_MS)
  expect(renderMoney(both as ReturnType<typeof money>)).toBe('0.16608')
})

test('an idle hour loses depreciation and standing cost, exactly', () => {
  const account = accountOfPool(
    { byKindMs: {}, freeMs: HOUR_MS, totalMs: HOUR_MS },
    H100,
    money('0'),
  )
  expect(account.marginAfterDepreciationUsd).toBe(
    -(account.depreciationUsd + account.standingCostUsd),
  )
  expect(account.soldFraction).toBe(0)
})

test('margin is revenue minus every cost, whatever the split', () => {
  fc.assert(
    fc.property(
      fc.nat(10 ** 8),
      fc.nat(10 ** 8),
      fc.nat(10 ** 8),
      fc.bigInt({ min: 0n, max: 10n ** 16n }),
      (spot, anchor, freeMs, revenue) => {
        const split = { byKindMs: { spot, anchor }, freeMs, totalMs: spot + anchor + freeMs }
        const account = accountOfPool(split, H100, revenue as ReturnType<typeof money>)
        const costs = account.marginalCostUsd + account.standingCostUsd + account.depreciationUsd
        expect(account.marginAfterDepreciationUsd + costs).toBe(revenue)
      },
    ),
  )
})
