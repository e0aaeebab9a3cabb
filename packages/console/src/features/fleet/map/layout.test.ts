import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clampCamera, fitCamera, reveal, toUnits, zoomAt } from './camera.ts'
import type { MapNode } from './fleet-model.ts'
import { layOut, NODE_HEAD, slotGrid } from './layout.ts'
import { indexNodes, neighbour, slotAt } from './node-index.ts'

const SIZE = { width: 1000, height: 600 }

function node(index: number, rest: { pool?: string; rack?: string | null; slots?: number } = {}) {
  const { pool = 'p1', rack = `r${Math.floor(index / 8)}`, slots = 8 } = rest
  return {
    ...{ id: `nod_${pool}_${index}`, name: `n${index}`, rack, fabric: null, state: 'ready' },
    pool: {
      ...{ name: pool, site: `site of ${pool}`, region: 'r', accelerator: 'H200' },
      ...{ acceleratorKind: 'gpu', engine: 'local' },
    },
    slots: '-'.repeat(slots),
    owners: Array.from({ length: slots }, () => null),
  } as MapNode
}

const many = (count: number, rest: Parameters<typeof node>[1] = {}) =>
  Array.from({ length: count }, (_, index) => node(index, rest))

const fleet = [
  ...many(300),
  ...many(200, { pool: 'p2', rack: null }),
  ...many(20, { pool: 'p3', slots: 72 }),
]

test('all of a fleet fits the window, and no two nodes overlap', () => {
  const layout = layOut(fleet, SIZE)
  expect(layout.nodes).toHaveLength(520)
  expect(layout.width * layout.fitScale).toBeCloseTo(SIZE.width)
  expect(layout.height * layout.fitScale).toBeLessThanOrEqual(SIZE.height)
  const index = indexNodes(layout)
  for (const [position, place] of layout.nodes.entries()) {
    expect(place.x + place.width).toBeLessThanOrEqual(layout.width + 1e-6)
    const over = index.inBox(place).filter((other) => {
      const { x, y, width, height } = layout.nodes[other] ?? place
      return (
        other !== position &&
        x < place.x + place.width &&
        place.x < x + width &&
        y < place.y + place.height &&
        place.y < y + height
      )
    })
    expect(over).toEqual([])
  }
})

test('a small fleet is not blown up, and an empty one is no accident', () => {
  expect(layOut(many(1), SIZE).fitScale).toBeLessThanOrEqual(40)
  expect(layOut([], SIZE).nodes).toEqual([])
})

test('slots lie in rows of equal length', () => {
  expect([1, 2, 4, 8, 16, 72].map(slotGrid)).toEqual([
    { rows: 1, columns: 1 },
    { rows: 1, columns: 2 },
    { rows: 2, columns: 2 },
    { rows: 2, columns: 4 },
    { rows: 2, columns: 8 },
    { rows: 6, columns: 12 },
  ])
})

test('every slot is found at its place', () => {
  const layout = layOut(fleet, SIZE)
  const index = indexNodes(layout)
  fc.assert(
    fc.property(fc.nat(layout.nodes.length - 1), fc.nat(7), (at, slot) => {
      const place = layout.nodes[at]
      if (!place) return
      const x = place.x + (slot % place.columns) + 0.5
      const y = place.y + NODE_HEAD + Math.floor(slot / place.columns) + 0.5
      expect(index.at(x, y)).toBe(at)
      expect(slotAt(place, x, y)).toBe(slot)
    }),
  )
  expect(index.at(-5, -5)).toBeNull()
})

test('what lies under the pointer stays there while zooming', () => {
  const layout = layOut(fleet, SIZE)
  fc.assert(
    fc.property(
      fc.nat(999),
      fc.nat(599),
      fc.double({ min: 1, max: 3, noNaN: true }),
      (x, y, factor) => {
        const before = fitCamera(layout)
        const after = zoomAt(before, { point: { x, y }, factor }, layout)
        const [was, is] = [toUnits(before, { x, y }), toUnits(after, { x, y })]
        expect(is.x).toBeCloseTo(was.x)
        expect(is.y).toBeCloseTo(was.y)
      },
    ),
  )
})

test('the camera never leaves the map', () => {
  const layout = layOut(fleet, SIZE)
  const wild = fc.record({
    scale: fc.double({ min: 0.001, max: 1e4, noNaN: true }),
    x: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
    y: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
  })
  fc.assert(
    fc.property(wild, (camera) => {
      const { scale, x, y } = clampCamera(camera, layout, SIZE)
      expect(scale).toBeGreaterThanOrEqual(layout.fitScale)
      expect(x).toBeGreaterThanOrEqual(0)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(x + SIZE.width / scale).toBeLessThanOrEqual(
        Math.max(layout.width, SIZE.width / scale) + 1e-6,
      )
    }),
  )
})

test('arrow keys reach every node of a pool', () => {
  const layout = layOut(many(40), SIZE)
  const reached = new Set<number>([0])
  const queue = [0]
  for (let from = queue.pop(); from !== undefined; from = queue.pop())
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const to = neighbour(layout, from, direction)
      if (reached.has(to)) continue
      reached.add(to)
      queue.push(to)
    }
  expect(reached.size).toBe(40)
})

test('a node outside the window is brought in, one inside leaves the camera alone', () => {
  const layout = layOut(fleet, SIZE)
  const camera = { scale: 40, x: 0, y: 0 }
  const near = layout.nodes[0]
  const far = layout.nodes.at(-1)
  if (!near || !far) throw new Error('the nodes are there')
  expect(reveal(camera, { ...near, x: 3, y: 3 }, SIZE)).toEqual(camera)
  const moved = reveal(camera, far, SIZE)
  expect(moved.y + SIZE.height / moved.scale).toBeGreaterThanOrEqual(far.y + far.height)
})
