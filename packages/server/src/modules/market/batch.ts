/** How much of a pool may be on its way out at once: the eviction batch of its policy. Pure; one for each plan. */
import type { BatchLimit } from './snapshot.ts'
import { slotCountOf, type Victim } from './victims.ts'

export class Batch {
  readonly #leasesMax: number
  readonly #slotsMax: number
  readonly #going = new Set<string>()
  #slots = 0

  constructor(limits: { readonly leasesMax: number; readonly slotsMax: number }) {
    this.#leasesMax = limits.leasesMax
    this.#slotsMax = limits.slotsMax
  }

  /** Slots of a lease that is on its way out already. */
  count(leaseId: string, slots: number): void {
    this.#going.add(leaseId)
    this.#slots += slots
  }

  /** Those that may go now, in their order. A lease larger than the batch goes when nobody else does. */
  admit(victims: readonly Victim[]): readonly Victim[] {
    return victims.filter((victim) => {
      const slots = slotCountOf(victim)
      const isWithin = this.#going.size < this.#leasesMax && this.#slots + slots <= this.#slotsMax
      if (this.#going.size > 0 && !isWithin) return false
      this.count(victim.leaseId, slots)
      return true
    })
  }
}

export function makeBatch(
  limit: BatchLimit | undefined,
  nodes: readonly { readonly slotCount: number }[],
): Batch {
  const slotsTotal = nodes.reduce((sum, node) => sum + node.slotCount, 0)
  const percent = limit?.slotsPercentMax ?? null
  return new Batch({
    leasesMax: limit?.leasesMax ?? Infinity,
    slotsMax: percent === null ? Infinity : Math.floor((slotsTotal * percent) / 100),
  })
}
