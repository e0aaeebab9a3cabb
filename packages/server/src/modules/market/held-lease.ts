/**
 * A lease that could be taken back, as the holders of a snapshot say it: made for every lease of a pool at each decision,
 * so it copies nothing, and works out only what is asked for.
 */
import type { Money } from '#kernel/money.ts'
import type { Holder, HolderTerms } from './snapshot.ts'

export class HeldLease {
  readonly leaseId: string
  readonly kind: string
  /** Whose lease it is: that on which it has its first slots; null where nobody knows the node. */
  readonly home: object | null
  /** Whether a room knows of it. */
  isSeated = false
  slotCount: number
  readonly #first: Holder
  /** What it holds beside that. */
  #more: Holder[] | null = null
  #slotsByNode: ReadonlyMap<string, readonly number[]> | null = null
  #lost: bigint | null = null
  #lostAtMs = 0

  constructor(leaseId: string, holder: Holder, home: object | null = null) {
    this.home = home
    this.leaseId = leaseId
    this.kind = holder.kind
    this.#first = holder
    this.slotCount = holder.slots.length
  }

  get startedMs(): number | null {
    return this.#first.startedMs
  }

  get priceUsd(): Money | null {
    return this.#first.priceUsd
  }

  get terms(): HolderTerms | null {
    return this.#first.terms ?? null
  }

  get checkpointMs(): number | null {
    return this.#first.checkpointMs ?? null
  }

  get slotsByNode(): ReadonlyMap<string, readonly number[]> {
    return (this.#slotsByNode ??= this.#gather())
  }

  /** Called while holders are read, before anything is asked. */
  add(holder: Holder): void {
    const more = (this.#more ??= [])
    more.push(holder)
    this.slotCount += holder.slots.length
  }

  /** How many slots it has on a node. */
  slotsOn(nodeId: string): number {
    if (this.#more === null) return this.#first.nodeId === nodeId ? this.#first.slots.length : 0
    return this.slotsByNode.get(nodeId)?.length ?? 0
  }

  /** What is lost with it at an instant, worked out once. */
  lostAt(nowMs: number, work: () => bigint): bigint {
    if (this.#lost === null || this.#lostAtMs !== nowMs) {
      this.#lost = work()
      this.#lostAtMs = nowMs
    }
    return this.#lost
  }

  #gather(): ReadonlyMap<string, readonly number[]> {
    const { nodeId, slots } = this.#first
    const byNode = new Map([[nodeId, slots]])
    for (const { nodeId: other, slots: more } of this.#more ?? [])
      byNode.set(other, [...(byNode.get(other) ?? []), ...more])
    return byNode
  }
}
