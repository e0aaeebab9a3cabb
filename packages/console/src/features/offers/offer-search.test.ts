import { expect, test } from 'vitest'
import { faultsOf, type Offers, remarksOf, toQuery } from './offer-search.ts'

test('what makes no sense is named at its field and not asked', () => {
  expect(faultsOf({})).toEqual({})
  expect(faultsOf({ gpus: 'H100:8', max: '1.20', hours: '6' })).toEqual({})
  expect(Object.keys(faultsOf({ gpus: 'many', max: '-1', hours: '0' }))).toEqual([
    'gpus',
    'max',
    'hours',
  ])
})

test('the question is what stands in the address', () => {
  expect(toQuery({ gpus: 'H100:8', tier: 'spot', max: '1.2', hours: '0.5' })).toEqual({
    query: {
      ...{ accelerator: 'H100', gpus: 8, tier: 'spot', maxPriceUsdPerGpuHour: '1.2' },
      durationMs: 1_800_000,
    },
  })
  expect(toQuery({})).toEqual({ query: { gpus: 1 } })
})

test('a near match says what is not as asked, and what is in the way', () => {
  const good: Offers['items'][number] = {
    ...{ pool: 'a', site: 's', region: 'r', accelerator: 'H100', tier: 'spot', gpus: 1, nodes: 1 },
    ...{ startsAt: '2026-01-01T00:00:00.000Z', priceUsdPerGpuHour: '1', holdUsd: '1' },
    ...{ reserveUsdPerGpuHour: null, totalUsd: null, noticeMs: 0, isAffordable: true },
    ...{ isWithinQuota: true, differs: [] },
    expectedStart: { p50At: null, p90At: null },
  }
  expect(remarksOf(good)).toEqual([])
  const bad = { isAffordable: false, isWithinQuota: false, differs: ['pool' as const] }
  expect(remarksOf({ ...good, ...bad })).toEqual([
    'another pool',
    'beyond your quota',
    'more than your balance can hold',
  ])
})
