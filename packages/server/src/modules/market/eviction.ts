/**
 * Chooses, for a gang that finds no room, the nodes it shall have and who must go for it: all of it fits once these
 * victims are gone, or nobody goes. Pure. Nodes are taken one by one, the cheapest first; a gang that goes for one node
 * makes its other nodes cheaper, and whoever turns out not to be needed is spared.
 */
import { drainingFor, type Floor } from './floor.ts'
import type { Room } from './room.ts'
import type { Want } from './snapshot.ts'
import { chooseVictims, inOrderOfGivingWay, type Victim, type VictimPlan } from './victims.ts'

export interface Eviction {
  readonly rooms: readonly Room[]
  readonly victims: readonly Victim[]
}

/** Slots of a room that the want could have without anybody going. */
function ownSlots(room: Room, want: Want): number {
  return room.free.size + drainingFor(room, want).length
}

function freedIn(room: Room, going: Iterable<Victim>): number {
  let count = 0
  for (const victim of going) count += victim.slotsByNode.get(room.node.id)?.length ?? 0
  return count
}

function isCheaper(a: VictimPlan, b: VictimPlan): boolean {
  if (a.cost[0] !== b.cost[0]) return a.cost[0] < b.cost[0]
  return a.cost[1] < b.cost[1]
}

class EvictionPlanner {
  readonly #want: Want
  readonly #floor: Floor
  readonly #nowMs: number
  /** What each room that is not chosen yet would cost; rooms that cannot be had are not in it. */
  readonly #offers = new Map<Room, VictimPlan>()
  readonly #going = new Set<Victim>()
  readonly #rooms: Room[] = []

  constructor(want: Want, floor: Floor, nowMs: number) {
    this.#want = want
    this.#floor = floor
    this.#nowMs = nowMs
  }

  plan(): Eviction | null {
    for (const room of this.#floor.rooms.values()) this.#rate(room)
    while (this.#rooms.length < this.#want.nodes) {
      const room = this.#cheapest()
      if (!room) return null
      this.#choose(room)
    }
    return this.#settle()
  }

  #rate(room: Room): void {
    const perNode = this.#want.gpus / this.#want.nodes
    const slots = perNode - ownSlots(room, this.#want) - freedIn(room, this.#going)
    const candidates = room.victims.difference(this.#going)
    const { kind: by } = this.#want
    const plan = chooseVictims(candidates, {
      nodeId: room.node.id,
      slots,
      by,
      nowMs: this.#nowMs,
    })
    if (plan) this.#offers.set(room, plan)
  }

  #cheapest(): Room | null {
    let best: [Room, VictimPlan] | null = null
    for (const offer of this.#offers) if (!best || isCheaper(offer[1], best[1])) best = offer
    return best?.[0] ?? null
  }

  #choose(room: Room): void {
    const victims = this.#offers.get(room)?.victims ?? []
    this.#offers.delete(room)
    this.#rooms.push(room)
    for (const victim of victims) this.#going.add(victim)
    for (const victim of victims)
      for (const nodeId of victim.slotsByNode.keys()) {
        const other = this.#floor.rooms.get(nodeId)
        if (other && this.#offers.has(other)) this.#rate(other)
      }
  }

  /**
   * A gang that goes frees more than the node it was chosen for. The dearest first: whoever can stay, while enough of
   * the rooms that are freed anyway still fit, stays.
   */
  #settle(): Eviction {
    const perNode = this.#want.gpus / this.#want.nodes
    const { kind: by } = this.#want
    const dearestFirst = inOrderOfGivingWay(this.#going, by, this.#nowMs).toReversed()
    const freed = this.#freedRooms()
    const fitting = (going: ReadonlySet<Victim>) =>
      freed.filter((room) => ownSlots(room, this.#want) + freedIn(room, going) >= perNode)
    let going: ReadonlySet<Victim> = this.#going
    for (const victim of dearestFirst) {
      const others = new Set(going)
      others.delete(victim)
      if (fitting(others).length >= this.#want.nodes) going = others
    }
    return {
      rooms: fitting(going).slice(0, this.#want.nodes),
      victims: dearestFirst.filter((victim) => going.has(victim)).toReversed(),
    }
  }

  /** The rooms that were chosen, and those that become free with them. */
  #freedRooms(): readonly Room[] {
    const others = [...this.#going]
      .flatMap((victim) => [...victim.slotsByNode.keys()])
      .flatMap((nodeId) => this.#floor.rooms.get(nodeId) ?? [])
    return [...new Set([...this.#rooms, ...others])]
  }
}

/** Null when the whole gang would not fit, whoever goes. */
export function planEviction(want: Want, floor: Floor, nowMs: number): Eviction | null {
  return new EvictionPlanner(want, floor, nowMs).plan()
}
