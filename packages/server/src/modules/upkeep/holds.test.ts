import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Claim } from '#modules/book/index.ts'
import type { SlotFault } from '#modules/fleet/index.ts'
import { decideHolds } from './holds.ts'
import { claimOf, lease, node, NOW } from './testing/sides.ts'

function held(slots: number[], parts: Partial<Claim> = {}): Claim {
  return {
    ...{ id: `held-${slots.join()}`, nodeId: 'id-of-n1', slots, kind: 'maintenance' },
    ...{ leaseId: null, organizationId: null, startsAt: NOW, drainingFrom: null, reason: 'why' },
    blockId: null,
    ...parts,
  }
}

function fault(slot: number, isLost = false): SlotFault {
  return {
    ...{ nodeId: 'id-of-n1', slot, reason: 'Xid 79', isLost, since: NOW, lastGoodAt: null },
    ...{ reading: 'engine', seenAt: null },
  }
}

const drained = node('n1', { state: 'draining', reason: 'why' })

test('the free slots of a drained node are held for maintenance, and those of a lease are left to it', () => {
  expect(decideHolds([drained], claimOf(lease('a')), [])).toEqual({
    open: [{ nodeId: 'id-of-n1', slots: [1, 2, 3], kind: 'maintenance', reason: 'why' }],
    close: [],
  })
})

test('a slot that its lease leaves is held too, so that a drained node gets nothing new', () => {
  expect(decideHolds([drained], [held([1, 2, 3])], [])).toEqual({
    open: [{ nodeId: 'id-of-n1', slots: [0, 1, 2, 3], kind: 'maintenance', reason: 'why' }],
    close: ['held-1,2,3'],
  })
})

test('what is held as it should be is not written again', () => {
  expect(decideHolds([drained], [held([0, 1, 2, 3])], [])).toEqual({ open: [], close: [] })
})

test('a node that takes work again lets go of what was held', () => {
  expect(decideHolds([node('n1')], [held([0, 1, 2, 3])], [])).toEqual({
    open: [],
    close: ['held-0,1,2,3'],
  })
})

test('akash#147 a broken slot is not sold, and the others of its node are', () => {
  expect(decideHolds([node('n1')], [], [fault(2)])).toEqual({
    open: [{ nodeId: 'id-of-n1', slots: [2], kind: 'faulty', reason: 'Xid 79' }],
    close: [],
  })
})

test('the holds of a node that is no more end', () => {
  expect(decideHolds([], [held([0])], []).close).toEqual(['held-0'])
})

test('akash-network/console#1974 after the changes every slot is a lease\u2019s, held, or free and sellable, and none is two of them', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 3 }))
  fc.assert(
    fc.property(slots, slots, slots, fc.boolean(), (leased, heldBefore, broken, isReady) => {
      const own =
        leased.length > 0
          ? claimOf(lease('a', { placements: [{ nodeId: 'id-of-n1', slots: leased }] }))
          : []
      const before = heldBefore.filter((slot) => !leased.includes(slot))
      const claims = before.length > 0 ? [...own, held(before)] : own
      const state = isReady ? node('n1') : drained
      const { open, close } = decideHolds(
        [state],
        claims,
        broken.map((slot) => fault(slot)),
      )
      const after = [
        ...claims.filter((claim) => !close.includes(claim.id)).flatMap((claim) => claim.slots),
        ...open.flatMap((hold) => hold.slots),
      ]
      expect(new Set(after).size).toBe(after.length)
      for (const slot of [0, 1, 2, 3])
        expect(after.includes(slot)).toBe(
          leased.includes(slot) || broken.includes(slot) || !isReady,
        )
    }),
  )
})
