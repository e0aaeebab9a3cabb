/** What a floor remembers, so that it need not be counted, is what counting gives: whatever is taken, evicted or promised. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Floor, makeFloors } from './floor.ts'
import type { Room } from './room.ts'
import type { Holder, Snapshot } from './snapshot.ts'
import { mayGoForAnchor, slotCountOf, type Victim } from './victims.ts'

const SLOTS = 40
const holding = fc.record({
  lease: fc.nat(8),
  node: fc.nat(4),
  from: fc.nat(SLOTS),
  count: fc.integer({ min: 1, max: 20 }),
  kind: fc.constantFrom('anchor', 'on_demand', 'spot', 'flex', 'maintenance'),
  isDraining: fc.boolean(),
  by: fc.option(fc.subarray(['anchor', 'on_demand'])),
})

function floorOf(holdings: readonly ReturnType<typeof holding.generate>['value'][]): Floor {
  const nodes = Array.from({ length: 5 }, (_, node) => ({
    ...{ id: `n${node}`, pool: 'p', slotCount: SLOTS, isReady: node !== 4 },
    fabric: `f${node % 2}`,
  }))
  const holders = holdings.map(({ lease, node, from, count, kind, isDraining, by }): Holder => ({
    leaseId: kind === 'maintenance' ? null : `${lease}-${kind}-${isDraining}`,
    ...{ kind, nodeId: `n${node}`, isDraining, reclaimFor: null, startedMs: 0, priceUsd: null },
    slots: Array.from({ length: count }, (_, at) => from + at).filter((slot) => slot < SLOTS),
    ...(by && { terms: { by, minimumRunMs: 0, isCapReached: false } }),
  }))
  const snapshot: Snapshot = { nowMs: 1, nodes, holders, wants: [] }
  const floor = makeFloors(snapshot).get('p')
  if (!floor) throw new Error('There is no floor.')
  for (const { id, isReady } of nodes) {
    const held = new Set(holders.flatMap(({ nodeId, slots }) => (nodeId === id ? slots : [])))
    const free = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => !held.has(slot))
    expect(floor.room(id)?.free).toEqual(isReady ? free : undefined)
  }
  return floor
}

function check(floor: Floor): void {
  const { rooms } = floor
  const victims = new Set<Victim>(rooms.flatMap((room) => room.victims))
  const freeable = [...victims]
    .filter(mayGoForAnchor)
    .reduce((sum, each) => sum + slotCountOf(each), 0)
  expect(floor.freeTotal()).toBe(rooms.reduce((sum, { free }) => sum + free.length, 0))
  expect(new Set(floor.victims())).toEqual(victims)
  expect(floor.freeableSlots).toBe(freeable)
  for (const room of rooms)
    expect(room.reach).toBe(
      room.victims
        .filter(({ kind }) => kind !== 'anchor')
        .reduce((sum, victim) => sum + victim.slotsOn(room.node.id), 0),
    )
  const draining = rooms.filter((room) => room.draining.size > 0)
  expect(new Set(floor.draining)).toEqual(new Set(draining))
  for (const fabric of ['f0', 'f1'])
    expect(new Set(floor.drainingOn(fabric))).toEqual(
      new Set(draining.filter(({ node }) => node.fabric === fabric)),
    )
}

test('what a floor remembers of its rooms and victims is what counting gives', () => {
  const act = fc.tuple(fc.constantFrom('take', 'evict', 'promise'), fc.nat(10))
  fc.assert(
    fc.property(fc.array(holding, { maxLength: 20 }), fc.array(act), (holdings, acts) => {
      const floor = floorOf(holdings)
      check(floor)
      for (const [what, which] of acts) {
        const victim = [...floor.victims()][which]
        const room: Room | undefined = floor.rooms[which]
        if (what === 'take' && room) floor.take(room, which)
        if (what === 'evict' && victim) floor.evict(victim, 'w', new Set(room ? [room] : []))
        if (what === 'promise' && victim) floor.promise(victim)
        check(floor)
      }
    }),
  )
})
