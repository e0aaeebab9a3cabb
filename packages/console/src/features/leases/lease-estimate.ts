/** What a draft of a lease will cost at the price now. Pure; all amounts are exact. */
import { parseGpuWish, type Pool } from '@spillway/contract'
import { divideHalfEven, parsePicos, renderAmount } from '../../ui/format/money.ts'
import { slotWord } from '../../ui/format/slots.ts'
import { HOUR_MS, type LeaseDraft } from './lease-draft.ts'

export interface Estimate {
  readonly gpus: number
  readonly accelerator: string
  /** All GPUs for an hour at the pool's price now. */
  readonly hourlyPicos: bigint
  /** All GPUs for an hour at the highest price the draft accepts. */
  readonly hourlyMaxPicos: bigint
  readonly hours: number | null
  /** For the whole time limit; null without one. */
  readonly totalPicos: bigint | null
  readonly totalMaxPicos: bigint | null
}

function hasWords(name: string, asked: string): boolean {
  const words = asked.toLowerCase().split(/[^a-z0-9]+/)
  return words.every((word) => name.toLowerCase().includes(word))
}

/** Where a draft will most likely run: the first pool with room of those that are what is asked. */
export function likelyPool(draft: LeaseDraft, pools: readonly Pool[]): Pool | undefined {
  const { accelerator, gpus = 1 } = parseGpuWish(draft.gpus) ?? {}
  const matching = pools.filter(
    (pool) =>
      (draft.pool === '' || pool.name === draft.pool) &&
      (draft.site === '' || pool.site === draft.site) &&
      hasWords(pool.accelerator, accelerator ?? ''),
  )
  return matching.find((pool) => pool.slotsFree >= gpus) ?? matching[0]
}

/** What a draft will cost at the pool's price now; null while it cannot be told, or nothing is charged. */
export function estimate(draft: LeaseDraft, pool: Pool | undefined): Estimate | null {
  const gpus = parseGpuWish(draft.gpus)?.gpus
  if (pool === undefined || draft.kind === 'anchor' || gpus === undefined) return null
  const price = parsePicos(pool.priceUsdPerGpuHour[draft.kind])
  const typed = draft.maxPrice.trim()
  const highest = /^\d{1,14}(\.\d{1,12})?$/.test(typed) ? parsePicos(typed) : price
  const hours = Number(draft.timeLimitHours.replace(',', '.'))
  const limitMs =
    draft.timeLimitHours.trim() !== '' && hours > 0 ? BigInt(Math.round(hours * HOUR_MS)) : null
  const overLimit = (hourly: bigint): bigint | null =>
    limitMs === null ? null : divideHalfEven(hourly * limitMs, BigInt(HOUR_MS))
  const hourlyPicos = price * BigInt(gpus)
  const hourlyMaxPicos = highest * BigInt(gpus)
  return {
    gpus,
    accelerator: slotWord(pool),
    hourlyPicos,
    hourlyMaxPicos,
    hours: limitMs === null ? null : hours,
    totalPicos: overLimit(hourlyPicos),
    totalMaxPicos: overLimit(hourlyMaxPicos),
  }
}

/** Whether the highest accepted price lies below the price now, which the server will refuse. */
export function isBelowMarket(found: Estimate): boolean {
  return found.hourlyMaxPicos < found.hourlyPicos
}

export function renderHours(hours: number): string {
  return `${renderAmount(parsePicos(String(Number(hours.toFixed(4)))))} h`
}
