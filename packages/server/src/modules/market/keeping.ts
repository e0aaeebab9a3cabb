/**
 * What is kept for the owner's work, and who goes for it before it asks. Pure. Two rules: `anchorHeadroom` slots are
 * never sold to what cannot be taken back; and while the owner's demand rises, what it will want within a notice is
 * freed, with the headroom on top. Without a trend nobody goes. The forecast of the peak warns those who may have to go,
 * and keeps its far end from what cannot be taken back; by itself it takes nothing from anybody.
 */
import { bookedWithin } from './booked.ts'
import { type Floor, type Keeping, KEEPS_NOTHING } from './floor.ts'
import { HOUR_MS } from './forecast/series.ts'
import { growthWithin } from './outlook.ts'
import type { SnapshotPool, Want } from './snapshot.ts'
import { givingWay, protectionOf, slotCountOf, type Victim } from './victims.ts'

/** A lease that goes before the work arrives for which it goes. */
export interface Shrink {
  readonly leaseId: string
  /** The slots that the owner's work is expected to want. */
  readonly expectedSlots: number
}

/** Slots that nobody has and nobody is promised, now or when those on their way out are gone. */
function spareSlots(floor: Floor): number {
  let spare = floor.freeTotal()
  for (const room of floor.draining)
    for (const forLease of room.draining.values()) if (forLease === null) spare++
  return spare
}

/** What is kept on a pool, before anything is placed. Waiting work counts where all of it could have room at all. */
export function keepingOf(pool: SnapshotPool | undefined, floor: Floor): Keeping {
  if (pool === undefined) return KEEPS_NOTHING
  const { anchorHeadroom: headroom = 0, demand } = pool
  if (demand === undefined) return { ...KEEPS_NOTHING, headroom }
  const { samples, pendingSlots, soonMs, laterMs, foreseen } = demand
  const fits = pendingSlots > 0 && pendingSlots <= spareSlots(floor) + floor.freeableSlots
  const withHeadroom = (slots: number) => (slots === 0 ? 0 : slots + headroom)
  const nowSlots = (samples.at(-1)?.slots ?? 0) + pendingSlots
  const riseTo = (peak: number | undefined) => Math.max(0, Math.round((peak ?? 0) - nowSlots))
  const laterGrowth = Math.max(growthWithin(samples, laterMs), riseTo(foreseen?.likely))
  return {
    // What cannot be taken back is sold only beyond the far end of what is forecast.
    headroom: Math.max(headroom, riseTo(foreseen?.far)),
    soonSlots: withHeadroom(growthWithin(samples, soonMs) + (fits ? pendingSlots : 0)),
    laterSlots: withHeadroom(laterGrowth + pendingSlots),
  }
}

export function isAnythingKept({ headroom, soonSlots, laterSlots }: Keeping): boolean {
  return headroom > 0 || soonSlots > 0 || laterSlots > 0
}

/** Why a want does not get room though there may be some; null when nothing is kept from it. */
export function whyKept(want: Want, floor: Floor): string | null {
  if (want.kind === 'anchor') return null
  const { keeping } = floor
  const left = keeping.soonSlots === 0 ? 0 : spareSlots(floor) - want.gpus
  if (left < keeping.soonSlots && keeping.soonSlots > 0)
    return `slots beyond the ${keeping.soonSlots} that the owner's work will want soon`
  if (keeping.headroom === 0 || want.isFirm === false) return null
  if (want.isFirm !== true && want.kind !== 'on_demand') return null
  const reachable = spareSlots(floor) + floor.freeableSlots - want.gpus
  return reachable < keeping.headroom
    ? `slots beyond the ${keeping.headroom} that are kept for the owner's work`
    : null
}

/** How long nobody can have the room of a want back for a block once it is placed; nothing for what gives way to one. */
function staysMsOf({ kind, staysMs, promisedMs = 0 }: Want): number {
  if (kind === 'on_demand' || kind === 'serving') return staysMs ?? Number.POSITIVE_INFINITY
  return kind === 'spot' ? promisedMs : 0
}

/** Slots that blocks could have at an instant if everybody went whom they may take them from. */
function slotsGivingWay(floor: Floor, nowMs: number, atMs: number): number {
  let slots = 0
  for (const victim of floor.victims()) {
    const protection = protectionOf(victim, 'on_demand', nowMs)
    const isInTime =
      protection?.kind === 'minimum_run' &&
      protection.untilMs !== null &&
      protection.untilMs <= atMs
    if (protection === null || isInTime) slots += slotCountOf(victim)
  }
  return slots
}

/** Why a want that stays does not get room though there may be some: it is booked for while the want may be there. */
export function whyBooked(want: Want, floor: Floor, nowMs: number): string | null {
  const { booked, keeping } = floor
  if (booked.length === 0 || want.isBlock === true) return null
  const untilMs = nowMs + staysMsOf(want)
  const most = bookedWithin(booked, nowMs, untilMs)
  if (most === 0) return null
  const soonestMs = Math.min(...booked.map(({ startsMs }) => startsMs))
  const left = spareSlots(floor) + slotsGivingWay(floor, nowMs, soonestMs) - want.gpus
  return left < most + keeping.headroom
    ? `slots beyond the ${most} that are booked as blocks while it may run`
    : null
}

/** For how long the owner cannot have the room of a want back once it is placed. */
function promisedMsOf({ kind, isFirm, promisedMs = 0 }: Want): number {
  return (isFirm ?? kind === 'on_demand') ? Number.POSITIVE_INFINITY : promisedMs
}

/** Why a want for spot is not sold to though there may be room; null when it is, or is for something else. */
export function whyNotSold({ kind, gpus, promisedMs = 0 }: Want, { sale }: Floor): string | null {
  if (sale === null || kind !== 'spot') return null
  const left = sale.left(promisedMs)
  if (gpus <= left) return null
  const what = promisedMs === 0 ? 'spot' : `spot guaranteed for ${promisedMs / HOUR_MS} h`
  return `more to be sold as ${what}; by the forecast of the owner's demand ${left} may be now`
}

/** Counts what is placed against what may be sold. */
export function countSold(want: Want, { sale }: Floor): void {
  if (want.kind !== 'anchor') sale?.sell({ gpus: want.gpus, promisedMs: promisedMsOf(want) })
}

const SHRINKS: readonly string[] = ['flex', 'spot']

/** Who goes now, so that what is kept is free: spot and flex only, within the batch. */
export function shrink(floor: Floor, nowMs: number): readonly Shrink[] {
  const { keeping } = floor
  let missing = keeping.soonSlots - (keeping.soonSlots === 0 ? 0 : spareSlots(floor))
  if (missing <= 0) return []
  const going: Victim[] = []
  for (const victim of givingWay(floor.victims(), 'anchor', nowMs)) {
    if (missing <= 0) break
    if (!SHRINKS.includes(victim.kind) || protectionOf(victim, 'anchor', nowMs) !== null) continue
    going.push(victim)
    missing -= slotCountOf(victim)
  }
  const admitted = floor.batch.admit(going)
  for (const victim of admitted) floor.evict(victim, '', new Set())
  return admitted.map(({ leaseId }) => ({ leaseId, expectedSlots: keeping.soonSlots }))
}

/** Whether a lease could be taken back within a stretch from now. */
function isReachable(victim: Victim, nowMs: number, withinMs: number): boolean {
  const protection = protectionOf(victim, 'anchor', nowMs)
  if (protection === null) return true
  if (protection.kind !== 'minimum_run' || protection.untilMs === null) return false
  return protection.untilMs <= nowMs + withinMs
}

/** Those who would go for what the owner's work may want in a longer while, and those who wait for their batch. */
export function atRisk(
  floor: Floor,
  { nowMs, withinMs }: { readonly nowMs: number; readonly withinMs: number },
): readonly string[] {
  const { keeping } = floor
  let missing = keeping.laterSlots === 0 ? 0 : keeping.laterSlots - spareSlots(floor)
  const risky = [...floor.promised]
  if (missing <= 0) return risky.map(({ leaseId }) => leaseId)
  for (const victim of givingWay(floor.victims(), 'anchor', nowMs)) {
    if (missing <= 0) break
    if (!isReachable(victim, nowMs, withinMs)) continue
    risky.push(victim)
    missing -= slotCountOf(victim)
  }
  return risky.map(({ leaseId }) => leaseId)
}
