import type { Reclaim } from '@spillway/contract'
import { expect, test } from 'vitest'
import { chainOf, isOpen } from './chain.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const closed: Reclaim = {
  ...{
    id: 'rcl_1',
    leaseId: 'lse_1',
    attempt: 1,
    organization: 'acme',
    pool: 'h200',
    kind: 'spot',
  },
  ...{ gpus: 8, cause: 'outranked', text: 'Anchor work needs the room.', byKind: 'anchor' },
  forLeaseId: null,
  terms: {
    ...{ by: ['anchor'], noticeMs: 30_000, minimumRunMs: 0, perMonthMax: null },
    compensation: { kind: 'none' },
  },
  ...{ decidedAt: at(0), stopAt: at(30), causeGoneAt: null, stopAskedAt: at(30), goneAt: at(33) },
  notice: { deliveredAt: at(1), document: true, signal: true, webhooks: [] },
  ...{ workLostGpuMs: 0, compensationUsd: '0.5', compensationText: 'Five minutes.' },
  isGuaranteeBroken: false,
  transactionId: 'txn_1',
}

test('a closed reclaim has all its links, with how long each took', () => {
  const chain = chainOf(closed)
  expect(chain.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done'])
  expect(chain.map(({ tookMs }) => tookMs)).toEqual([null, 1000, 29_000, 3000, 0])
  expect(chain[1]?.text).toBe('by metadata document and signal')
  expect(isOpen(closed)).toBe(false)
})

test('a webhook that was told stands beside the other ways, by its last word', () => {
  const told = (host: string, isDelivered: boolean) => ({ at: at(2), host, isDelivered, text: '' })
  const webhooks = [told('a.example', false), told('b.example', false), told('a.example', true)]
  const [, notice] = chainOf({ ...closed, notice: { ...closed.notice, webhooks } })
  expect(notice?.text).toBe(
    'by metadata document and signal; webhook a.example; webhook b.example was not reached',
  )
})

test('during the notice the stop is due, and nothing later has happened', () => {
  const open = { ...closed, stopAskedAt: null, goneAt: null, compensationUsd: null }
  const chain = chainOf({ ...open, compensationText: null })
  expect(chain.map(({ state }) => state)).toEqual(['done', 'done', 'due', 'open', 'open'])
  expect(isOpen(open)).toBe(true)
})

test('what an engine took by its own rules had no notice, and a lease may end before it is asked', () => {
  const taken = chainOf({
    ...{ ...closed, cause: 'engine' as const, stopAt: null, stopAskedAt: null },
    notice: { deliveredAt: null, document: false, signal: false, webhooks: [] },
  })
  expect(taken.map(({ state }) => state)).toEqual(['done', 'skipped', 'skipped', 'done', 'done'])
  expect(taken[1]?.text).toBe('no notice was possible')
  expect(taken[3]?.tookMs).toBe(33_000)
})

test('no compensation is a link that was passed over, with its reason', () => {
  const none = { ...closed, compensationUsd: '0', compensationText: 'Its terms give none.' }
  expect(chainOf(none).at(-1)).toMatchObject({ state: 'skipped', text: 'Its terms give none.' })
})
