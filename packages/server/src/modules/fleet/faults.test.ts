/** When faults of slots begin and end, by what told of them. */
import { expect, test } from 'vitest'
import type { NodeInventory, SlotFault as FoundFault } from '#platform/engines/engine.ts'
import { decideFaults, type DismissedFault } from './faults.ts'
import type { SlotFault } from './node-state.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')
const EARLIER = new Date('2025-12-31T23:59:50.000Z')
const NODE = { id: 'nod_1', slotCount: 4 }
const NONE = { appeared: [], reworded: [], worsened: [], cleared: [] }

function found(
  faults: readonly FoundFault[] = [],
  parts: Partial<NodeInventory> = {},
): NodeInventory {
  return {
    ...{ node: 'n1', acceleratorKind: 'gpu', slotCountMax: 8, hardware: 'GPU', finding: '' },
    ...{ rack: null, fabric: null, health: { state: 'up' }, faults },
    ...parts,
  }
}

function standing(parts: Partial<SlotFault> = {}): SlotFault {
  return {
    ...{ nodeId: 'nod_1', slot: 2, reason: 'why', isLost: false, since: EARLIER, lastGoodAt: null },
    ...{ reading: 'engine', seenAt: null },
    ...parts,
  }
}

function decide(
  inventory: NodeInventory,
  known: readonly SlotFault[] = [],
  dismissed: readonly DismissedFault[] = [],
) {
  return decideFaults(NODE, inventory, {
    ...{ standing: known, dismissed, now: NOW, lastReadingAt: EARLIER },
  })
}

test('a fault begins where the slot was last seen whole, lasts until it is seen whole again, and can grow worse', () => {
  const ecc = { slot: 2, reason: 'uncorrected memory errors: 3' }
  const { appeared } = decide(found([ecc]))
  const told = { isLost: false, reading: 'engine', seenAt: null }
  expect(appeared).toEqual([{ nodeId: 'nod_1', ...ecc, ...told, since: NOW, lastGoodAt: EARLIER }])
  const lost = { slot: 2, reason: 'it is off the bus', isLost: true }
  expect(decide(found([lost]), appeared).worsened).toMatchObject([
    { isLost: true, since: NOW, lastGoodAt: EARLIER },
  ])
  expect(decide(found(), appeared).cleared).toEqual(appeared)
})

test('a node that is down tells nothing of its slots, so their faults stay as they are', () => {
  const down = found([], { health: { state: 'down', reason: 'no answer' } })
  expect(decide(down, [standing({ isLost: true })])).toEqual(NONE)
})

test('each reading takes back only what it found itself', () => {
  const listed = standing()
  const dcgm = standing({ reading: 'dcgm', reason: 'DCGM: PCIe system: replays' })
  const read = found([], { readings: [{ reading: 'dcgm', unread: null }] })
  expect(decide(read, [listed, dcgm]).cleared).toEqual([listed, dcgm])
  const listedStill = { ...read, faults: [{ slot: 2, reason: 'why' }] }
  expect(decide(listedStill, [listed, dcgm]).cleared).toEqual([dcgm])
})

test.each([
  ['a reading that failed', [{ reading: 'dcgm' as const, unread: 'no JSON' }]],
  ['a reading that was not tried', []],
])('%s says neither that a GPU is well nor that it is broken', (_, readings) => {
  const dcgm = standing({ reading: 'dcgm' })
  expect(decide(found([], { readings }), [dcgm])).toEqual(NONE)
  expect(decide(found([], { readings }))).toEqual(NONE)
})

test('what the kernel’s log told outlives the log, until machine or driver start anew', () => {
  const seenAt = { bootId: 'boot-1', seconds: 269.5 }
  const xid = { slot: 2, reason: 'Xid 79', reading: 'kernel_log', seenAt } as const
  const known = decide(found([xid], { registeredAt: { bootId: 'boot-1', seconds: 12 } })).appeared
  expect(known).toMatchObject([{ reading: 'kernel_log', seenAt }])
  const later = (bootId: string, seconds: number | null) =>
    decide(found([], { registeredAt: { bootId, seconds } }), known).cleared
  // The log was rotated, and with it went the line of the driver’s start.
  expect(later('boot-1', 12)).toEqual([])
  expect(later('boot-1', 0)).toEqual([])
  expect(later('boot-1', null)).toEqual([])
  expect(decide(found(), known).cleared).toEqual([])
  expect(later('boot-1', 500)).toEqual(known)
  expect(later('boot-2', 0)).toEqual(known)
})

test('what the operator took back is not brought back by the same line, but by a later one', () => {
  const seenAt = { bootId: 'boot-1', seconds: 269.5 }
  const xid = (seconds: number | null, bootId = 'boot-1') =>
    found([{ slot: 2, reason: 'Xid 79', reading: 'kernel_log', seenAt: { bootId, seconds } }])
  const dismissed = [{ nodeId: 'nod_1', slot: 2, seenAt }]
  expect(decide(xid(269.5), [], dismissed)).toEqual(NONE)
  expect(decide(xid(300), [], dismissed).appeared).toHaveLength(1)
  expect(decide(xid(1, 'boot-2'), [], dismissed).appeared).toHaveLength(1)
  // A log that keeps no time: whether it is another line is not known.
  expect(decide(xid(null), [], dismissed).appeared).toHaveLength(1)
})

test('a fault that is told again later keeps the later instant', () => {
  const known = standing({ reading: 'kernel_log', seenAt: { bootId: 'b', seconds: 1 } })
  const again = { slot: 2, reason: 'why', reading: 'kernel_log' } as const
  const changes = decide(found([{ ...again, seenAt: { bootId: 'b', seconds: 9 } }]), [known])
  expect(changes.reworded).toMatchObject([{ seenAt: { seconds: 9 }, since: EARLIER }])
})

test('what a check found is not taken back by any reading', () => {
  const readings = [{ reading: 'dcgm' as const, unread: null }]
  const registeredAt = { bootId: 'boot-2', seconds: 0 }
  const known = [standing({ reading: 'check' })]
  expect(decide(found([], { readings, registeredAt }), known)).toEqual(NONE)
})
