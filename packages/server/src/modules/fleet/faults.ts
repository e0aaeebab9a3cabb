/** Which faults of slots begin, change and end when an engine tells how a node is. Pure. */
import type {
  NodeInstant,
  NodeInventory,
  SlotFault as FoundFault,
} from '#platform/engines/engine.ts'
import type { Node, SlotFault } from './node-state.ts'

export interface FaultChanges {
  readonly appeared: readonly SlotFault[]
  /** The same in other words, or told again. */
  readonly reworded: readonly SlotFault[]
  /** Degraded before, and lost now: another episode, with a last good reading of its own. */
  readonly worsened: readonly SlotFault[]
  readonly cleared: readonly SlotFault[]
}

/** A fault that the operator took back though its witness may still tell of it. */
export interface DismissedFault {
  readonly nodeId: string
  readonly slot: number
  readonly seenAt: NodeInstant
}

export interface FaultRecord {
  readonly standing: readonly SlotFault[]
  readonly dismissed: readonly DismissedFault[]
  readonly now: Date
  readonly lastReadingAt: Date | null
}

/** Whether one instant of a node is surely later than another. */
function isAfter(one: NodeInstant, other: NodeInstant): boolean {
  if (one.bootId !== other.bootId) return true
  return one.seconds !== null && other.seconds !== null && one.seconds > other.seconds
}

function faultKey({ slot, reading = 'engine' }: Pick<FoundFault, 'slot'> & { reading?: string }) {
  return `${slot} ${reading}`
}

/** The same line of the log again says nothing new. */
function isDismissed({ slot, seenAt }: FoundFault, dismissed: readonly DismissedFault[]): boolean {
  if (seenAt === undefined) return false
  return dismissed.some(
    (each) =>
      each.slot === slot &&
      each.seenAt.bootId === seenAt.bootId &&
      each.seenAt.seconds !== null &&
      seenAt.seconds !== null &&
      each.seenAt.seconds >= seenAt.seconds,
  )
}

/** Silence ends a fault only where its own reading was read, and remembers. */
function isTakenBack(
  { reading, seenAt }: SlotFault,
  { readings = [], registeredAt }: NodeInventory,
): boolean {
  if (reading === 'check') return false
  if (seenAt !== null) return registeredAt !== undefined && isAfter(registeredAt, seenAt)
  return (
    reading === 'engine' ||
    readings.some((each) => each.reading === reading && each.unread === null)
  )
}

/**
 * Compares the faults of one node with those that stand in the record. A node that is down tells nothing of its slots,
 * so nothing changes.
 */
export function decideFaults(
  node: Pick<Node, 'id' | 'slotCount'>,
  inventory: NodeInventory,
  { standing, dismissed, now, lastReadingAt }: FaultRecord,
): FaultChanges {
  if (inventory.health.state === 'down')
    return { appeared: [], reworded: [], worsened: [], cleared: [] }
  const found = new Map(
    inventory.faults
      .filter((each) => each.slot < node.slotCount && !isDismissed(each, dismissed))
      .map((each) => [faultKey(each), each]),
  )
  const begin = ({ slot, reason, isLost = false, ...told }: FoundFault): SlotFault => ({
    ...{ nodeId: node.id, slot, reason, isLost, since: now, lastGoodAt: lastReadingAt },
    ...{ reading: told.reading ?? 'engine', seenAt: told.seenAt ?? null },
  })
  const known = new Set(standing.map(faultKey))
  const reworded: SlotFault[] = []
  const worsened: SlotFault[] = []
  for (const each of standing) {
    const seen = found.get(faultKey(each))
    // A lost GPU stays lost until it is seen whole: words that sound milder do not make it answer.
    if (seen?.isLost && !each.isLost) worsened.push(begin(seen))
    else if (seen && isToldAnew(seen, each))
      reworded.push({ ...each, reason: seen.reason, seenAt: seen.seenAt ?? null })
  }
  return {
    appeared: [...found].filter(([key]) => !known.has(key)).map(([, seen]) => begin(seen)),
    reworded,
    worsened,
    cleared: standing.filter((each) => !found.has(faultKey(each)) && isTakenBack(each, inventory)),
  }
}

function isToldAnew({ reason, seenAt }: FoundFault, standing: SlotFault): boolean {
  const before = standing.seenAt
  return (
    reason !== standing.reason ||
    seenAt?.bootId !== before?.bootId ||
    (seenAt?.seconds ?? null) !== (before?.seconds ?? null)
  )
}

/** What the operator's word takes back: what a reading of now tells stands until that reading says otherwise. */
export function isDismissable({ reading }: Pick<SlotFault, 'reading'>): boolean {
  return reading !== 'engine'
}
