import { expect, test } from 'vitest'
import {
  backoffMs,
  chooseKept,
  decideLeaving,
  decideReplica,
  freeOrdinals,
  type ReplicaLease,
  type ReplicaRow,
} from './replica.ts'

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
    drainingSince: null,
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
  const health = { kind: 'ready' as const, url: 'http://127.0.0.1:1', load: null }
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

const DRAIN = { now: NOW, limits: { settleMs: 1000, withinMs: 120_000 } }

function loaded(busy: number, waiting = 0) {
  return { kind: 'ready' as const, url: 'x', load: { busy, waiting, places: 4, tokens: 9 } }
}

const since = (ms: number) =>
  row({ state: 'draining', url: 'x', drainingSince: new Date(NOW.getTime() - ms) })

test('one that is not wanted any more gets nothing new, and goes once its answers are given', () => {
  expect(decideLeaving(row({ state: 'ready', url: 'x' }), loaded(3), DRAIN)).toMatchObject({
    change: { state: 'draining', drainingSince: NOW },
  })
  expect(decideLeaving(since(500), loaded(0), DRAIN)).toEqual({ kind: 'wait' })
  expect(decideLeaving(since(5000), loaded(1), DRAIN)).toEqual({ kind: 'wait' })
  expect(decideLeaving(since(5000), loaded(0, 1), DRAIN)).toEqual({ kind: 'wait' })
  expect(decideLeaving(since(5000), loaded(0), DRAIN)).toEqual({ kind: 'go' })
  expect(decideLeaving(row(), { kind: 'loading' }, DRAIN)).toEqual({ kind: 'go' })
})

test('one that cannot be asked may still be answering: it is left its whole time, and no longer', () => {
  expect(decideLeaving(since(119_999), { kind: 'unknown' }, DRAIN)).toEqual({ kind: 'wait' })
  expect(decideLeaving(since(119_999), { ...loaded(0), load: null }, DRAIN)).toEqual({
    kind: 'wait',
  })
  expect(decideLeaving(since(120_000), loaded(7), DRAIN)).toEqual({ kind: 'go' })
})

test('one that drains and is wanted again serves at once', () => {
  expect(decideReplica(since(5000), lease(), { ...loading, health: loaded(1) })).toMatchObject({
    change: { state: 'ready', drainingSince: null },
  })
})

test('of several, those are kept that serve or can again at once', () => {
  const states = ['backing_off', 'starting', 'draining', 'ready', 'ready'] as const
  const rows = states.map((state, ordinal) => ({ state, ordinal }))
  const kept = (wanted: number) => chooseKept(rows, wanted).kept.map(({ ordinal }) => ordinal)
  expect([kept(1), kept(3), kept(4)]).toEqual([[3], [3, 4, 2], [3, 4, 2, 1]])
  expect(chooseKept(rows, 4).leaving).toEqual([{ state: 'backing_off', ordinal: 0 }])
  expect(freeOrdinals([{ ordinal: 0 }, { ordinal: 2 }], 3)).toEqual([1, 3, 4])
  expect(freeOrdinals(rows, -2)).toEqual([])
})
