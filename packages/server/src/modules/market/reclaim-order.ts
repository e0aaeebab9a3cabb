/** The published order in which the leases of a pool give way to the owner's work, with what protects each. Pure. */
import type { Holder } from './snapshot.ts'
import {
  GIVES_WAY_TO,
  inOrderOfGivingWay,
  type Protection,
  protectionOf,
  slotCountOf,
  slotMsLost,
  victimsOf,
} from './victims.ts'

export interface PlaceInOrder {
  readonly leaseId: string
  readonly kind: string
  /** 1 goes first. */
  readonly class: number
  readonly gpus: number
  readonly slotMsLost: bigint
  readonly protection: Protection | null
}

/** Those that would go now come first, then those that are protected; each in the order of class and work lost. */
export function reclaimOrder(holders: readonly Holder[], nowMs: number): readonly PlaceInOrder[] {
  const order = GIVES_WAY_TO.anchor
  const rank = (kind: string) => order.indexOf(kind)
  const known = victimsOf(holders).filter(({ kind }) => rank(kind) >= 0)
  return inOrderOfGivingWay(known, 'anchor', nowMs)
    .map((victim) => ({ victim, protection: protectionOf(victim, 'anchor', nowMs) }))
    .toSorted((a, b) => Number(a.protection !== null) - Number(b.protection !== null))
    .map(({ victim, protection }) => ({
      leaseId: victim.leaseId,
      kind: victim.kind,
      class: rank(victim.kind) + 1,
      gpus: slotCountOf(victim),
      slotMsLost: slotMsLost(victim, nowMs),
      protection,
    }))
}
