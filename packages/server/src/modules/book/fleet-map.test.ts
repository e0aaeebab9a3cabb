import { SLOT_LETTERS } from '@spillway/contract'
import { expect, test } from 'vitest'
import type { Node } from '#modules/fleet/index.ts'
import { createMapHistory, drawMap, type MapClaim } from './fleet-map.ts'

const node = (name: string, rest: Partial<Node> = {}): Node => ({
  ...{ id: `node-${name}`, pool: 'p', name, slotCount: 8, state: 'ready', hardware: 'h' },
  ...{ rack: 'r1', fabric: 'f1', activeFrom: new Date(0), isDrainTold: false, reason: null },
  ...{ engineState: 'up', engineReason: null, drainReason: null, quarantineReason: null },
  changeReason: null,
  ...rest,
})

const claim = (slots: readonly number[], rest: Partial<MapClaim> = {}): MapClaim => ({
  ...{ nodeId: 'node-a', slots, kind: 'spot', leaseId: 'lease-1', organizationId: 'org-1' },
  drainingFrom: null,
  ...rest,
})

const map = (nodes: readonly Node[], claims: readonly MapClaim[] = []) =>
  drawMap(nodes, claims, SLOT_LETTERS)
const draw = (...claims: readonly MapClaim[]) => map([node('a')], claims)[0]

test('a node reads as one letter a slot, and a capital one is leaving', () => {
  const line = draw(
    claim([0, 1]),
    claim([2], { kind: 'anchor', leaseId: null, organizationId: null }),
    claim([5], { kind: 'flex', drainingFrom: new Date(0) }),
    claim([7], { kind: 'faulty', leaseId: null, organizationId: null }),
  )
  expect(line?.slots).toBe('ssa--F-x')
})

test('neighbouring slots of one lease are one run; slots of nobody have none', () => {
  const line = draw(
    claim([0, 1, 3]),
    claim([4], { leaseId: 'lease-2' }),
    claim([5], { kind: 'maintenance', leaseId: null, organizationId: null }),
  )
  expect(line?.runs.map(({ first, count, leaseId }) => [first, count, leaseId])).toEqual([
    [0, 2, 'lease-1'],
    [3, 1, 'lease-1'],
    [4, 1, 'lease-2'],
  ])
})

test('a slot that the node does not have any more is not drawn', () => {
  const [line] = map([node('a', { slotCount: 2 })], [claim([1, 2, 3])])
  expect(line?.slots).toBe('-s')
  expect(line?.runs).toHaveLength(1)
})

test('whoever knows a version learns what changed since, and nothing else', () => {
  const history = createMapHistory(10)
  const nodes = [node('a'), node('b')]
  history.take(map(nodes))
  const first = history.since(null)
  expect(first).toMatchObject({ isWhole: true, gone: [] })
  expect(first.lines).toHaveLength(2)
  // when nothing changed
  history.take(map(nodes))
  expect(history.since(first.revision)).toEqual({ ...first, isWhole: false, lines: [] })
  // when one did
  history.take(map(nodes, [claim([0])]))
  const change = history.since(first.revision)
  expect(change.isWhole).toBe(false)
  expect(change.lines.map(({ id, slots }) => [id, slots])).toEqual([['node-a', 's-------']])
  expect(history.since(change.revision).lines).toEqual([])
})

test('a node that left is named once, and one that came back is a line again', () => {
  const history = createMapHistory(10)
  history.take(map([node('a'), node('b')]))
  const { revision } = history.since(null)
  history.take(map([node('a')]))
  const left = history.since(revision)
  expect(left.gone).toEqual(['node-b'])
  expect(history.since(left.revision).gone).toEqual([])
  history.take(map([node('a'), node('b')]))
  const back = history.since(left.revision)
  expect(back.lines.map(({ id }) => id)).toEqual(['node-b'])
  expect(back.gone).toEqual([])
})

test('a version from before forgotten departures, or from the future, is answered whole', () => {
  const history = createMapHistory(1)
  history.take(map([node('a'), node('b'), node('c')]))
  const { revision } = history.since(null)
  history.take(map([node('a')]))
  expect(history.since(revision).isWhole).toBe(true)
  expect(history.since(revision + 100).isWhole).toBe(true)
})
