import { expect, test } from 'vitest'
import { leasePlace, slotRanges } from './lease-looks.tsx'
import { leaseName } from './lease-name.ts'

test('neighbouring slots are written as a run', () => {
  expect(slotRanges([3, 0, 2, 5])).toBe('0,2-3,5')
  expect(slotRanges([])).toBe('')
})

test('a lease without a place says so, one without a name goes by its command', () => {
  expect(leasePlace({ node: null, slots: [] })).toBe('—')
  expect(leasePlace({ node: 'node-1', slots: [0, 1] })).toBe('node-1:0-1')
  expect(leaseName({ name: '', command: ['sleep', '60'] })).toBe('sleep 60')
})
