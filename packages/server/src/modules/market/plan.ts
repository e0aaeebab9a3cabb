/**
 * The market's decision: who is placed where, who is taken back for whom, who waits and why. Pure, and the same for
 * the live controller and for a simulation.
 *
 * Wants are served in order of rank. Each gets free slots if a node has enough; else it waits for slots that drain
 * already; else victims are chosen on one node, such that the whole of it fits there afterwards (plan before evict).
 * What a want waits for is set aside, so that nothing of lower rank slips in.
 */
import type { Decision, Holder, LeaseKind, Snapshot, SnapshotNode, Want } from './snapshot.ts'
import { GIVES_WAY_TO, chooseVictims, type VictimPlan } from './victims.ts'

const RANK: Readonly<Record<LeaseKind, number>> = {
  anchor: 0,
  on_demand: 1,
  serving: 2,
  spot: 3,
  flex: 4,
}

/** One node while the plan is made. */
interface Room {
  readonly node: SnapshotNode
  readonly free: Set<number>
  /** Slots that will be free, with the lease they are freed for. */
  readonly draining: Map<number, string | null>
  readonly victims: Set<Holder>
}

function makeRoom(
  node: SnapshotNode,
  holders: readonly Holder[],
  waiting: ReadonlySet<string>,
): Room {
  const here = holders.filter((holder) => holder.nodeId === node.id)
  const free = new Set(Array.from({ length: node.slotCount }, (_, slot) => slot))
  const draining = new Map<number, string | null>()
  for (const holder of here)
    for (const slot of holder.slots) {
      free.delete(slot)
      // What drains for a lease that does not wait any more is anybody's.
      if (holder.isDraining)
        draining.set(slot, waiting.has(holder.reclaimFor ?? '') ? holder.reclaimFor : null)
    }
  return {
    node,
    free,
    draining,
    victims: new Set(here.filter((holder) => !holder.isDraining && holder.leaseId !== null)),
  }
}

function inOrder(wants: readonly Want[]): Want[] {
  return wants.toSorted((a, b) => {
    if (RANK[a.kind] !== RANK[b.kind]) return RANK[a.kind] - RANK[b.kind]
    const bid = (b.maxPriceUsd ?? 0n) - (a.maxPriceUsd ?? 0n)
    if (a.kind === 'spot' && bid !== 0n) return bid < 0n ? -1 : 1
    return a.createdMs - b.createdMs || (a.leaseId < b.leaseId ? -1 : 1)
  })
}

/** The fullest node that still has room: big gaps stay whole for big gangs. */
function place(want: Want, rooms: readonly Room[]): Decision | null {
  const fitting = rooms.filter((room) => room.free.size >= want.gpus)
  const best = fitting.toSorted(
    (a, b) => a.free.size - b.free.size || (a.node.id < b.node.id ? -1 : 1),
  )[0]
  if (!best) return null
  const slots = [...best.free].sort((a, b) => a - b).slice(0, want.gpus)
  for (const slot of slots) best.free.delete(slot)
  return { kind: 'place', leaseId: want.leaseId, nodeId: best.node.id, slots }
}

/** Slots of a room that drain for this want, or for nobody in particular. */
function drainingFor(room: Room, want: Want): number[] {
  return [...room.draining]
    .filter(([, forLease]) => forLease === want.leaseId || forLease === null)
    .map(([slot]) => slot)
}

/** Takes what the want will need out of the room, so that nothing of lower rank gets it. */
function setAside(room: Room, want: Want): void {
  let missing = want.gpus
  for (const slot of [...room.free].slice(0, missing)) {
    room.free.delete(slot)
    missing--
  }
  for (const slot of drainingFor(room, want).slice(0, missing)) room.draining.delete(slot)
}

function awaitDraining(want: Want, rooms: readonly Room[]): Decision | null {
  const isOurs = (room: Room) => [...room.draining.values()].includes(want.leaseId)
  const fitting = rooms
    .filter((room) => room.free.size + drainingFor(room, want).length >= want.gpus)
    .toSorted((a, b) => Number(isOurs(b)) - Number(isOurs(a)))
  const room = fitting[0]
  if (!room) return null
  setAside(room, want)
  return {
    kind: 'wait',
    leaseId: want.leaseId,
    why: `slots on ${room.node.id} that are being taken back`,
  }
}

function cheaper(a: VictimPlan, b: VictimPlan): number {
  if (a.cost[0] !== b.cost[0]) return a.cost[0] - b.cost[0]
  return a.cost[1] < b.cost[1] ? -1 : a.cost[1] > b.cost[1] ? 1 : 0
}

function evict(want: Want, rooms: readonly Room[], nowMs: number): Decision[] | null {
  const plans = rooms.flatMap((room) => {
    const missing = want.gpus - room.free.size - drainingFor(room, want).length
    const plan = chooseVictims([...room.victims], missing, { by: want.kind, nowMs })
    return plan ? [{ room, plan }] : []
  })
  const best = plans.toSorted(
    (a, b) => cheaper(a.plan, b.plan) || (a.room.node.id < b.room.node.id ? -1 : 1),
  )[0]
  if (!best) return null
  const { room, plan } = best
  for (const victim of plan.victims) {
    room.victims.delete(victim)
    for (const slot of victim.slots) room.draining.set(slot, want.leaseId)
  }
  setAside(room, want)
  const reclaims = plan.victims.map((victim): Decision => ({
    kind: 'reclaim',
    leaseId: victim.leaseId ?? '',
    forLeaseId: want.leaseId,
    nodeId: room.node.id,
  }))
  return [
    ...reclaims,
    { kind: 'wait', leaseId: want.leaseId, why: 'slots that are being taken back for it' },
  ]
}

function decideOne(want: Want, rooms: readonly Room[], nowMs: number): Decision[] {
  const { leaseId } = want
  if (want.priceUsd !== null && want.maxPriceUsd !== null && want.maxPriceUsd < want.priceUsd)
    return [{ kind: 'wait', leaseId, why: 'the price to fall to its maximum' }]
  const here = rooms.filter((room) => room.node.pool === want.pool && room.node.isReady)
  const placed = place(want, here)
  if (placed) return [placed]
  const awaited = awaitDraining(want, here)
  if (awaited) return [awaited]
  const evicted = GIVES_WAY_TO[want.kind].length > 0 ? evict(want, here, nowMs) : null
  if (evicted) return evicted
  const free = here.reduce((most, room) => Math.max(most, room.free.size), 0)
  return [
    {
      kind: 'wait',
      leaseId,
      why: `${want.gpus} free ${want.gpus === 1 ? 'slot' : 'slots on one node'}; ${free} free now`,
    },
  ]
}

/** Decides for every want of a snapshot, in order of rank. */
export function plan(snapshot: Snapshot): readonly Decision[] {
  const waiting = new Set(snapshot.wants.map((want) => want.leaseId))
  const rooms = snapshot.nodes.map((node) => makeRoom(node, snapshot.holders, waiting))
  return inOrder(snapshot.wants).flatMap((want) => decideOne(want, rooms, snapshot.nowMs))
}
