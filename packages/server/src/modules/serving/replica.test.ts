import { expect, test } from 'vitest'
import { backoffMs, decideReplica, type ReplicaLease, type ReplicaRow } from './replica.ts'

const LIMITS = { minMs: 1000, maxMs: 60_000, steadyAfterMs: 60_000, readyWithinMs: 600_000 }
const NOW = new Date(1_000_000)

function row(parts: Partial<ReplicaRow> = {}): ReplicaRow {
  return {
    ordinal: 0,
    leaseId: 'lse',
    url: null,
    state: 'starting',
    text: '',
    crashes: 0,
    retryAt: null,
    ...parts,
  }
}

function lease(parts: Partial<ReplicaLease> = {}): ReplicaLease {
  return {
    state: 'running',
    waitingFor: null,
    endReason: null,
    exitCode: null,
    exitSignal: null,
    startedAt: new Date(999_000),
    endedAt: null,
    ...parts,
  }
}

const loading = { health: { kind: 'loading' as const }, now: NOW, limits: LIMITS }

test('a replica without a lease gets one', () => {
  expect(decideReplica(row(), null, loading)).toEqual({ kind: 'lease' })
})

test('it is ready when it says so, and not before', () => {
  const health = { kind: 'ready' as const, url: 'http://127.0.0.1:1' }
  expect(decideReplica(row(), lease(), { ...loading, health })).toMatchObject({
    change: { state: 'ready', url: health.url },
  })
  expect(decideReplica(row(), lease(), loading)).toMatchObject({ change: { state: 'starting' } })
})

test('each crash in a row doubles the pause, up to the limit', () => {
  expect([1, 2, 3, 20].map((crashes) => backoffMs(crashes, LIMITS))).toEqual([
    1000, 2000, 4000, 60_000,
  ])
  const crashed = lease({ state: 'ended', endReason: 'exited', exitCode: 1, endedAt: NOW })
  expect(decideReplica(row({ crashes: 2 }), crashed, loading)).toMatchObject({
    change: { state: 'backing_off', crashes: 3, leaseId: null },
  })
})

test('during the pause nothing is started, after it a lease is', () => {
  expect(
    decideReplica(
      row({ state: 'backing_off', retryAt: new Date(NOW.getTime() + 1) }),
      null,
      loading,
    ),
  ).toEqual({ kind: 'nothing' })
  expect(decideReplica(row({ state: 'backing_off', retryAt: NOW }), null, loading)).toEqual({
    kind: 'lease',
  })
})

test('a crash after a long steady run counts as the first', () => {
  const crashed = lease({ state: 'ended', endReason: 'lost', startedAt: new Date(0), endedAt: NOW })
  expect(decideReplica(row({ crashes: 5 }), crashed, loading)).toMatchObject({
    change: { crashes: 1 },
  })
})

test('being taken back is no crash: it asks for room again at once', () => {
  expect(
    decideReplica(row(), lease({ state: 'ended', endReason: 'reclaimed', endedAt: NOW }), loading),
  ).toEqual({ kind: 'lease' })
})

test('no request is sent to a replica whose slots are being taken back', () => {
  expect(
    decideReplica(row({ state: 'ready', url: 'x' }), lease({ state: 'reclaiming' }), loading),
  ).toMatchObject({ change: { state: 'starting', url: null } })
})

test('one that never becomes ready is given up', () => {
  expect(
    decideReplica(row(), lease({ startedAt: new Date(0) }), { ...loading, now: new Date(700_000) })
      .kind,
  ).toBe('give_up')
})
