import { expect, test } from 'vitest'
import type { NodeHealth, NodeInventory } from '#platform/engines/engine.ts'
import { decideNodes, type InventoryView } from './inventory.ts'
import { NO_CAUSES, type Node, type NodeCauses, nodeStanding } from './node-state.ts'

const EARLIER = new Date('2025-12-31T23:59:50.000Z')

function node(
  parts: Partial<NodeCauses> & { slotCount?: number; isDrainTold?: boolean } = {},
): Node {
  const causes = { ...NO_CAUSES, ...parts }
  return {
    ...{
      id: 'nod_1',
      pool: 'p',
      name: 'n1',
      slotCount: 4,
      hardware: 'GPU',
      rack: null,
      fabric: null,
    },
    ...{ activeFrom: EARLIER, isDrainTold: false },
    ...causes,
    ...nodeStanding(causes),
    ...parts,
  }
}

function found(
  health: NodeHealth = { state: 'up' },
  faults: NodeInventory['faults'] = [],
): NodeInventory {
  return {
    ...{ node: 'n1', acceleratorKind: 'gpu', slotCountMax: 8, hardware: 'GPU', finding: '' },
    ...{ rack: null, fabric: null, health, faults },
  }
}

function wanted(slotCount = 4) {
  return { pool: 'p', name: 'n1', slotCount, hardware: 'GPU', rack: null, fabric: null }
}

function decide(parts: Partial<InventoryView>) {
  return decideNodes({
    ...{ nodes: [node()], found: [found()], wanted: [wanted()], missing: 'down' },
    ...{ retiredNames: new Set<string>(), claimedNodeIds: new Set<string>() },
    ...parts,
  })
}

test('an inventory that says what is known changes nothing', () => {
  expect(decide({})).toEqual([])
})

test('akash#15 a node that does not answer takes no new work; it is neither taken out nor forgotten', () => {
  const changes = decide({ found: [found({ state: 'down', reason: 'not responding' })] })
  expect(changes).toMatchObject([
    {
      kind: 'causes',
      causes: { engineState: 'down' },
      changes: [{ type: 'node.went_down', text: 'Does not answer: not responding.' }],
    },
  ])
  const down = node({ engineState: 'down', engineReason: 'not responding' })
  expect(down.state).toBe('down')
  expect(decide({ nodes: [down] })).toMatchObject([
    { causes: { engineState: 'up' }, changes: [{ type: 'node.came_back' }] },
  ])
})

test('a drain by the administrator of the engine is seen, and our own is not taken for one', () => {
  const drained = found({ state: 'draining', reason: 'fan noise' })
  expect(decide({ found: [drained] })).toMatchObject([
    { causes: { engineState: 'draining', engineReason: 'fan noise' } },
  ])
  const told = node({ drainReason: 'ours', isDrainTold: true })
  expect(decide({ nodes: [told], found: [drained] })).toEqual([])
})

test('taking a drain back leaves a quarantine and a drain in the engine standing', () => {
  const causes = { ...NO_CAUSES, drainReason: 'a', quarantineReason: 'b' }
  expect(nodeStanding(causes)).toEqual({ state: 'faulty', reason: 'b' })
  expect(nodeStanding({ ...causes, quarantineReason: null })).toEqual({
    state: 'draining',
    reason: 'a',
  })
  const both = { ...NO_CAUSES, engineState: 'draining', engineReason: 'c' } as const
  expect(nodeStanding(both)).toEqual({ state: 'draining', reason: 'c' })
})

test('a node whose slots change takes nothing new while it is claimed, and is replaced once it is free', () => {
  const claimed = decide({ wanted: [wanted(8)], claimedNodeIds: new Set(['nod_1']) })
  expect(claimed).toMatchObject([
    { kind: 'causes', causes: { changeReason: expect.stringContaining('8 slots') as string } },
  ])
  expect(decide({ wanted: [wanted(8)] })).toMatchObject([
    { kind: 'retire' },
    { kind: 'enter', node: { slotCount: 8 } },
  ])
})

test('a node that its engine lacks counts as down; only a start takes it out, and never under a claim', () => {
  const gone = { found: [], wanted: [] }
  expect(decide(gone)).toMatchObject([{ kind: 'causes', causes: { engineState: 'down' } }])
  expect(decide({ ...gone, missing: 'retire' })).toMatchObject([{ kind: 'retire' }])
  const claimedNodeIds = new Set(['nod_1'])
  expect(decide({ ...gone, missing: 'retire', claimedNodeIds })).toMatchObject([{ kind: 'causes' }])
})

test('a new node is entered with its health, and one that the operator took out is not entered again', () => {
  const drained = found({ state: 'draining', reason: 'new' })
  expect(decide({ nodes: [], found: [drained] })).toMatchObject([
    { kind: 'enter', causes: { engineState: 'draining' } },
  ])
  expect(decide({ nodes: [], retiredNames: new Set(['n1']) })).toEqual([])
})
