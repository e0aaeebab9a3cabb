import { expect, test } from 'vitest'
import { faultsOf, remarksOf, toQuery } from './block-search.ts'

test('what is asked becomes the question, with a day where no length is said', () => {
  expect(toQuery({ gpus: 'H100:16', nodes: '2', from: '2026-01-31T14:00' })).toEqual({
    query: { accelerator: 'H100', gpus: 16, nodes: 2, startsAt: '2026-01-31T14:00:00Z', hours: 24 },
  })
  expect(toQuery({ pool: 'h200', hours: '6' })).toEqual({
    query: { gpus: 1, pool: 'h200', hours: 6 },
  })
})

test('what cannot be asked is named by its field', () => {
  expect(faultsOf({ gpus: '8', from: '2026-01-31T14:00', hours: '24' })).toEqual({})
  const wrong = { gpus: 'many', nodes: '0', from: '2026-01-31T14:30', hours: '673' }
  expect(Object.keys(faultsOf(wrong))).toEqual(['gpus', 'nodes', 'from', 'hours'])
})

test('an offering says in what it is not as asked', () => {
  const offering = {
    ...{ pool: 'p', accelerator: 'a', gpus: 1, nodes: 1, fabric: 'any' as const, hours: 1 },
    ...{ startsAt: '', endsAt: '', priceUsdPerGpuHour: '1', priceUsd: '1' },
  }
  expect(remarksOf({ ...offering, differs: [], isAffordable: true })).toEqual([])
  expect(remarksOf({ ...offering, differs: ['start'], isAffordable: false })).toEqual([
    'another start',
    'more than your balance can hold',
  ])
})
