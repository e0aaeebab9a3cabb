/** Reads what a pool can place over time: its nodes that work, what does not give way, what is booked, what is kept. */
import { listBlockClaims, listBookings, listOpenClaims } from '#modules/book/index.ts'
import { listFaults, listNodeShapes, type Pool } from '#modules/fleet/index.ts'
import { type Lease, listOpenLeases, staysMs } from '#modules/lease/index.ts'
import { foreseenPeaks, listLiveForecasts } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Firm, PoolRoom } from './room.ts'

/** Until when a lease keeps its slots from a block, null: nobody knows. */
function firmUntilMs(lease: Lease, nowMs: number): number | null {
  const { stopAt, startedAt, graceMs, terms, noticeMs, kind } = lease
  if (stopAt !== null) return stopAt.getTime() + graceMs
  const isGivingWay = kind === 'spot' || kind === 'flex'
  if (isGivingWay && terms?.by.includes('on_demand')) {
    const protectedMs = (startedAt?.getTime() ?? nowMs) + terms.minimumRunMs
    return Math.max(nowMs, protectedMs) + noticeMs + graceMs
  }
  const stayMs = kind === 'on_demand' ? staysMs(lease) : null
  return stayMs === null ? null : (startedAt?.getTime() ?? nowMs) + stayMs
}

async function listFirm(db: Db, pool: string, now: Date): Promise<readonly Firm[]> {
  const ends = new Map(
    (await listBookings(db, pool)).map(({ id, endsAt }) => [id, endsAt.getTime()]),
  )
  // What ends with its block is the block's; what goes on afterwards is there from its end.
  const leases = (await listOpenLeases(db, pool)).filter(({ afterBlock }) => afterBlock !== 'end')
  return leases.flatMap((lease) => {
    const untilMs = firmUntilMs(lease, now.getTime())
    const fromMs = lease.blockId === null ? 0 : (ends.get(lease.blockId) ?? 0)
    return lease.placements.map(({ nodeId, slots }) => ({
      ...{ nodeId, slots: slots.length, untilMs, fromMs },
    }))
  })
}

/** Slots that the owner's work may want beyond what it has: by its policy, and by the far end of the forecast. */
async function keptSlots(
  db: Db,
  { name, reclaim }: Pool,
  { anchorSlots, now }: { readonly anchorSlots: number; readonly now: Date },
): Promise<number> {
  const far = foreseenPeaks((await listLiveForecasts(db, now)).get(name))?.far ?? 0
  return Math.max(reclaim.anchorHeadroom, Math.ceil(far) - anchorSlots, 0)
}

export async function readRoom(db: Db, pool: Pool, now: Date): Promise<PoolRoom> {
  const faults = new Set((await listFaults(db)).map(({ nodeId, slot }) => `${nodeId}/${slot}`))
  const shapes = (await listNodeShapes(db)).filter((node) => node.pool === pool.name)
  const claims = await listOpenClaims(
    db,
    shapes.map(({ id }) => id),
  )
  // What is held for a fault or for work on the node stays so until it is lifted, which nobody can promise.
  const held = claims.filter(({ leaseId, kind }) => leaseId === null && kind !== 'reserved')
  const taken = new Set(
    held.flatMap(({ nodeId, slots }) => slots.map((slot) => `${nodeId}/${slot}`)),
  )
  const nodes = shapes
    .filter(({ isReady }) => isReady)
    .map(({ id, fabric, slotCount }) => {
      const all = Array.from({ length: slotCount }, (_, slot) => `${id}/${slot}`)
      return { id, fabric, slots: all.filter((key) => !faults.has(key) && !taken.has(key)).length }
    })
  const anchorSlots = claims
    .filter(({ kind }) => kind === 'anchor')
    .reduce((sum, { slots }) => sum + slots.length, 0)
  const own = Map.groupBy(await listBlockClaims(db), ({ blockId }) => blockId)
  const booked = (await listBookings(db, pool.name)).map(
    ({ id, gpus, nodes: count, fabric, startsAt, endsAt }) => ({
      ...{ gpus, nodes: count, isOneFabric: fabric === 'same' },
      ...{ startsMs: startsAt.getTime(), endsMs: endsAt.getTime() },
      held: (own.get(id) ?? []).map(({ nodeId, slots }) => ({ nodeId, slots: slots.length })),
    }),
  )
  return {
    nodes,
    booked,
    firm: await listFirm(db, pool.name, now),
    keptSlots: await keptSlots(db, pool, { anchorSlots, now }),
  }
}

/** How long before its start room for a block is gathered, beside the grace of those who go. */
export function leadMsOf({ reclaim }: Pool, slackMs: number): number {
  const giving = [reclaim.spot, reclaim.flex].filter(({ by }) => by.includes('on_demand'))
  return slackMs + Math.max(0, ...giving.map((terms) => terms.noticeMs + terms.minimumRunMs))
}
