import type { Event } from '@spillway/contract'
import { expect, test } from 'vitest'
import { mergeFeed } from './feed.ts'

const LEASE = {
  id: 'lse_1',
  name: 'train',
  command: ['python3'],
  createdAt: '2026-11-20T20:00:00.000Z',
  startedAt: '2026-11-20T20:00:01.000Z',
  noticeAt: null,
  endedAt: null,
}

function event(type: string, at: string, subject: string): Event {
  return { position: `${at}-1`, at, type, organization: null, subject, data: {} }
}

test('what leases remember comes before what the stream tells, newest first', () => {
  const feed = mergeFeed([event('model.ready', '2026-11-20T20:00:02.000Z', 'toy')], [LEASE])
  expect(feed.map((entry) => [entry.type, entry.subject, entry.leaseId])).toEqual([
    ['model.ready', 'toy', null],
    ['lease.started', 'train', 'lse_1'],
    ['lease.created', 'train', 'lse_1'],
  ])
})

test('an instant told by the stream is not told twice, and leases go by their names', () => {
  const feed = mergeFeed([event('lease.started', '2026-11-20T20:00:01.000Z', 'lse_1')], [LEASE])
  expect(feed.map((entry) => [entry.type, entry.subject])).toEqual([
    ['lease.started', 'train'],
    ['lease.created', 'train'],
  ])
})
