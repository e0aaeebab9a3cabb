/**
 * What blocks are promised beside what they have: what the market keeps for them of what stays, and those that are due,
 * whose room is gathered so early that whoever gives way has the whole of its notice before they begin.
 */
import { type Booking, type Held, listBookings } from '#modules/book/index.ts'
import type { NodeShape } from '#modules/fleet/index.ts'
import type { Booked, Sold, Want } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { listGraces } from './block-lease-store.ts'

export interface Bookings {
  /** By pool. */
  readonly booked: ReadonlyMap<string, readonly Booked[]>
  /** What blocks have that no lease of them uses, by pool: it is sold. */
  readonly idle: ReadonlyMap<string, readonly Sold[]>
  /** Blocks that are due and lack something. */
  readonly wants: readonly Want[]
}

function countSlots(held: readonly Held[]): number {
  return held.reduce((sum, { slots }) => sum + slots.length, 0)
}

/** Nodes that it lacks now, where it is due; one that is there in part is not counted. */
export function nodesMissing(
  { gpus, nodes, nodesLent }: Pick<Booking, 'gpus' | 'nodes' | 'nodesLent'>,
  slotsHeld: number,
): number {
  return Math.max(0, nodes - nodesLent - Math.ceil(slotsHeld / (gpus / nodes)))
}

function toWant(booking: Booking, missing: number, onFabric: string | null): Want {
  const { id, pool, gpus, nodes, fabric, startsAt } = booking
  return {
    ...(fabric === 'same' && onFabric !== null ? { onFabric } : {}),
    ...{ leaseId: id, kind: 'on_demand', isBlock: true, pool, nodes: missing },
    ...{ gpus: (gpus / nodes) * missing, isOneFabric: fabric === 'same' },
    ...{ createdMs: startsAt.getTime(), maxPriceUsd: null, priceUsd: null, isFirm: false },
  }
}

export interface BookedOn {
  readonly held: readonly Held[]
  readonly nodes: readonly NodeShape[]
  readonly now: Date
}

export async function readBookings(tx: Db, { held, nodes, now }: BookedOn): Promise<Bookings> {
  const bookings = (await listBookings(tx)).filter(({ endsAt }) => endsAt > now)
  if (bookings.length === 0) return { booked: new Map(), idle: new Map(), wants: [] }
  const heldBy = Map.groupBy(
    held.filter(({ blockId }) => blockId !== null),
    ({ blockId }) => blockId ?? '',
  )
  const graces = await listGraces(tx)
  const fabricOf = new Map(nodes.map(({ id, fabric }) => [id, fabric]))
  const seen = bookings.map((booking) => {
    const own = heldBy.get(booking.id) ?? []
    const slotsHeld = countSlots(own)
    const idle = countSlots(own.filter(({ leaseId }) => leaseId === null))
    const { id: blockId, startsAt, endsAt, gpus } = booking
    const slots = Math.max(0, gpus - slotsHeld)
    const times = { startsMs: startsAt.getTime(), endsMs: endsAt.getTime() }
    // What is missing of a block on one fabric is missing on the one where the rest of it is.
    const onFabric = own.map(({ nodeId }) => fabricOf.get(nodeId)).find(Boolean) ?? null
    return { booking, slotsHeld, idle, onFabric, booked: { blockId, ...times, slots } }
  })
  const byPool = Map.groupBy(seen, ({ booking }) => booking.pool)
  const wants = seen.flatMap(({ booking, slotsHeld, onFabric }) => {
    const leadMs = booking.leadMs + (graces.get(booking.pool) ?? 0)
    if (now.getTime() < booking.startsAt.getTime() - leadMs) return []
    const missing = nodesMissing(booking, slotsHeld)
    return missing === 0 ? [] : [toWant(booking, missing, onFabric)]
  })
  const mapped = <Item>(of: (own: typeof seen) => readonly Item[]) =>
    new Map([...byPool].map(([pool, own]) => [pool, of(own)]))
  return {
    booked: mapped((own) => own.flatMap(({ booked }) => (booked.slots === 0 ? [] : [booked]))),
    idle: mapped((own) =>
      own.flatMap(({ idle }) =>
        idle === 0 ? [] : [{ gpus: idle, promisedMs: Number.POSITIVE_INFINITY }],
      ),
    ),
    wants,
  }
}
