/** What a pool has for sale at an instant: the free slots of its ready nodes, less what is for work of higher rank. */
import { listHeld } from '#modules/book/index.ts'
import { listFaults, listNodeShapes, listUnreachable } from '#modules/fleet/index.ts'
import { listPendingLeases, readSaleBounds } from '#modules/lease/index.ts'
import type { FreeNode } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'

export interface SupplyNode extends FreeNode {
  readonly nodeId: string
  /** The free ones, lowest first. */
  readonly slots: readonly number[]
}

export interface Supply {
  /** Alike nodes together, so that the log of a clearing stays short. */
  readonly nodes: readonly SupplyNode[]
  readonly slotsTotal: number
  readonly slotsFree: number
}

/** Whoever is of higher rank and waits will be placed first. */
async function countWaiting(db: Db, pool: string): Promise<number> {
  const waiting = (await listPendingLeases(db)).filter(
    ({ pool: its, kind, blockId }) =>
      its === pool && kind !== 'spot' && kind !== 'flex' && blockId === null,
  )
  return waiting.reduce((sum, { gpus }) => sum + gpus, 0)
}

function compareNodes(a: SupplyNode, b: SupplyNode): number {
  const [left, right] = [a.fabric ?? '', b.fabric ?? '']
  if (left !== right) return left < right ? -1 : 1
  if (a.free !== b.free) return b.free - a.free
  return a.nodeId < b.nodeId ? -1 : 1
}

export async function readSupply(db: Db, pool: string): Promise<Supply> {
  const taken = new Map<string, Set<number>>()
  const take = (nodeId: string, slots: readonly number[]) => {
    const known = taken.get(nodeId) ?? new Set<number>()
    for (const slot of slots) known.add(slot)
    taken.set(nodeId, known)
  }
  for (const { nodeId, slots } of await listHeld(db)) take(nodeId, slots)
  for (const { nodeId, slot } of await listFaults(db)) take(nodeId, [slot])
  const shapes = (await listNodeShapes(db)).filter((node) => node.pool === pool)
  const isSilent = (await listUnreachable(db)).has(pool)
  const nodes = shapes
    .filter(({ isReady }) => isReady && !isSilent)
    .map(({ id, slotCount, fabric }): SupplyNode => {
      const all = Array.from({ length: slotCount }, (_, slot) => slot)
      const slots = all.filter((slot) => !taken.get(id)?.has(slot))
      return { nodeId: id, fabric, slots, free: slots.length }
    })
    .toSorted(compareNodes)
  const slotsTotal = shapes.reduce((sum, { slotCount }) => sum + slotCount, 0)
  const slotsFree = nodes.reduce((sum, { free }) => sum + free, 0)
  return { nodes, slotsTotal, slotsFree }
}

interface At {
  readonly supply: Supply
  readonly now: Date
}

/** What may be sold: neither what others wait for, nor what the owner's work will want soon. */
export async function countForSale(db: Db, pool: string, { supply, now }: At): Promise<number> {
  const { keptSoon, dueSlots } = await readSaleBounds(db, pool, now)
  const free = supply.slotsFree - (await countWaiting(db, pool)) - keptSoon - dueSlots
  return Math.max(0, free)
}

/** What may be sold on demand for good: of that, nothing that is booked for blocks, however far ahead. */
export async function countForStay(db: Db, pool: string, at: At): Promise<number> {
  const { bookedWithin } = await readSaleBounds(db, pool, at.now)
  return (await countForSale(db, pool, at)) - bookedWithin(Number.POSITIVE_INFINITY)
}

/** What may be sold as spot with a promise of so long, or of 0: of that, no more than the surplus of its tier. */
export async function readForSpot(
  db: Db,
  pool: string,
  { supply, now }: At,
): Promise<(promisedMs: number) => number> {
  const { keptSoon, room, dueSlots, bookedWithin } = await readSaleBounds(db, pool, now)
  const free = supply.slotsFree - (await countWaiting(db, pool)) - keptSoon - dueSlots
  return (promisedMs) =>
    Math.max(0, Math.min(free - bookedWithin(promisedMs), room.left(promisedMs)))
}
