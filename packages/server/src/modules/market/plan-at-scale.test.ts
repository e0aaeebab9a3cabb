/**
 * The plan over a thousand nodes decides what a naive one decides, which looks at every node for every want: whatever
 * makes the plan quick changes nothing. Books are random; so are the wants, single ones and gangs.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { money } from '#kernel/money.ts'
import { HoleOrder } from './placement/hole-order.ts'
import { plan } from './plan.ts'
import type { Decision, Holder, LeaseKind, Snapshot, Want } from './snapshot.ts'
import { chooseVictims, GIVES_WAY_TO, type Victim, victimsOf } from './victims.ts'

const NODES = 1000
const SLOTS = 8
const NOW_MS = 1_000_000
const RANK = ['anchor', 'on_demand', 'serving', 'spot', 'flex']

interface NaiveRoom {
  readonly id: string
  readonly fabric: string | null
  readonly free: Set<number>
  readonly draining: Map<number, string | null>
  /** When it came to have as much free as it has: of equals the first is taken. */
  since: number
}

function byName(a: string | null, b: string | null): number {
  if (a === b) return 0
  return (a ?? '') < (b ?? '') ? -1 : 1
}

function tally(values: readonly number[]): ReadonlyMap<number, number> {
  return new Map(
    [...Map.groupBy(values, (value) => value)].map(([key, { length }]) => [key, length]),
  )
}

class NaivePlanner {
  readonly #rooms: readonly NaiveRoom[]
  #victims: readonly Victim[]
  readonly #drained: NaiveRoom[] = []
  #turn = 0

  readonly #holes: HoleOrder

  constructor({ nodes, holders, wants }: Snapshot) {
    this.#rooms = nodes.map(({ id, fabric, slotCount }) => {
      const taken = new Set(holders.filter((each) => each.nodeId === id).flatMap((h) => h.slots))
      const slots = Array.from({ length: slotCount }, (_, slot) => slot)
      const free = new Set(slots.filter((slot) => !taken.has(slot)))
      return { id, fabric, free, draining: new Map(), since: 0 }
    })
    this.#victims = victimsOf(holders)
    const sizes = [
      ...holders.map(({ slots }) => slots.length),
      ...wants.flatMap((each) => Array.from({ length: each.nodes }, () => each.gpus / each.nodes)),
    ]
    const free = this.#rooms.map((room) => room.free.size)
    this.#holes = new HoleOrder(tally(sizes), tally(free))
  }

  decide(want: Want): Decision[] {
    const perNode = want.gpus / want.nodes
    const placed = this.#place(want, perNode)
    if (placed) return [placed]
    const awaited = this.#await(want, perNode)
    if (awaited) return [awaited]
    const evicted = GIVES_WAY_TO[want.kind].length > 0 ? this.#evict(want, perNode) : null
    if (evicted) return evicted
    const most = Math.max(0, ...this.#rooms.map(({ free }) => free.size))
    const what = `${perNode} free ${perNode === 1 ? 'slot' : 'slots on one node'}`
    const fitting = this.#fitting(perNode).length
    const why =
      want.nodes === 1
        ? `${what}; ${most} free now`
        : `${want.nodes} nodes with ${perNode} free ${perNode === 1 ? 'slot' : 'slots'} each; ${fitting} have them now`
    return [{ kind: 'wait', leaseId: want.leaseId, why }]
  }

  /** All rooms that will do: by what the rest is of use for, then by fabric, then by how long they are so. */
  #fitting(slots: number): NaiveRoom[] {
    const order = new Map(this.#rooms.map((room, index) => [room, index]))
    const holes = this.#holes.for(slots)
    return this.#rooms
      .filter(({ free }) => free.size >= slots)
      .toSorted(
        (a, b) =>
          holes.indexOf(a.free.size) - holes.indexOf(b.free.size) ||
          byName(a.fabric, b.fabric) ||
          a.since - b.since ||
          (order.get(a) ?? 0) - (order.get(b) ?? 0),
      )
  }

  /** Of the rooms that come first for their rest, the one on the fabric with the fewest that have as much. */
  #best(fitting: readonly NaiveRoom[]): NaiveRoom[] {
    const equal = fitting.filter(({ free }) => free.size === fitting[0]?.free.size)
    const others = ({ fabric, free }: NaiveRoom) =>
      this.#rooms.filter((room) => room.fabric === fabric && room.free.size >= free.size).length
    return equal.toSorted((a, b) => others(a) - others(b)).slice(0, 1)
  }

  /** The fabric with the least to spare; else the roomiest, and then again for what is missing. */
  #spread(fitting: readonly NaiveRoom[], nodes: number): NaiveRoom[] {
    const fabrics = [...Map.groupBy(fitting, ({ fabric }) => fabric).values()].toSorted(
      (a, b) => a.length - b.length || ((a[0]?.fabric ?? '') < (b[0]?.fabric ?? '') ? -1 : 1),
    )
    const enough = fabrics.find((rooms) => rooms.length >= nodes)
    if (enough) return enough.slice(0, nodes)
    const roomiest = fabrics.at(-1) ?? []
    const rest = fitting.filter((room) => !roomiest.includes(room))
    return rest.length === 0
      ? roomiest
      : [...roomiest, ...this.#spread(rest, nodes - roomiest.length)]
  }

  #take(room: NaiveRoom, count: number): number[] {
    const slots = [...room.free].sort((a, b) => a - b).slice(0, count)
    for (const slot of slots) room.free.delete(slot)
    if (slots.length > 0) room.since = ++this.#turn
    return slots
  }

  #place(want: Want, perNode: number): Decision | null {
    const fitting = this.#fitting(perNode)
    const chosen = want.nodes === 1 ? this.#best(fitting) : this.#spread(fitting, want.nodes)
    if (chosen.length < want.nodes) return null
    const placements = chosen.map((room) => ({ nodeId: room.id, slots: this.#take(room, perNode) }))
    return { kind: 'place', leaseId: want.leaseId, placements }
  }

  #setAside(room: NaiveRoom, want: Want, perNode: number): void {
    const missing = perNode - this.#take(room, perNode).length
    const own = [...room.draining].filter(([, by]) => by === want.leaseId || by === null)
    for (const [slot] of own.slice(0, missing)) room.draining.delete(slot)
  }

  #own({ free, draining }: NaiveRoom, { leaseId }: Want): number {
    return free.size + [...draining.values()].filter((by) => by === leaseId || by === null).length
  }

  #await(want: Want, perNode: number): Decision | null {
    const draining = this.#drained.filter((room) => this.#own(room, want) >= perNode)
    if (draining.length === 0) return null
    const rooms = [...new Set([...draining, ...this.#fitting(perNode)])].slice(0, want.nodes)
    if (rooms.length < want.nodes) return null
    for (const room of rooms) this.#setAside(room, want, perNode)
    const where = rooms.map(({ id }) => id).join(', ')
    const why = `slots on ${where} that are being taken back`
    return { kind: 'wait', leaseId: want.leaseId, why }
  }

  /** For one node only: the tests of gangs that take back stand beside this. */
  #evict(want: Want, perNode: number): Decision[] | null {
    if (want.nodes > 1) return null
    const offers = this.#rooms.flatMap((room) => {
      const slots = perNode - this.#own(room, want)
      const here = this.#victims.filter(({ slotsByNode }) => slotsByNode.has(room.id))
      const offer = chooseVictims(here, { nodeId: room.id, slots, by: want.kind, nowMs: NOW_MS })
      return offer ? [{ room, offer }] : []
    })
    const [best] = offers.toSorted(
      (a, b) =>
        a.offer.cost[0] - b.offer.cost[0] ||
        (a.offer.cost[1] < b.offer.cost[1] ? -1 : Number(a.offer.cost[1] > b.offer.cost[1])),
    )
    if (!best) return null
    const { room } = best
    const { victims } = best.offer
    this.#victims = this.#victims.filter((each) => !victims.includes(each))
    for (const victim of victims)
      for (const slot of victim.slotsByNode.get(room.id) ?? [])
        room.draining.set(slot, want.leaseId)
    if (!this.#drained.includes(room)) this.#drained.push(room)
    this.#setAside(room, want, perNode)
    const forLeaseId = want.leaseId
    return [
      ...victims.map(
        ({ leaseId }) => ({ kind: 'reclaim', leaseId, forLeaseId, nodeIds: [room.id] }) as const,
      ),
      { kind: 'wait', leaseId: want.leaseId, why: 'slots that are being taken back for it' },
    ]
  }
}

function naivePlan(snapshot: Snapshot): readonly Decision[] {
  const planner = new NaivePlanner(snapshot)
  const wants = snapshot.wants.toSorted(
    (a, b) =>
      RANK.indexOf(a.kind) - RANK.indexOf(b.kind) ||
      a.createdMs - b.createdMs ||
      (a.leaseId < b.leaseId ? -1 : 1),
  )
  return wants.flatMap((want) => planner.decide(want))
}

const want = fc.record({
  kind: fc.constantFrom<LeaseKind>('anchor', 'on_demand', 'serving', 'spot', 'flex'),
  perNode: fc.integer({ min: 1, max: SLOTS }),
  nodes: fc.constantFrom(1, 1, 1, 2, 5),
  createdMs: fc.nat(50),
})

/** What is taken, drawn from a seed: fast-check would spend its time on eight thousand slots. */
function holdersOf(seed: number, fill: number): Holder[] {
  let state = seed
  const draw = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x100000000) * below)
  }
  const kinds = ['on_demand', 'spot', 'flex', 'spot', 'anchor'] as const
  return Array.from({ length: NODES }, (_, node) => node).flatMap((node) => {
    const holders: Holder[] = []
    for (let slot = 0; slot < SLOTS;) {
      const size = Math.min(SLOTS - slot, 1 + draw(4))
      const slots = Array.from({ length: size }, (_, index) => slot + index)
      slot += size
      if (draw(100) >= fill) continue
      holders.push({
        ...{ leaseId: `h${node}-${slot}`, nodeId: `n${node}`, slots },
        ...{ kind: present(kinds[draw(kinds.length)], 'a kind'), startedMs: draw(NOW_MS) },
        ...{ priceUsd: money('1'), isDraining: false, reclaimFor: null },
      })
    }
    return holders
  })
}

test('over a thousand nodes the plan decides what looking at every node decides', () => {
  const book = fc.record({
    seed: fc.nat(),
    fill: fc.constantFrom(60, 95, 100),
    wants: fc.array(want, { minLength: 1, maxLength: 30 }),
  })
  const nodes = Array.from({ length: NODES }, (_, index) => ({
    ...{ id: `n${index}`, pool: 'p', slotCount: SLOTS, isReady: true },
    fabric: `f${Math.floor(index / 32)}`,
  }))
  fc.assert(
    fc.property(book, ({ seed, fill, wants }) => {
      const snapshot: Snapshot = {
        nowMs: NOW_MS,
        nodes,
        holders: holdersOf(seed, fill),
        wants: wants.map(({ perNode, ...each }, index) => ({
          ...{ leaseId: `w${index}`, pool: 'p', gpus: perNode * each.nodes },
          ...{ maxPriceUsd: null, priceUsd: null, ...each },
          // A gang takes nothing back here, so that the naive plan stays naive.
          kind: each.nodes > 1 ? 'flex' : each.kind,
        })),
      }
      expect(plan(snapshot)).toEqual(naivePlan(snapshot))
    }),
    { numRuns: 25 },
  )
})
