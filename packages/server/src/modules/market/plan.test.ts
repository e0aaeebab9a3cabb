import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { money } from '#kernel/money.ts'
import { plan } from './plan.ts'
import type { Decision, Holder, LeaseKind, Snapshot, SnapshotNode, Want } from './snapshot.ts'
import { GIVES_WAY_TO } from './victims.ts'

const NOW_MS = 1_000_000

function want(parts: Partial<Want> & Pick<Want, 'leaseId'>): Want {
  return {
    kind: 'spot',
    pool: 'p',
    gpus: 1,
    nodes: 1,
    createdMs: 0,
    maxPriceUsd: null,
    priceUsd: null,
    ...parts,
  }
}

function holder(parts: Partial<Holder> & Pick<Holder, 'leaseId' | 'slots'>): Holder {
  return {
    kind: 'spot',
    nodeId: 'n1',
    startedMs: 0,
    priceUsd: money('1'),
    isDraining: false,
    reclaimFor: null,
    ...parts,
  }
}

function node(id: string, parts: Partial<SnapshotNode> = {}): SnapshotNode {
  return { id, pool: 'p', slotCount: 4, isReady: true, fabric: null, ...parts }
}

function snapshot(parts: Partial<Snapshot>): Snapshot {
  return {
    nowMs: NOW_MS,
    nodes: [node('n1')],
    holders: [],
    wants: [],
    ...parts,
  }
}

function reclaimed(decisions: readonly Decision[]): string[] {
  return decisions.flatMap((decision) => (decision.kind === 'reclaim' ? [decision.leaseId] : []))
}

describe('placement', () => {
  test('free room is used at once, lowest slots first', () => {
    const decisions = plan(
      snapshot({
        holders: [holder({ leaseId: 'a', slots: [0] })],
        wants: [want({ leaseId: 'w', gpus: 2 })],
      }),
    )
    const placements = [{ nodeId: 'n1', slots: [1, 2] }]
    expect(decisions).toEqual([{ kind: 'place', leaseId: 'w', placements }])
  })

  test('the fullest node that fits is chosen, so that big gaps stay whole', () => {
    const nodes = ['n1', 'n2'].map((id) => node(id))
    const decisions = plan(
      snapshot({
        nodes,
        holders: [holder({ leaseId: 'a', nodeId: 'n2', slots: [0, 1] })],
        wants: [want({ leaseId: 'w' })],
      }),
    )
    expect(decisions[0]).toMatchObject({ kind: 'place', placements: [{ nodeId: 'n2' }] })
  })

  test('a node that is not ready gets nothing', () => {
    const nodes = [node('n1', { isReady: false })]
    expect(plan(snapshot({ nodes, wants: [want({ leaseId: 'w' })] }))[0]?.kind).toBe('wait')
  })

  test('of two spot leases the one that would pay more comes first', () => {
    const nodes = [node('n1', { slotCount: 1 })]
    const wants = [
      want({ leaseId: 'low', maxPriceUsd: money('1'), createdMs: 1 }),
      want({ leaseId: 'high', maxPriceUsd: money('2'), createdMs: 2 }),
    ]
    expect(plan(snapshot({ nodes, wants }))[0]).toMatchObject({ kind: 'place', leaseId: 'high' })
  })

  test('a lease waits while the price is above its maximum', () => {
    const decisions = plan(
      snapshot({
        wants: [want({ leaseId: 'w', maxPriceUsd: money('0.5'), priceUsd: money('0.9') })],
      }),
    )
    expect(decisions).toEqual([
      { kind: 'wait', leaseId: 'w', why: 'the price to fall to its maximum' },
    ])
  })
})

describe('gangs', () => {
  const nodes = ['n1', 'n2', 'n3'].map((id) => node(id))
  const gang = want({ leaseId: 'w', kind: 'anchor', gpus: 8, nodes: 2 })

  test('a gang gets its nodes whole, or waits', () => {
    const holders = [holder({ leaseId: 'a', nodeId: 'n2', slots: [0], kind: 'on_demand' })]
    expect(plan(snapshot({ nodes, holders, wants: [gang] }))).toEqual([
      {
        kind: 'place',
        leaseId: 'w',
        placements: ['n1', 'n3'].map((nodeId) => ({ nodeId, slots: [0, 1, 2, 3] })),
      },
    ])
    const firm = [...holders, holder({ leaseId: 'b', nodeId: 'n3', slots: [3], kind: 'on_demand' })]
    expect(plan(snapshot({ nodes, holders: firm, wants: [gang] }))).toEqual([
      {
        kind: 'wait',
        leaseId: 'w',
        why: '2 nodes with 4 free slots each; 1 have them now',
      },
    ])
  })

  test('a gang stays within one fabric when one has room for it, and on the smallest such', () => {
    const fabrics = ['a', 'b', 'b', 'c', 'c', 'c']
    const mixed = fabrics.map((fabric, index) => node(`n${index}`, { fabric }))
    expect(plan(snapshot({ nodes: mixed, wants: [gang] }))).toMatchObject([
      { placements: [{ nodeId: 'n1' }, { nodeId: 'n2' }] },
    ])
  })

  test('a gang that goes for one node goes for its others too, and nobody else goes for them', () => {
    const holders = [
      ...['n1', 'n2'].map((nodeId) => holder({ leaseId: 'gang', nodeId, slots: [0, 1, 2, 3] })),
      holder({ leaseId: 'single', nodeId: 'n3', slots: [0, 1, 2, 3], startedMs: NOW_MS - 1 }),
    ]
    const decisions = plan(snapshot({ nodes, holders, wants: [gang] }))
    expect(reclaimed(decisions)).toEqual(['gang'])
    expect(decisions[0]).toMatchObject({ nodeIds: ['n1', 'n2'] })
  })

  test('nobody goes for a gang that fits nowhere even then (kueue#5243)', () => {
    const holders = [
      ...nodes.map(({ id }) => holder({ leaseId: `spot-${id}`, nodeId: id, slots: [0, 1, 2] })),
      ...['n1', 'n2'].map((nodeId) =>
        holder({ leaseId: `firm-${nodeId}`, nodeId, slots: [3], kind: 'on_demand' }),
      ),
    ]
    expect(plan(snapshot({ nodes, holders, wants: [gang] })).map(({ kind: is }) => is)).toEqual([
      'wait',
    ])
  })
})

describe('taking back', () => {
  test('anchor takes from flex before spot, and from spot the least paid work first', () => {
    const holders = [
      holder({ leaseId: 'old', slots: [0], startedMs: 0 }),
      holder({ leaseId: 'young', slots: [1], startedMs: 900_000 }),
      holder({ leaseId: 'filler', slots: [2], kind: 'flex' }),
      holder({ leaseId: 'model', slots: [3], kind: 'serving' }),
    ]
    expect(
      reclaimed(
        plan(snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 1 })] })),
      ),
    ).toEqual(['filler'])
    expect(
      reclaimed(
        plan(snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 2 })] })),
      ),
    ).toEqual(['filler', 'young'])
    expect(
      reclaimed(
        plan(snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 4 })] })),
      ).length,
    ).toBe(4)
  })

  test('nobody is taken back when the whole gang would not fit anyway', () => {
    const holders = [
      holder({ leaseId: 'a', slots: [0] }),
      holder({ leaseId: 'firm', slots: [1, 2, 3], kind: 'on_demand' }),
    ]
    const decisions = plan(
      snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 2 })] }),
    )
    expect(decisions.map((decision) => decision.kind)).toEqual(['wait'])
  })

  test('a big victim alone spares the small ones that greedy choice would add', () => {
    const holders = [
      holder({ leaseId: 'small', slots: [0], startedMs: 990_000 }),
      holder({ leaseId: 'big', slots: [1, 2, 3], startedMs: 900_000 }),
    ]
    expect(
      reclaimed(
        plan(snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 3 })] })),
      ),
    ).toEqual(['big'])
  })

  test('a second look while the victim drains takes nobody else, and keeps its slots from others', () => {
    const holders = [
      holder({ leaseId: 'a', slots: [0, 1], isDraining: true, reclaimFor: 'w' }),
      holder({ leaseId: 'b', slots: [2, 3] }),
    ]
    const wants = [
      want({ leaseId: 'w', kind: 'anchor', gpus: 2 }),
      want({ leaseId: 'other', gpus: 1 }),
    ]
    const decisions = plan(snapshot({ holders, wants }))
    expect(decisions.map((decision) => decision.kind)).toEqual(['wait', 'wait'])
  })

  test('slots that drain for a lease which no longer waits serve the next one, and nobody else is taken back', () => {
    const holders = [
      holder({ leaseId: 'a', slots: [0, 1], isDraining: true, reclaimFor: 'stopped-meanwhile' }),
      holder({ leaseId: 'b', slots: [2, 3] }),
    ]
    const decisions = plan(
      snapshot({ holders, wants: [want({ leaseId: 'w', kind: 'anchor', gpus: 2 })] }),
    )
    expect(decisions.map((decision) => decision.kind)).toEqual(['wait'])
  })

  test('free slots that a waiting anchor needs are not given to spot', () => {
    const holders = [holder({ leaseId: 'a', slots: [0, 1, 2], isDraining: true, reclaimFor: 'w' })]
    const wants = [
      want({ leaseId: 'w', kind: 'anchor', gpus: 4 }),
      want({ leaseId: 'other', gpus: 1 }),
    ]
    expect(plan(snapshot({ holders, wants })).every((decision) => decision.kind === 'wait')).toBe(
      true,
    )
  })
})

const kind = fc.constantFrom<LeaseKind>('anchor', 'on_demand', 'spot', 'flex', 'serving')

/** Random books without double sales: each slot of each node is free or belongs to one holder. */
const books = fc
  .array(
    fc.array(fc.record({ owner: fc.nat(3), isFree: fc.boolean() }), { minLength: 1, maxLength: 8 }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((nodes) =>
    fc.record({
      kinds: fc.array(kind, { minLength: 16, maxLength: 16 }),
      drains: fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
      wants: fc.array(
        fc
          .record({
            kind,
            perNode: fc.integer({ min: 1, max: 8 }),
            nodes: fc.integer({ min: 1, max: 3 }),
            createdMs: fc.nat(1000),
          })
          .map(({ perNode, ...rest }) => ({ ...rest, gpus: perNode * rest.nodes })),
        { maxLength: 8 },
      ),
      // Some leases are gangs over all the nodes on which this owner has slots.
      gangs: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      nodes: fc.constant(nodes),
    }),
  )
  .map(({ nodes, kinds, drains, wants, gangs }): Snapshot => {
    const holders = nodes.flatMap((slots, n) =>
      [0, 1, 2, 3].flatMap((owner) => {
        const mine = slots.flatMap((slot, index) =>
          !slot.isFree && slot.owner === owner ? [index] : [],
        )
        const index = gangs[owner] ? owner : n * 4 + owner
        return mine.length === 0
          ? []
          : [
              holder({
                leaseId: `h${index}`,
                nodeId: `n${n}`,
                slots: mine,
                kind: kinds[index] ?? 'spot',
                isDraining: drains[index] ?? false,
                startedMs: index * 1000,
              }),
            ]
      }),
    )
    return {
      nowMs: NOW_MS,
      nodes: nodes.map((slots, n) =>
        node(`n${n}`, { slotCount: slots.length, fabric: n % 2 === 0 ? 'even' : 'odd' }),
      ),
      holders,
      wants: wants.map((each, index) => want({ leaseId: `w${index}`, ...each })),
    }
  })

describe('for every book', () => {
  test('no slot is given twice or while it is held', () => {
    fc.assert(
      fc.property(books, (book) => {
        const taken = new Set(
          book.holders.flatMap((each) => each.slots.map((slot) => `${each.nodeId}/${slot}`)),
        )
        for (const decision of plan(book)) {
          if (decision.kind !== 'place') continue
          const slots = decision.placements.flatMap(({ nodeId, slots: mine }) =>
            mine.map((slot) => `${nodeId}/${slot}`),
          )
          for (const slot of slots) {
            expect(taken.has(slot)).toBe(false)
            taken.add(slot)
          }
        }
      }),
    )
  })

  test('a placement is the whole gang, on nodes of its own, with the same number on each', () => {
    fc.assert(
      fc.property(books, (book) => {
        for (const decision of plan(book)) {
          if (decision.kind !== 'place') continue
          const { gpus, nodes } = present(
            book.wants.find((each) => each.leaseId === decision.leaseId),
            'the want',
          )
          expect(new Set(decision.placements.map(({ nodeId }) => nodeId)).size).toBe(nodes)
          for (const { slots } of decision.placements) expect(slots.length).toBe(gpus / nodes)
        }
      }),
    )
  })

  test('a victim is of a kind that gives way, and with all victims gone the whole gang fits on the named nodes', () => {
    fc.assert(
      fc.property(books, (book) => {
        const decisions = plan(book)
        for (const each of book.wants) {
          const mine = decisions.filter(
            (decision) => decision.kind === 'reclaim' && decision.forLeaseId === each.leaseId,
          )
          if (mine.length === 0) continue
          const victims = mine.flatMap((decision) =>
            book.holders.filter(
              (one) => decision.kind === 'reclaim' && one.leaseId === decision.leaseId,
            ),
          )
          for (const victim of victims) expect(GIVES_WAY_TO[each.kind]).toContain(victim.kind)
          const nodeIds = mine[0]?.kind === 'reclaim' ? mine[0].nodeIds : []
          expect(nodeIds.length).toBe(each.nodes)
          for (const nodeId of nodeIds) {
            // A gang that goes for somebody else frees its slots on nodes that the other does not get, too.
            const going = new Set<string | null>(
              decisions.flatMap((decision) =>
                decision.kind === 'reclaim' &&
                (decision.forLeaseId === each.leaseId || !decision.nodeIds.includes(nodeId))
                  ? [decision.leaseId]
                  : [],
              ),
            )
            const staying = book.holders.filter(
              (one) => one.nodeId === nodeId && !one.isDraining && !going.has(one.leaseId),
            )
            const placed = decisions.flatMap((decision) =>
              decision.kind === 'place'
                ? decision.placements.filter((one) => one.nodeId === nodeId)
                : [],
            )
            const taken = [...staying, ...placed].flatMap((one) => one.slots).length
            const slotCount = book.nodes.find((one) => one.id === nodeId)?.slotCount ?? 0
            expect(slotCount - taken).toBeGreaterThanOrEqual(each.gpus / each.nodes)
          }
          // Nobody goes who frees nothing on any of them.
          for (const { leaseId } of victims)
            expect(
              victims.some((one) => one.leaseId === leaseId && nodeIds.includes(one.nodeId)),
            ).toBe(true)
        }
      }),
    )
  })

  test('every want gets exactly one answer, and nobody is taken back twice', () => {
    fc.assert(
      fc.property(books, (book) => {
        const decisions = plan(book)
        const answered = decisions.flatMap((decision) =>
          decision.kind === 'reclaim' ? [] : [decision.leaseId],
        )
        expect(answered.toSorted()).toEqual(book.wants.map((each) => each.leaseId).toSorted())
        expect(new Set(reclaimed(decisions)).size).toBe(reclaimed(decisions).length)
      }),
    )
  })
})
