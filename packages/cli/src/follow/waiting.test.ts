import { expect, test } from 'vitest'
import { renderWait } from './waiting.ts'

const NOW_MS = Date.parse('2026-03-04T12:00:00.000Z')

test('those that give way are named, with the time they have left', () => {
  const victims = [
    { id: 'lse_a', kind: 'spot', stopAt: '2026-03-04T12:00:08.000Z' },
    { id: 'lse_b', kind: 'flex', stopAt: null },
  ] as const
  expect(renderWait({ waitingFor: 'slots' }, victims, NOW_MS)).toBe(
    'waiting for lse_a (spot, stops in 8 s), lse_b (flex) to give way',
  )
})

test('otherwise it is told what the server says', () => {
  expect(renderWait({ waitingFor: 'room for 8 GPUs' }, [], NOW_MS)).toBe(
    'waiting for room for 8 GPUs',
  )
  expect(renderWait({ waitingFor: null }, [], NOW_MS)).toBe('waiting for room')
})
