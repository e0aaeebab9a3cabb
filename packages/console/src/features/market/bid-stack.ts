/** The log of a clearing as the two curves of its market. Pure; the floats are for drawing alone. */
import type { ClearingLog, ClearingRule } from '@spillway/contract'
import type { Corner, Step } from '../../charts/curves.ts'
import { approximateUsd, parsePicos } from '../../ui/format/money.ts'

export interface Market {
  /** All that was for sale, at the reserve. */
  readonly supply: readonly Step[]
  readonly demand: readonly Step[]
  readonly cleared: Corner
}

export function toMarket(log: ClearingLog): Market {
  return {
    supply: [{ price: approximateUsd(log.reserveUsd), quantity: log.gpusMax }],
    demand: log.bids.map(({ limitUsd, gpus }) => ({
      price: approximateUsd(limitUsd),
      quantity: gpus,
    })),
    cleared: { price: approximateUsd(log.priceUsd), quantity: log.figures.gpusSold },
  }
}

/** A share in millionths as a fraction. */
export function fraction(ppm: number): number {
  return ppm / 1_000_000
}

const MILLION = 1_000_000n

/** Rounded up, as the published rule does. */
function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

export interface ReserveParts {
  /** By the use alone, before it is kept near to the last price. */
  readonly byUsePicos: bigint
  /** Between which amounts it may be, after the last price; null before there was one. */
  readonly band: readonly [lowest: bigint, highest: bigint] | null
}

/** What the reserve of a window is made of: anybody can compute it from the rule. */
export function reserveParts(
  rule: ClearingRule,
  { utilisationPpm, previousUsd }: { utilisationPpm: number; previousUsd: string | null },
): ReserveParts {
  const [floor, ceiling] = [parsePicos(rule.floorUsd), parsePicos(rule.ceilingUsd)]
  const above = BigInt(Math.max(0, utilisationPpm - rule.kneePpm))
  const rise = ceiling > floor ? (ceiling - floor) * above : 0n
  const byUsePicos = rise === 0n ? floor : floor + divideUp(rise, MILLION - BigInt(rule.kneePpm))
  if (previousUsd === null) return { byUsePicos, band: null }
  const previous = parsePicos(previousUsd)
  const step = divideUp(previous * BigInt(rule.movePpm), MILLION)
  return { byUsePicos, band: [previous - step, previous + step] }
}
