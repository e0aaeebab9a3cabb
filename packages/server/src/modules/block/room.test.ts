/** What a pool can place over time, and what comes near to a wish. */
import { expect, test } from 'vitest'
import { findNear } from './offering.ts'
import { bookableAt, fits, type PoolRoom } from './room.ts'

const HOUR_MS = 3_600_000

function room(parts: Partial<PoolRoom> = {}): PoolRoom {
  const nodes = ['a', 'b', 'c', 'd'].map((id, index) => ({
    ...{ id, slots: 4, fabric: index < 2 ? 'f1' : 'f2' },
  }))
  return { nodes, firm: [], booked: [], keptSlots: 0, ...parts }
}

function gang(gpus: number, nodes: number, [from, to]: readonly [number, number] = [0, 10]) {
  return { gpus, nodes, isOneFabric: false, startsMs: from * HOUR_MS, endsMs: to * HOUR_MS }
}

test('gangs are sold only where all of their nodes have room at every instant', () => {
  const firm = [{ nodeId: 'a', slots: 1, untilMs: null }]
  expect(fits(gang(12, 3), room({ firm }))).toBe(true)
  expect(fits(gang(16, 4), room({ firm }))).toBe(false)
  // as many slots are free, but not four on one node
  const scattered = ['a', 'b', 'c', 'd'].map((nodeId) => ({ nodeId, slots: 1, untilMs: null }))
  expect(fits(gang(4, 1), room({ firm: scattered }))).toBe(false)
  expect(fits(gang(3, 1), room({ firm: scattered }))).toBe(true)
})

test('what ends before a block begins is not in its way, what begins within it is', () => {
  const firm = [{ nodeId: 'a', slots: 4, untilMs: 2 * HOUR_MS }]
  expect(fits(gang(16, 4, [1, 3]), room({ firm }))).toBe(false)
  expect(fits(gang(16, 4, [2, 3]), room({ firm }))).toBe(true)
  const booked = [{ ...gang(8, 2, [4, 6]), held: [] }]
  expect(fits(gang(12, 3, [2, 4]), room({ booked }))).toBe(true)
  expect(fits(gang(12, 3, [2, 5]), room({ booked }))).toBe(false)
  expect(fits(gang(12, 3, [6, 8]), room({ booked }))).toBe(true)
})

test('what is kept for the owner is never booked', () => {
  expect(fits(gang(12, 3), room({ keptSlots: 4 }))).toBe(true)
  expect(fits(gang(12, 3), room({ keptSlots: 5 }))).toBe(false)
})

test('a gang of one fabric is not spread over two', () => {
  const firm = [{ nodeId: 'a', slots: 1, untilMs: null }]
  const wish = { ...gang(8, 2), isOneFabric: true }
  expect(fits(wish, room({ firm }))).toBe(true)
  expect(fits(wish, room({ firm: [...firm, { nodeId: 'c', slots: 1, untilMs: null }] }))).toBe(
    false,
  )
})

test('what comes near: the next later start, the last sooner one, fewer hours, fewer GPUs', () => {
  const booked = [{ ...gang(8, 2, [4, 6]), held: [] }]
  const bounds = { earliestMs: HOUR_MS, latestMs: 100 * HOUR_MS, gridMs: HOUR_MS }
  const wish = { gpus: 16, nodes: 4, isOneFabric: false, startsMs: 3 * HOUR_MS, hours: 2 }
  const near = findNear(wish, room({ booked }), bounds)
  expect(near).toMatchObject([
    { differs: ['start'], startsMs: 6 * HOUR_MS },
    { differs: ['start'], startsMs: 2 * HOUR_MS },
    { differs: ['length'], hours: 1 },
    { differs: ['gpus'], gpus: 8, nodes: 2 },
  ])
  expect(findNear({ ...wish, hours: 1 }, room({ booked }), bounds)).toMatchObject([{ differs: [] }])
  expect(findNear(wish, room({ nodes: [] }), bounds)).toEqual([])
})

test('what a block on one fabric lacks is kept for it on the fabric where the rest of it is', () => {
  const held = [{ nodeId: 'a', slots: 4 }]
  const booked = [{ ...gang(8, 2), isOneFabric: true, held }]
  expect(fits(gang(8, 2), room({ booked }))).toBe(true)
  expect(fits({ ...gang(8, 2), isOneFabric: true }, room({ booked }))).toBe(true)
  const firm = [{ nodeId: 'd', slots: 4, untilMs: null }]
  expect(fits(gang(8, 2), room({ booked, firm }))).toBe(false)
  expect(fits(gang(4, 1), room({ booked, firm }))).toBe(true)
  // when its fabric has no other node, nothing else is promised in its place
  const b = [{ nodeId: 'b', slots: 4, untilMs: null }]
  expect(fits(gang(4, 1), room({ booked, firm: b }))).toBe(false)
})

test('what may be booked in an hour is what neither stays, is booked, nor is kept for the owner', () => {
  const firm = [{ nodeId: 'a', slots: 3, untilMs: 2 * HOUR_MS }]
  const booked = [{ ...gang(8, 2, [1, 4]), held: [] }]
  const at = (hour: number) => bookableAt(room({ firm, booked, keptSlots: 2 }), hour * HOUR_MS)
  expect([0, 1, 2, 4].map(at)).toEqual([11, 3, 6, 14])
  expect(bookableAt(room({ keptSlots: 40 }), 0)).toBe(0)
})
