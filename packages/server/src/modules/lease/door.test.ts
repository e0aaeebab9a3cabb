import { expect, test } from 'vitest'
import { doorOf } from './door-service.ts'
import { standingOf } from './door.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')
const later = new Date(NOW.getTime() + 1)

function standing(state: Parameters<typeof standingOf>[0]['state'], stopAt: Date | null = null) {
  return standingOf({ state, stopAt, waitingFor: 'room' }, NOW).kind
}

test('a lease is reached from its start until its notice has run out', () => {
  expect(standing('pending')).toBe('closed')
  expect(standing('starting')).toBe('closed')
  expect(standing('running')).toBe('open')
  expect(standing('reclaiming', later)).toBe('open')
  expect(standing('reclaiming', NOW)).toBe('closed')
  expect(standing('ended')).toBe('ended')
})

test('only a service and a terminal have a door', () => {
  const health = { path: null, intervalMs: 1000, timeoutMs: 1000, failuresMax: 1 }
  const job = { id: 'lse_1', mode: 'job', service: null, idleLimitMs: null } as const
  const basePath = '/api/v1/leases/lse_1/proxy/'
  expect(doorOf(job)).toEqual({})
  expect(doorOf({ ...job, mode: 'service', service: { port: 80, health } })).toEqual({
    service: { port: 80, basePath },
  })
  expect(doorOf({ ...job, mode: 'interactive', idleLimitMs: 5 })).toEqual({
    service: { port: 0, basePath, terminal: { idleLimitMs: 5 } },
  })
})
