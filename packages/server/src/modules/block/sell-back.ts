/** Sell-back: what the holder of a block is given for nodes that it does without. Types and rules; no I/O. */
import { type Money, picos } from '#kernel/money.ts'

export interface SellBack {
  readonly id: string
  readonly blockId: string
  readonly nodes: number
  readonly placements: readonly { readonly nodeId: string; readonly slots: readonly number[] }[]
  readonly offeredAt: Date
  readonly withdrawnAt: Date | null
  /** Null: until the block is over. */
  readonly backAt: Date | null
  readonly settledAt: Date | null
  readonly creditUsd: Money | null
  readonly creditTransactionId: string | null
}

/** What one lease paid for its slots, and what of that is given. */
export interface SellBackLine {
  readonly leaseId: string
  readonly gpuMs: number
  readonly paidUsd: Money
  readonly creditUsd: Money
}

/** Slots that a lease had for a stretch. */
export interface SoldSpan {
  readonly leaseId: string
  readonly slots: number
  readonly fromMs: number
  readonly toMs: number
}

export interface UsedHour {
  readonly resource: string
  readonly hour: Date
  readonly quantity: bigint
  readonly charged: Money
}

const HOUR_MS = 3_600_000
/** Of what is paid, the holder is given one part in so many. */
const SHARE = 2n

/** Slot-time of a span within an hour. */
function within({ slots, fromMs, toMs }: SoldSpan, hourMs: number): number {
  return slots * Math.max(0, Math.min(toMs, hourMs + HOUR_MS) - Math.max(fromMs, hourMs))
}

/**
 * Lease by lease: of each hour's charge, the part for the slots that were handed over, by the time that was metered in
 * it. Rounded down, so that no more is given than was paid.
 */
export function linesOf(
  spans: readonly SoldSpan[],
  hours: readonly UsedHour[],
): readonly SellBackLine[] {
  const used = Map.groupBy(hours, ({ resource }) => resource)
  return [...Map.groupBy(spans, ({ leaseId }) => leaseId)].flatMap(([leaseId, own]) => {
    let [gpuMs, paid] = [0n, 0n]
    for (const { hour, quantity, charged } of used.get(leaseId) ?? []) {
      const had = BigInt(own.reduce((sum, span) => sum + within(span, hour.getTime()), 0))
      const part = had < quantity ? had : quantity
      gpuMs += part
      paid += (charged * part) / quantity
    }
    if (gpuMs === 0n) return []
    return [{ leaseId, gpuMs: Number(gpuMs), paidUsd: picos(paid), creditUsd: picos(paid / SHARE) }]
  })
}

/** GPU-time that a block did without of its own will, within a window. */
export function lentMs(
  sellBacks: readonly SellBack[],
  { from, to }: { readonly from: Date; readonly to: Date },
): number {
  return sellBacks.reduce((sum, { placements, offeredAt, backAt }) => {
    const slots = placements.reduce((count, each) => count + each.slots.length, 0)
    const end = backAt !== null && backAt < to ? backAt : to
    const start = offeredAt > from ? offeredAt : from
    return sum + slots * Math.max(0, end.getTime() - start.getTime())
  }, 0)
}

export function sellBackSource(id: string): string {
  return `sell_back:${id}`
}
