/**
 * Chooses, for a gang that finds no room, the nodes it shall have and who must go for it: all of it fits once these
 * victims are gone, or nobody goes. Pure. Nodes are taken one by one, the cheapest first; a gang that goes for one node
 * makes its other nodes cheaper, and whoever turns out not to be needed is spared.
 */
import { drainingFor, type Floor } from './floor.ts'
import { Heap } from './heap.ts'
import type { Room } from './room.ts'
import type { Want } from './snapshot.ts'
import { chooseVictims, inOrderOfGivingWay, type Victim, type VictimPlan } from './victims.ts'

export interface Eviction {
  readonly rooms: readonly Room[]
  readonly victims: readonly Victim[]
}

/** Slots of a room that the want could have without anybody going. */
function ownSlots(room: Room, want: Want): number {
  return room.free.length + (room.draining.size === 0 ? 0 : drainingFor(room, want).length)
}

interface Offer {
  readonly room: Room
  readonly plan: VictimPlan
  /** Of equal ones the first that was found. */
  readonly order: number
}

function compareOffers(a: Offer, b: Offer): number {
  const [[rankA, lostA], [rankB, lostB]] = [a.plan.cost, b.plan.cost]
  if (rankA !== rankB) return rankA - rankB
  if (lostA !== lostB) return lostA < lostB ? -1 : 1
  return a.order - b.order
}

class EvictionPlanner {
  readonly #want: Want
  readonly #perNode: number
  readonly #floor: Floor
  readonly #nowMs: number
  /** What each room that is not chosen yet would cost; rooms that cannot be had are not in it. */
  readonly #offers = new Map<Room, Offer>()
  /** The same, with those that hold no longer. */
  readonly #cheap = new Heap<Offer>([], compareOffers)
  readonly #going = new Set<Victim>()
  /** Slots by room that are free once these are gone. */
  readonly #freed = new Map<Room, number>()
  readonly #rooms: Room[] = []

  constructor(want: Want, floor: Floor, nowMs: number) {
    this.#want = want
    this.#perNode = want.gpus / want.nodes
    this.#floor = floor
    this.#nowMs = nowMs
  }

  plan(): Eviction | null {
    for (const room of this.#floor.rooms) this.#rate(room)
    while (this.#rooms.length < this.#want.nodes) {
      const room = this.#cheapest()
      if (!room) return null
      this.#choose(room)
    }
    return this.#settle()
  }

  #missing(room: Room): number {
    return this.#perNode - ownSlots(room, this.#want) - (this.#freed.get(room) ?? 0)
  }

  #rate(room: Room): void {
    const slots = this.#missing(room)
    if (slots > room.reach) return
    const plan = chooseVictims(this.#candidatesIn(room), {
      ...{ nodeId: room.node.id, slots },
      ...{ by: this.#want.kind, nowMs: this.#nowMs },
    })
    if (!plan) return
    const order = this.#offers.get(room)?.order ?? this.#offers.size
    const offer = { room, plan, order }
    this.#offers.set(room, offer)
    this.#cheap.push(offer)
  }

  #candidatesIn({ victims }: Room): readonly Victim[] {
    return this.#going.size === 0 ? victims : victims.filter((each) => !this.#going.has(each))
  }

  #cheapest(): Room | null {
    for (let offer = this.#cheap.pop(); offer; offer = this.#cheap.pop())
      if (this.#offers.get(offer.room) === offer) return offer.room
    return null
  }

  #choose(room: Room): void {
    const victims = this.#offers.get(room)?.plan.victims ?? []
    this.#offers.delete(room)
    this.#rooms.push(room)
    for (const victim of victims) {
      this.#going.add(victim)
      this.#change(victim, 1)
    }
    for (const victim of victims)
      for (const nodeId of victim.slotsByNode.keys()) {
        const other = this.#floor.room(nodeId)
        if (other && this.#offers.has(other)) this.#rate(other)
      }
  }

  /** Counts the slots of one who goes, or who stays after all. */
  #change(victim: Victim, sign: 1 | -1): void {
    for (const [nodeId, slots] of victim.slotsByNode) {
      const room = this.#floor.room(nodeId)
      if (room) this.#freed.set(room, (this.#freed.get(room) ?? 0) + sign * slots.length)
    }
  }

  /**
   * A gang that goes frees more than the node it was chosen for. The dearest first: whoever can stay, while enough of
   * the rooms that are freed anyway still fit, stays.
   */
  #settle(): Eviction {
    const { kind: by, nodes } = this.#want
    const dearestFirst = inOrderOfGivingWay(this.#going, by, this.#nowMs).toReversed()
    const freed = this.#freedRooms()
    const fits = (room: Room) => this.#missing(room) <= 0
    const fitting = new Set(freed.filter(fits))
    for (const victim of dearestFirst) {
      this.#change(victim, -1)
      const lost = [...victim.slotsByNode.keys()]
        .flatMap((nodeId) => this.#floor.room(nodeId) ?? [])
        .filter((room) => fitting.has(room) && !fits(room))
      if (fitting.size - lost.length < nodes) {
        this.#change(victim, 1)
        continue
      }
      this.#going.delete(victim)
      for (const room of lost) fitting.delete(room)
    }
    return {
      rooms: freed.filter((room) => fitting.has(room)).slice(0, nodes),
      victims: dearestFirst.filter((victim) => this.#going.has(victim)).toReversed(),
    }
  }

  /** The rooms that were chosen, and those that become free with them. */
  #freedRooms(): readonly Room[] {
    const others = [...this.#going]
      .flatMap((victim) => [...victim.slotsByNode.keys()])
      .flatMap((nodeId) => this.#floor.room(nodeId) ?? [])
    return [...new Set([...this.#rooms, ...others])]
  }
}

/** Null when the whole gang would not fit, whoever goes. */
export function planEviction(want: Want, floor: Floor, nowMs: number): Eviction | null {
  return new EvictionPlanner(want, floor, nowMs).plan()
}
