/** What breaks by itself in a simulated cluster, at given rates, and when it is repaired; the same for the same seed. Pure. */
import { Chance } from './chance.ts'
import type { ClusterEvent, ClusterLayout } from './event.ts'
import { nodeName } from './node.ts'

const YEAR_MS = 365 * 86_400_000
const SUBJECT = 2

const REASONS = [
  'Xid 79: the GPU has fallen off the bus',
  'Xid 48: double bit ECC error',
  'Xid 74: NVLink error',
] as const

/** What happens to a node or a slot, and what mends it so much later. */
export interface Breakage {
  readonly broken: ClusterEvent
  readonly mended: ClusterEvent
}

/** What breaks within a stretch that ends at an instant. */
export function breakages(
  layout: ClusterLayout,
  atMs: number,
  stretchMs: number,
): readonly Breakage[] {
  const { nodeDownsPerNodeYear, slotFaultsPerSlotYear, repairMinutes } = layout.faults
  if (nodeDownsPerNodeYear === 0 && slotFaultsPerSlotYear === 0) return []
  const chance = new Chance(layout.seed, SUBJECT, atMs)
  const years = stretchMs / YEAR_MS
  const anyNode = () => nodeName(layout, chance.below(layout.nodes))
  const mendedAt = () => atMs + Math.round(repairMinutes * 60_000 * (0.5 + chance.next()))
  const nodes = chance.times(nodeDownsPerNodeYear * layout.nodes * years)
  const slots = chance.times(slotFaultsPerSlotYear * layout.nodes * layout.slotsPerNode * years)
  const lost = Array.from({ length: nodes }, (): Breakage => {
    const node = anyNode()
    return {
      broken: { at: atMs, type: 'node_lost', node, reason: 'it does not answer', work: 'dies' },
      mended: { at: mendedAt(), type: 'node_back', node },
    }
  })
  const failed = Array.from({ length: slots }, (): Breakage => {
    const [node, slot] = [anyNode(), chance.below(layout.slotsPerNode)]
    const reason = REASONS[chance.below(REASONS.length)] ?? REASONS[0]
    return {
      broken: { at: atMs, type: 'slot_failed', node, slot, reason, work: 'dies' },
      mended: { at: mendedAt(), type: 'slot_mended', node, slot },
    }
  })
  return [...lost, ...failed]
}
