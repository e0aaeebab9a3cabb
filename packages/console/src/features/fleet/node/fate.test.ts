import type { NodeLease } from '@spillway/contract'
import { expect, test } from 'vitest'
import { emptyAfterMs, fateOf } from './fate.ts'

const lease = (rest: Partial<NodeLease> = {}): NodeLease => ({
  ...{ id: 'lse_1', name: 'a', organization: 'acme', kind: 'spot', state: 'running' },
  ...{ slots: [0], nodes: 1, noticeMs: 120_000, requeue: false, isForeign: false },
  ...rest,
})
const plain = (text: string) => text.replaceAll('\u00A0', ' ')

test.each([
  [lease(), false, 'goes on to its end'],
  [lease(), true, 'is taken back after 2 min notice; ends'],
  [lease({ requeue: true }), true, 'is taken back after 2 min notice; waits for room again'],
  [lease({ noticeMs: 0 }), true, 'is taken back at once; ends'],
  [lease({ nodes: 3 }), true, 'is taken back after 2 min notice, on all its 3 nodes; ends'],
  [lease({ state: 'reclaiming' }), true, 'is reclaiming already'],
])('%o with evacuation %s %s', (each, isEvacuating, words) => {
  expect(plain(fateOf(each, isEvacuating).words)).toBe(words)
})

test.each([lease({ kind: 'anchor' }), lease({ isForeign: true })])(
  'the operator’s own work is never stopped: %o',
  (each) => {
    expect(fateOf(each, true).isTaken).toBe(false)
  },
)

test('a node is empty when its longest notice has run out, unless something stays', () => {
  const leases = [lease(), lease({ noticeMs: 300_000 })]
  expect(emptyAfterMs(leases, true)).toBe(300_000)
  expect(emptyAfterMs(leases, false)).toBeNull()
  expect(emptyAfterMs([...leases, lease({ kind: 'anchor' })], true)).toBeNull()
  expect(emptyAfterMs([], true)).toBe(0)
})
