import { expect, test } from 'vitest'
import { plan } from './plan.ts'
import type { Decision, Holder, Snapshot, SnapshotNode, Want } from './snapshot.ts'

function nodes(...fabrics: readonly (string | null)[]): SnapshotNode[] {
  return fabrics.map((fabric, index) => ({
    ...{ id: `n${index}`, pool: 'p', slotCount: 8, isReady: true },
    fabric,
  }))
}

const GANG: Want = {
  ...{ leaseId: 'gang', kind: 'on_demand', pool: 'p', gpus: 16, nodes: 2, isOneFabric: true },
  ...{ createdMs: 0, maxPriceUsd: null, priceUsd: null },
}

function spot(nodeId: string, leaseId = `spot ${nodeId}`): Holder {
  return {
    ...{ leaseId, kind: 'spot', nodeId, slots: [0, 1, 2, 3, 4, 5, 6, 7] },
    ...{ startedMs: 0, priceUsd: null, isDraining: false, reclaimFor: null },
  }
}

function decide(parts: Partial<Snapshot>): readonly Decision[] {
  return plan({ nowMs: 1_000_000, nodes: [], holders: [], wants: [GANG], ...parts })
}

function placesOf([decision]: readonly Decision[]): readonly string[] {
  return decision?.kind === 'place' ? decision.placements.map(({ nodeId }) => nodeId) : []
}

test('a gang for one fabric gets its nodes on one, or waits', () => {
  expect(placesOf(decide({ nodes: nodes('a', 'b', 'b') })).toSorted()).toEqual(['n1', 'n2'])
  const waiting = decide({ nodes: nodes('a', 'b') })
  expect(waiting).toMatchObject([{ kind: 'wait', why: expect.stringMatching(/on one fabric/) }])
})

test('nodes that know of no fabric are not taken for one', () => {
  expect(decide({ nodes: nodes(null, null) })[0]?.kind).toBe('wait')
})

test('who gives way for it gives way on one fabric, and nobody elsewhere', () => {
  const holders = [spot('n0'), spot('n2'), spot('n3')]
  const decisions = decide({ nodes: nodes('a', 'b', 'c', 'c'), holders })
  const reclaimed = decisions.flatMap((each) => (each.kind === 'reclaim' ? [each.leaseId] : []))
  expect(reclaimed.toSorted()).toEqual(['spot n2', 'spot n3'])
})

test('what a gang took on its fabric is taken for everybody behind it', () => {
  const wants = [GANG, { ...GANG, leaseId: 'second', createdMs: 1 }]
  const decisions = decide({ nodes: nodes('a', 'a', 'b'), wants })
  expect(decisions.map((each) => each.kind)).toEqual(['place', 'wait'])
})

test('a gang that does not mind may be spread', () => {
  const wants = [{ ...GANG, isOneFabric: false }]
  expect(placesOf(decide({ nodes: nodes('a', 'b'), wants })).toSorted()).toEqual(['n0', 'n1'])
})

test('a gang on one fabric takes the one with the least to spare', () => {
  const wide = nodes('a', 'a', 'a', 'b', 'b')
  expect(placesOf(decide({ nodes: wide })).toSorted()).toEqual(['n3', 'n4'])
})

test('a gang that no fabric can hold is spread over as few as it takes', () => {
  const wants = [{ ...GANG, isOneFabric: false, gpus: 32, nodes: 4 }]
  const places = placesOf(decide({ nodes: nodes('a', 'b', 'b', 'b', 'c', 'd'), wants }))
  expect(places.toSorted()).toEqual(['n0', 'n1', 'n2', 'n3'])
})

test('work on one node keeps off the fabrics that large gangs need', () => {
  const single = { ...GANG, gpus: 8, nodes: 1, isOneFabric: false }
  expect(placesOf(decide({ nodes: nodes('a', 'a', 'a', 'b'), wants: [single] }))).toEqual(['n3'])
  const unknown = decide({ nodes: nodes('a', 'b', null), wants: [single] })
  expect(placesOf(unknown)).toEqual(['n2'])
})

test('a gap that typical leases fill is left to them', () => {
  const threes = ['n0', 'n1'].map((nodeId) => ({
    ...spot(nodeId, `three on ${nodeId}`),
    slots: nodeId === 'n0' ? [0, 1, 2] : [0, 1, 2, 3],
  }))
  const more = [3, 4, 5, 6].map((at) => ({ ...spot(`n${at}`), slots: [0, 1, 2] }))
  const fours = [0, 1, 2].map((at) => ({ ...spot('n1', `four ${at}`), slots: [5 + at] }))
  const holders = [...threes, ...more, ...fours]
  const single = { ...GANG, gpus: 1, nodes: 1, isOneFabric: false }
  const decisions = decide({
    nodes: nodes('a', 'a', null, 'a', 'a', 'a', 'a'),
    holders,
    wants: [single],
  })
  expect(placesOf(decisions)).toEqual(['n1'])
})

test('what is missing of a gang goes only where the rest of it is: into room, or in the place of others', () => {
  const rest: Want = { ...GANG, gpus: 8, nodes: 1, isBlock: true, onFabric: 'b' }
  expect(placesOf(decide({ nodes: nodes('a', 'a', 'b'), wants: [rest] }))).toEqual(['n2'])
  const taken = decide({ nodes: nodes('a', 'a', 'b'), holders: [spot('n2')], wants: [rest] })
  expect(taken).toMatchObject([{ kind: 'reclaim', leaseId: 'spot n2' }, { kind: 'wait' }])
  const gone = decide({ nodes: nodes('a', 'a', 'c'), wants: [rest] })
  expect(gone.map(({ kind }) => kind)).toEqual(['wait'])
})
