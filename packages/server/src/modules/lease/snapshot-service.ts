/**
 * Takes the snapshot that the market decides on: the book and the orders at one instant of the database. What leases that
 * have slots say is read only where the decision asks for it: they are by far the most, and what is free needs none of them.
 */
import type { ReclaimTerms } from '@spillway/contract'
import type { Money } from '#kernel/money.ts'
import { type Held, listHeld } from '#modules/book/index.ts'
import {
  listFaults,
  listNodeShapes,
  listPools,
  listUnreachable,
  type SlotFault,
} from '#modules/fleet/index.ts'
import {
  bookedWithin,
  decide,
  type Decision,
  decideByRoom,
  type Holder,
  keptSoon,
  type Outcome,
  SaleRoom,
  type Snapshot,
  type Want,
} from '#modules/market/index.ts'
import type { Database, Db } from '#platform/db/database.ts'
import { staysMs } from './booked-check-service.ts'
import { readBookings } from './booked-service.ts'
import { foreseePools } from './demand-service.ts'
import type { Lease } from './lease.ts'
import { splitByQuota } from './quota-service.ts'
import { listStandings, type Standing } from './standing-store.ts'
import { startPrices } from './start-price-service.ts'
import * as store from './store.ts'
import { isCapReached } from './terms.ts'

function toHolder(
  { leaseId, kind, nodeId, slots, isDraining }: Held,
  { leases, now }: { readonly leases: ReadonlyMap<string, Standing>; readonly now: Date },
): Holder {
  const lease = leaseId === null ? undefined : leases.get(leaseId)
  return {
    ...{ leaseId, kind, nodeId, slots, isDraining },
    startedMs: lease?.startedAt?.getTime() ?? null,
    priceUsd: lease?.priceUsd ?? null,
    reclaimFor: lease?.reclaimFor ?? null,
    checkpointMs: lease?.checkpointAt?.getTime() ?? null,
    isTakenBack: lease?.isTakenBack ?? false,
    ...(lease?.terms ? { terms: holderTerms(lease, lease.terms, now) } : {}),
  }
}

function holderTerms(lease: Standing, { by, minimumRunMs }: ReclaimTerms, now: Date) {
  return { by, minimumRunMs, isCapReached: isCapReached(lease, now) }
}

/** Broken slots that nobody claims yet: they are not sold in the moment before they are held. */
function brokenSlots(faults: readonly SlotFault[], held: readonly Held[]): Holder[] {
  if (faults.length === 0) return []
  const taken = new Set(
    held.flatMap(({ nodeId, slots }) => slots.map((slot) => `${nodeId}/${slot}`)),
  )
  const broken = new Map(faults.map((fault) => [`${fault.nodeId}/${fault.slot}`, fault]))
  return [...broken]
    .filter(([place]) => !taken.has(place))
    .map(([, { nodeId, slot }]) => ({
      ...{ leaseId: null, kind: 'faulty', nodeId, slots: [slot], startedMs: null, priceUsd: null },
      ...{ isDraining: false, reclaimFor: null },
    }))
}

function stayOf(lease: Lease): Pick<Want, 'staysMs'> {
  const known = staysMs(lease)
  return known === null ? {} : { staysMs: known }
}

function toWant(lease: Lease, priceUsd: Money | null): Want {
  return {
    leaseId: lease.id,
    kind: lease.kind,
    pool: lease.pool,
    gpus: lease.gpus,
    nodes: lease.nodes,
    isOneFabric: lease.fabric === 'same',
    createdMs: lease.createdAt.getTime(),
    isFirm: lease.kind === 'on_demand' && !lease.terms?.by.includes('anchor'),
    promisedMs: lease.terms?.guarantee?.ms ?? 0,
    maxPriceUsd: lease.maxPriceUsd,
    priceUsd,
    ...stayOf(lease),
    waitsFor: lease.waitingFor,
  }
}

interface Waiting {
  readonly wants: readonly Want[]
  /** Those that take no part, each with why. */
  readonly heldBack: readonly Decision[]
}

async function listWants(tx: Db, now: Date): Promise<Waiting> {
  const priceOf = startPrices(tx, now)
  const wants: Want[] = []
  const pending = await store.listPendingLeases(tx)
  const ready = pending.filter(
    ({ retryAt, blockId }) => blockId === null && (retryAt ?? now) <= now,
  )
  const { allowed, excess } = await splitByQuota(tx, ready, { now })
  for (const lease of allowed)
    wants.push(toWant(lease, (await priceOf(lease))?.price.amount ?? null))
  const heldBack = ready.flatMap(({ id: leaseId, waitingFor }): Decision[] => {
    const why = excess.get(leaseId)
    return why === undefined || why === waitingFor ? [] : [{ kind: 'wait', leaseId, why }]
  })
  return { wants, heldBack }
}

interface Book {
  readonly heldBack: Waiting['heldBack']
  /** The whole, but for what the leases say that have the slots. */
  readonly bare: Snapshot & Required<Pick<Snapshot, 'pools'>>
  /** The same with what they say. */
  readonly whole: () => Promise<Snapshot>
}

const NO_LEASES: ReadonlyMap<string, Standing> = new Map()

async function readBook(tx: Db, now: Date): Promise<Book> {
  const held = await listHeld(tx)
  const silent = await listUnreachable(tx)
  const faults = await listFaults(tx)
  const nodes = await listNodeShapes(tx)
  const { wants: waiting, heldBack } = await listWants(tx, now)
  const bookings = await readBookings(tx, { held, nodes, now })
  const wants = [...bookings.wants, ...waiting]
  const broken = brokenSlots(faults, held)
  const holdersBy = (leases: ReadonlyMap<string, Standing>) => [
    ...held.map((each) => toHolder(each, { leases, now })),
    ...broken,
  ]
  const bare = {
    nowMs: now.getTime(),
    pools: await foreseePools(tx, await listPools(tx), { held, nodes, wants, bookings, now }),
    // A pool whose engine is silent could not start anything.
    nodes: nodes.map((node) => (silent.has(node.pool) ? { ...node, isReady: false } : node)),
    holders: holdersBy(NO_LEASES),
    wants,
  }
  return {
    heldBack,
    bare,
    whole: async () => ({ ...bare, holders: holdersBy(await listStandings(tx)) }),
  }
}

function atOneInstant<Result>(
  database: Database,
  read: (tx: Db) => Promise<Result>,
): Promise<Result> {
  return database.transaction().setIsolationLevel('repeatable read').execute(read)
}

/** The book, the orders and the policies at one instant of the database. */
export async function takeSnapshot(database: Database, now: Date): Promise<Snapshot> {
  return atOneInstant(database, async (tx) => (await readBook(tx, now)).whole())
}

/** What the market decides at one instant of the database, and on which wants. */
export async function decideNow(
  database: Database,
  now: Date,
): Promise<{ readonly wants: readonly Want[]; readonly outcome: Outcome }> {
  return atOneInstant(database, async (tx) => {
    const { heldBack, bare, whole } = await readBook(tx, now)
    const outcome = decideByRoom(bare) ?? decide(await whole())
    const decisions = [...outcome.decisions, ...heldBack]
    return { wants: bare.wants, outcome: { ...outcome, decisions } }
  })
}

/** The book and the orders, without what the leases say that have the slots. */
export async function readBare(tx: Db, now: Date): Promise<Book['bare']> {
  return (await readBook(tx, now)).bare
}

/** What bounds a sale on a pool beside what is free. */
export interface SaleBounds {
  /** Slots that the owner's work will want soon: whoever gets them now would be taken back at once. */
  readonly keptSoon: number
  /** What may be sold as spot. */
  readonly room: SaleRoom
  /** Slots that are gathered for blocks that are due. */
  readonly dueSlots: number
  /** The most that other blocks are promised and do not have, within so long from now. */
  readonly bookedWithin: (ms: number) => number
}

export async function readSaleBounds(tx: Db, pool: string, now: Date): Promise<SaleBounds> {
  const { bare, whole } = await readBook(tx, now)
  const { demand, sale, booked = [] } = bare.pools.find(({ name }) => name === pool) ?? {}
  const due = bare.wants.filter((want) => want.isBlock === true && want.pool === pool)
  const dueIds = new Set(due.map(({ leaseId }) => leaseId))
  const later = booked.filter(({ blockId }) => !dueIds.has(blockId))
  // Who could make room matters for work that waits in the engine alone.
  const kept = keptSoon(demand?.pendingSlots ? await whole() : bare, pool)
  return {
    keptSoon: kept,
    room: new SaleRoom(sale ?? { tiers: [], sold: [], isForecast: false }),
    dueSlots: due.reduce((sum, { gpus }) => sum + gpus, 0),
    bookedWithin: (ms) => bookedWithin(later, now.getTime(), now.getTime() + ms),
  }
}
