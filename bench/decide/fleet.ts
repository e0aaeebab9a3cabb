/**
 * Books for the decision to be measured on: a pool of many nodes, four fifths of it held by leases of every kind, gangs
 * and leases on their way out among them, with a forecast that keeps room for the owner. And the wants that come to it.
 */
import { money } from '../../packages/server/src/kernel/money.ts'
import type {
  Holder,
  LeaseKind,
  Snapshot,
  SnapshotNode,
  SnapshotPool,
  Want,
} from '../../packages/server/src/modules/market/index.ts'

export const SLOTS = 8
export const FILLED = 0.8
const NODES_A_FABRIC = 32
export const NOW_MS = 1_800_000_000_000
const HOUR_MS = 3_600_000
const PRICES = [money('1.1'), money('1.4'), money('2')]

/** A generator of its own, so that every run sees the same books. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  of<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0]
  }
}

const KINDS: readonly [LeaseKind, ...LeaseKind[]] = [
  ...(['anchor', 'anchor', 'anchor', 'anchor', 'on_demand', 'on_demand'] as const),
  ...(['serving', 'spot', 'spot', 'flex'] as const),
]

const SIZES: readonly [number, ...number[]] = [1, 1, 1, 1, 2, 2, 4, 8, 8, 8]

function slotsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => first + at)
}

class BookMaker {
  readonly holders: Holder[] = []
  readonly #chance: Chance
  readonly #nodes: number
  /** Slots held of each node, from the first on. */
  readonly #held: Uint8Array
  #leases = 0
  #heldTotal = 0

  constructor(nodes: number, seed: number) {
    this.#nodes = nodes
    this.#chance = new Chance(seed)
    this.#held = new Uint8Array(nodes)
  }

  fill(): readonly Holder[] {
    const wanted = FILLED * this.#nodes * SLOTS
    while (this.#heldTotal < wanted) {
      const size = this.#chance.of(SIZES)
      const nodes = size === SLOTS && this.#chance.below(4) === 0 ? 2 << this.#chance.below(3) : 1
      const terms = this.#terms()
      for (let at = 0; at < nodes; at++) this.#hold(size, terms)
    }
    return this.holders
  }

  #terms(): Omit<Holder, 'nodeId' | 'slots'> {
    const chance = this.#chance
    const isDraining = chance.below(100) === 0
    const startedMs = NOW_MS - chance.below(48 * HOUR_MS)
    const kind = chance.of(KINDS)
    const isSold = kind === 'spot' || kind === 'on_demand'
    return {
      ...{ leaseId: `lse_${this.#leases++}`, kind, isDraining, isTakenBack: isDraining },
      ...{ startedMs, priceUsd: isSold ? (PRICES[chance.below(3)] ?? null) : null },
      ...{ reclaimFor: null, checkpointMs: chance.below(2) === 0 ? null : startedMs + 1_000 },
    }
  }

  #hold(size: number, terms: Omit<Holder, 'nodeId' | 'slots'>): void {
    for (let tries = 0; tries < 50; tries++) {
      const node = this.#chance.below(this.#nodes)
      const first = this.#held[node] ?? 0
      if (first + size > SLOTS) continue
      this.#held[node] = first + size
      this.#heldTotal += size
      this.holders.push({ ...terms, nodeId: `nod_${node}`, slots: slotsFrom(first, size) })
      return
    }
  }
}

export type Book = Omit<Snapshot, 'wants'>

/** The pool's policy, and what is known of the owner's demand: it rises, and is forecast to rise on. */
function poolOf(nodes: number): SnapshotPool {
  const slots = nodes * SLOTS
  const now = Math.round(0.35 * slots)
  const samples = Array.from({ length: 31 }, (_, step) => ({
    atMs: NOW_MS - (30 - step) * 60_000,
    slots: Math.round(now * (0.99 + 0.01 * (step / 30))),
  }))
  return {
    name: 'p',
    evictionBatch: { leasesMax: null, slotsPercentMax: 10 },
    anchorHeadroom: Math.round(0.01 * slots),
    demand: {
      ...{ samples, pendingSlots: 0, soonMs: 120_000, laterMs: HOUR_MS },
      foreseen: { likely: now + Math.round(0.02 * slots), far: now + Math.round(0.06 * slots) },
    },
  }
}

export function bookOf(nodes: number, seed: number, keeps: boolean): Book {
  const all = Array.from({ length: nodes }, (_, node): SnapshotNode => ({
    ...{ id: `nod_${node}`, pool: 'p', slotCount: SLOTS, isReady: true },
    fabric: `f${Math.floor(node / NODES_A_FABRIC)}`,
  }))
  const holders = new BookMaker(nodes, seed).fill()
  return { nowMs: NOW_MS, nodes: all, holders, pools: keeps ? [poolOf(nodes)] : [] }
}

const WANTED: readonly [LeaseKind, ...LeaseKind[]] = [
  ...(['anchor', 'on_demand', 'on_demand', 'serving', 'spot', 'spot', 'spot', 'flex'] as const),
]

/** Wants as they come: mostly one GPU or one node, now and then a gang. */
export function wantsOf(count: number, chance: Chance): readonly Want[] {
  return Array.from({ length: count }, (_, index): Want => {
    const size = chance.of(SIZES)
    const nodes = size === SLOTS && chance.below(3) === 0 ? 2 << chance.below(4) : 1
    const kind = chance.of(WANTED)
    const isPriced = kind === 'spot' || kind === 'on_demand'
    return {
      ...{ leaseId: `new_${index}`, kind, pool: 'p', gpus: size * nodes, nodes },
      ...{ createdMs: NOW_MS - chance.below(HOUR_MS), isOneFabric: chance.below(2) === 0 },
      maxPriceUsd: isPriced ? (PRICES[chance.below(3)] ?? null) : null,
      priceUsd: isPriced ? (PRICES[0] ?? null) : null,
    }
  })
}

/** The owner's own gang, larger than what is free: others have to go for it. */
export function gangOf(nodes: number): Want {
  return {
    ...{ leaseId: 'gang', kind: 'anchor', pool: 'p', gpus: nodes * SLOTS, nodes },
    ...{ createdMs: NOW_MS, maxPriceUsd: null, priceUsd: null },
  }
}
