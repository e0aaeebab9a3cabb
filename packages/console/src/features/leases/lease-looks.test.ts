import { expect, test } from 'vitest'
import { leasePlace, slotRanges } from './lease-looks.tsx'
import { leaseName } from './lease-name.ts'

test('neighbouring slots are written as a run', () => {
  expect(slotRanges([3, 0, 2, 5])).toBe('0,2-3,5')
  expect(slotRanges([])).toBe('')
})

test('a lease without a place says so, one without a name goes by its command', () => {
  expect(leasePlace({ placements: [] })).toBe('—')
  const placements = ['node-1', 'node-2'].map((node) => ({ node, nodeId: node, slots: [0, 1] }))
  expect(leasePlace({ placements: placements.slice(0, 1) })).toBe('node-1:0-1')
  expect(leasePlace({ placements })).toBe('node-1:0-1 +1')
  expect(leaseName({ name: '', command: ['sleep', '60'] })).toBe('sleep 60')
})
