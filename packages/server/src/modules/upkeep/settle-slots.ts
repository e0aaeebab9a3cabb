/**
 * Brings the claims on one node in line with what its engine says of who has which slots, where the engine picks them
 * itself. What the engine says comes first; what is confirmed stays; what is only meant gives way; what is held is held
 * on the rest. Two that are both said to have a slot are a conflict, and the second does not get it. Pure.
 */

/** Who has, or should have, slots: a lease, or a run that no lease stands for yet. */
export type Owner = string

export interface HeldSlots {
  readonly owner: Owner
  readonly slots: readonly number[]
  /**
   * `confirmed`: its processes are there. `meant`: placed and not started, so it can go elsewhere on the node. `held`:
   * nobody's; it is what is left.
   */
  readonly standing: 'confirmed' | 'meant' | 'held'
}

export interface SlotConflict {
  readonly owner: Owner
  readonly slot: number
  readonly with: Owner
}

export interface Settlement {
  /** Owners whose slots change, with all of their slots afterwards; none means that the claim ends. */
  readonly changed: ReadonlyMap<Owner, readonly number[]>
  readonly conflicts: readonly SlotConflict[]
}

export interface NodeSlots {
  readonly slotCount: number
  readonly held: readonly HeldSlots[]
  /** What the engine says, by owner: exactly these slots of this node. */
  readonly said: ReadonlyMap<Owner, readonly number[]>
}

class Settling {
  readonly #node: NodeSlots
  readonly #ownerOf = new Map<number, Owner>()
  readonly after = new Map<Owner, number[]>()
  readonly conflicts: SlotConflict[] = []

  constructor(node: NodeSlots) {
    this.#node = node
  }

  take(owner: Owner, slots: readonly number[]): void {
    const got = this.after.get(owner) ?? []
    this.after.set(owner, got)
    for (const slot of slots) {
      const other = this.#ownerOf.get(slot)
      if (other !== undefined && other !== owner) this.conflicts.push({ owner, slot, with: other })
      else if (other === undefined) {
        this.#ownerOf.set(slot, owner)
        got.push(slot)
      }
    }
  }

  isTaken = (slot: number): boolean => this.#ownerOf.has(slot)

  /** Keeps what nobody else has, and takes free slots for the rest. */
  takeElsewhere({ owner, slots }: HeldSlots): void {
    this.take(
      owner,
      slots.filter((slot) => !this.isTaken(slot)),
    )
    const missing = slots.length - (this.after.get(owner)?.length ?? 0)
    const free = Array.from({ length: this.#node.slotCount }, (_, slot) => slot)
      .filter((slot) => !this.isTaken(slot))
      .slice(0, missing)
    this.take(owner, free)
    for (const slot of slots.filter((each) => !this.after.get(owner)?.includes(each))) {
      const other = this.#ownerOf.get(slot)
      if (free.length < missing && other !== undefined)
        this.conflicts.push({ owner, slot, with: other })
    }
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((slot) => b.includes(slot))
}

export function settleSlots(node: NodeSlots): Settlement {
  const { held, said } = node
  const settling = new Settling(node)
  const of = (standing: HeldSlots['standing']) =>
    held.filter((each) => each.standing === standing && !said.has(each.owner))
  for (const { owner, slots } of of('confirmed')) settling.take(owner, slots)
  const known = new Set(held.map(({ owner }) => owner))
  // What the book knows already comes before what it hears of for the first time.
  const inOrder = [...said].toSorted(([a], [b]) => Number(known.has(b)) - Number(known.has(a)))
  for (const [owner, slots] of inOrder) settling.take(owner, slots)
  const meant = of('meant')
  // All keep what they can before any looks for other slots.
  for (const { owner, slots } of meant)
    settling.take(
      owner,
      slots.filter((slot) => !settling.isTaken(slot)),
    )
  for (const each of meant) settling.takeElsewhere(each)
  for (const { owner, slots } of of('held'))
    settling.take(
      owner,
      slots.filter((slot) => !settling.isTaken(slot)),
    )
  const before = new Map<Owner, number[]>()
  for (const { owner, slots } of held) before.set(owner, [...(before.get(owner) ?? []), ...slots])
  const changed = [...settling.after]
    .map(([owner, slots]) => [owner, slots.toSorted((a, b) => a - b)] as const)
    .filter(([owner, slots]) => !isSame(slots, before.get(owner) ?? []))
  return { changed: new Map(changed), conflicts: settling.conflicts }
}
