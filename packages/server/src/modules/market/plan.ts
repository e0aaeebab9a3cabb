/**
 * The market's decision: who is placed, taken back, or waits; pure, for controller and simulation. Wants come in order
 * of rank. Each gets free slots; else waits for what drains; else victims are chosen such that the whole gang fits on
 * named nodes afterwards (plan before evict). What a want waits for is set aside, so that nothing of lower rank gets it.
 */
import { planEviction } from './eviction.ts'
import { floorsFor } from './fabric.ts'
import { drainingFor, type Floor, makeBareFloors, makeFloors } from './floor.ts'
import {
  atRisk,
  countSold,
  isAnythingKept,
  keepingOf,
  type Shrink,
  shrink,
  whyBooked,
  whyKept,
  whyNotSold,
} from './keeping.ts'
import type { Room } from './room.ts'
import type { Decision, LeaseKind, Snapshot, Want } from './snapshot.ts'
import { GIVES_WAY_TO } from './victims.ts'

const RANK: Readonly<Record<LeaseKind, number>> = {
  anchor: 0,
  on_demand: 1,
  serving: 2,
  spot: 3,
  flex: 4,
}

/** Blocks come first: their room was sold beforehand, and of that the owner's share was kept. */
function rankOf({ kind, isBlock }: Want): number {
  return isBlock === true ? -1 : RANK[kind]
}

/** Wants in the order in which they are looked at. */
export function inOrder(wants: readonly Want[]): Want[] {
  return wants.toSorted((a, b) => {
    if (rankOf(a) !== rankOf(b)) return rankOf(a) - rankOf(b)
    const bid = (b.maxPriceUsd ?? 0n) - (a.maxPriceUsd ?? 0n)
    if (a.kind === 'spot' && bid !== 0n) return bid < 0n ? -1 : 1
    return a.createdMs - b.createdMs || (a.leaseId < b.leaseId ? -1 : 1)
  })
}

function slotsPerNode(want: Want): number {
  return want.gpus / want.nodes
}

/**
 * Rooms of as few fabrics as it takes: the roomiest whole, and the rest on the one with the least to spare. Of equals the
 * first by name.
 */
function spread(rooms: Iterable<Room>, nodes: number): readonly Room[] | null {
  const left = [...Map.groupBy(rooms, (room) => room.node.fabric ?? '')].toSorted(
    ([a, ofA], [b, ofB]) => ofA.length - ofB.length || (a < b ? -1 : 1),
  )
  const chosen: Room[] = []
  for (;;) {
    const missing = nodes - chosen.length
    const [, enough] = left.find(([, ofFabric]) => ofFabric.length >= missing) ?? []
    if (enough) return [...chosen, ...enough.slice(0, missing)]
    const [, roomiest] = left.pop() ?? []
    if (!roomiest) return null
    chosen.push(...roomiest)
  }
}

/** The rooms for a gang: all of one fabric if one has enough, of those the one with the least to spare. */
function chooseRooms(want: Want, floor: Floor): readonly Room[] | null {
  const slots = slotsPerNode(want)
  if (want.nodes === 1) {
    const room = floor.bestWithFree(slots)
    return room && [room]
  }
  return spread(floor.withFree(slots), want.nodes)
}

function place(want: Want, floor: Floor): Decision | null {
  const rooms = chooseRooms(want, floor)
  if (!rooms) return null
  const placements = rooms.map((room) => ({
    nodeId: room.node.id,
    slots: floor.take(room, slotsPerNode(want)),
  }))
  countSold(want, floor)
  return { kind: 'place', leaseId: want.leaseId, placements }
}

/** Takes what the want will need out of the room, so that nothing of lower rank gets it. */
function setAside(room: Room, want: Want, floor: Floor): void {
  const taken = floor.take(room, slotsPerNode(want))
  const missing = slotsPerNode(want) - taken.length
  for (const slot of drainingFor(room, want).slice(0, missing)) room.undrain(slot)
}

function awaitDraining(want: Want, floor: Floor): Decision | null {
  const isOurs = (room: Room) => [...room.draining.values()].includes(want.leaseId)
  const fits = (room: Room) =>
    room.free.length + drainingFor(room, want).length >= slotsPerNode(want)
  const draining = [...floor.draining]
    .filter(fits)
    .toSorted((a, b) => Number(isOurs(b)) - Number(isOurs(a)))
  if (draining.length === 0) return null
  const rooms = [...new Set([...draining, ...floor.withFree(slotsPerNode(want))])]
  if (rooms.length < want.nodes) return null
  const chosen = rooms.slice(0, want.nodes)
  for (const room of chosen) setAside(room, want, floor)
  const where = chosen.map((room) => room.node.id).join(', ')
  return { kind: 'wait', leaseId: want.leaseId, why: `slots on ${where} that are being taken back` }
}

function evict(want: Want, floor: Floor, nowMs: number): Decision[] | null {
  const eviction = planEviction(want, floor, nowMs)
  if (!eviction) return null
  const { rooms, victims } = eviction
  // What does not fit into this batch goes in the next: the whole is planned afresh before each.
  const now = floor.batch.admit(victims)
  for (const victim of now) floor.evict(victim, want.leaseId, new Set(rooms))
  for (const victim of victims) if (!now.includes(victim)) floor.promise(victim)
  for (const room of rooms) setAside(room, want, floor)
  const nodeIds = rooms.map((room) => room.node.id)
  const reclaims = now.map(({ leaseId }): Decision => ({
    kind: 'reclaim',
    leaseId,
    forLeaseId: want.leaseId,
    nodeIds,
  }))
  const why =
    now.length === victims.length
      ? 'slots that are being taken back for it'
      : 'slots that are being taken back for it, in batches'
  return [...reclaims, { kind: 'wait', leaseId: want.leaseId, why }]
}

function whatIsMissing(want: Want, floor: Floor | undefined): string {
  const slots = slotsPerNode(want)
  const what = `${slots} free ${slots === 1 ? 'slot' : 'slots on one node'}`
  if (want.nodes === 1) return `${what}; ${floor?.freeMax() ?? 0} free now`
  const fitting = [...(floor?.withFree(slots) ?? [])].length
  const where = want.isOneFabric === true ? ' on one fabric' : ''
  return `${want.nodes} nodes${where} with ${slots} free ${slots === 1 ? 'slot' : 'slots'} each; ${fitting} have them now`
}

/** The first answer that is one. */
function first<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Answer | null,
): Answer | null {
  for (const item of items) {
    const answer = ask(item)
    if (answer !== null) return answer
  }
  return null
}

export function isTooDear({ priceUsd, maxPriceUsd }: Want): boolean {
  return priceUsd !== null && maxPriceUsd !== null && maxPriceUsd < priceUsd
}

function tooDear({ leaseId }: Want): Decision {
  return { kind: 'wait', leaseId, why: 'the price to fall to its maximum' }
}

/** Where it fits into what is free; a wait where no more is sold, whoever is there. */
function placeIn(want: Want, floor: Floor | undefined): Decision | null {
  if (floor === undefined) return null
  const why = whyNotSold(want, floor)
  if (why !== null) return { kind: 'wait', leaseId: want.leaseId, why }
  return first(floorsFor(want, floor), (each) => place(want, each))
}

/** Why it gets no room though there may be some. */
function whyHeldBack(want: Want, floor: Floor, nowMs: number): string | null {
  if (want.isBlock === true) return null
  return whyNotSold(want, floor) ?? whyKept(want, floor) ?? whyBooked(want, floor, nowMs)
}

/** What a block that is due gets or has set aside is no longer only booked. */
function settleBooked({ leaseId }: Want, floor: Floor): void {
  floor.booked = floor.booked.filter(({ blockId }) => blockId !== leaseId)
}

function decideOne(want: Want, floor: Floor | undefined, nowMs: number): readonly Decision[] {
  const { leaseId } = want
  if (isTooDear(want)) return [tooDear(want)]
  if (floor) {
    const kept = whyHeldBack(want, floor, nowMs)
    if (kept !== null) return [{ kind: 'wait', leaseId, why: kept }]
    const floors = floorsFor(want, floor)
    const decided =
      first(floors, (each) => place(want, each)) ??
      first(floors, (each) => awaitDraining(want, each))
    if (decided) settleBooked(want, floor)
    if (decided) return [decided]
    if (GIVES_WAY_TO[want.kind].length > 0) {
      const evicted = first(floors, (each) => evict(want, each, nowMs))
      if (evicted) settleBooked(want, floor)
      if (evicted) return evicted
    }
  }
  return [{ kind: 'wait', leaseId, why: whatIsMissing(want, floor) }]
}

/** Everything that is decided on a snapshot. */
export interface Outcome {
  readonly decisions: readonly Decision[]
  /** Who goes before the owner's work asks for the room. */
  readonly shrinks: readonly Shrink[]
  /** Leases that are likely to be taken back within a while; whoever is not among them is not at risk. */
  readonly atRisk: readonly string[]
}

/** Decides for every want, in order of rank; then what the owner's demand will want is freed on what is left. */
export function decide(snapshot: Snapshot): Outcome {
  const floors = makeFloors(snapshot)
  const pools = new Map(snapshot.pools?.map((pool) => [pool.name, pool]))
  for (const [name, floor] of floors) floor.keeping = keepingOf(pools.get(name), floor)
  const decisions = inOrder(snapshot.wants).flatMap((want) =>
    decideOne(want, floors.get(want.pool), snapshot.nowMs),
  )
  const shrinks = [...floors.values()].flatMap((floor) => shrink(floor, snapshot.nowMs))
  const risky = [...floors].flatMap(([name, floor]) => {
    const withinMs = pools.get(name)?.demand?.laterMs ?? 0
    return atRisk(floor, { nowMs: snapshot.nowMs, withinMs })
  })
  return { decisions, shrinks, atRisk: risky }
}

/**
 * The same, where nobody's lease has a say in it: nothing is kept for the owner's work, and every want either finds free
 * room or is told to wait whoever is there. Null where it takes more to know; then `decide` must see what leases say. The
 * holders of the snapshot may be without that.
 */
export function decideByRoom(snapshot: Snapshot): Outcome | null {
  const floors = makeBareFloors(snapshot)
  const pools = new Map(snapshot.pools?.map((pool) => [pool.name, pool]))
  for (const [name, floor] of floors)
    if (floor.booked.length > 0 || isAnythingKept(keepingOf(pools.get(name), floor))) return null
  const decisions: Decision[] = []
  for (const want of inOrder(snapshot.wants)) {
    const decided = isTooDear(want) ? tooDear(want) : placeIn(want, floors.get(want.pool))
    if (decided === null) return null
    decisions.push(decided)
  }
  return { decisions, shrinks: [], atRisk: [] }
}

/** Slots of a pool that shall be free for the owner's work now, and are nobody else's. */
export function keptSoon(snapshot: Snapshot, pool: string): number {
  const floor = makeFloors(snapshot).get(pool)
  const settings = snapshot.pools?.find(({ name }) => name === pool)
  return floor === undefined ? 0 : keepingOf(settings, floor).soonSlots
}

/** What is decided for the wants of a snapshot alone. */
export function plan(snapshot: Snapshot): readonly Decision[] {
  return decide(snapshot).decisions
}
