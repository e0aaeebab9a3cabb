/** The published rule of a pool's auction, and the reserve that follows from it now. */
import { present } from '#kernel/assert.ts'
import { greatest, type Money, picos } from '#kernel/money.ts'
import { marginalCostOf } from '#modules/economics/index.ts'
import { findPool, listSites } from '#modules/fleet/index.ts'
import { type ClearingRule, getGpuPrice, reserveOf } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  BUYER_SHARE_PPM,
  CLEARING_DEPTH_MIN,
  CLEARING_MERGES_MAX,
  CLEARING_SWAPS_MAX,
  GUARANTEE_PREMIUM_PPM,
  PRICE_MOVE_PPM,
  RESERVE_FLOOR_PPM,
  RESERVE_KNEE_PPM,
} from '../../limits.ts'
import { findLastClearing } from './clearing-store.ts'
import type { Supply } from './supply-service.ts'

const HOUR_MS = 3_600_000
const MILLION = 1_000_000

/** A price of plain spot as that of spot with a guarantee, rounded up. */
function withPremium(amount: Money, guaranteeHours: number): Money {
  const premium = guaranteeHours === 0 ? 0 : (GUARANTEE_PREMIUM_PPM[guaranteeHours] ?? MILLION)
  return picos((amount * BigInt(MILLION + premium) + BigInt(MILLION) - 1n) / BigInt(MILLION))
}

/**
 * The floor is what a GPU-hour costs, and a share of the list price where that is more; the ceiling is the list price.
 * With a guarantee both are higher by its premium.
 */
async function readRule(
  db: Db,
  poolName: string,
  { at, guaranteeHours }: { readonly at: Date; readonly guaranteeHours: number },
): Promise<ClearingRule> {
  const pool = present(await findPool(db, poolName), `the pool ${poolName}`)
  const sites = await listSites(db)
  const site = present(
    sites.find(({ name }) => name === pool.site),
    `the site ${pool.site}`,
  )
  const { price } = await getGpuPrice(db, { pool: poolName, tier: 'spot', at })
  const cost = marginalCostOf({ ...pool, ...site }, HOUR_MS)
  const share = picos((price.amount * BigInt(RESERVE_FLOOR_PPM)) / BigInt(MILLION))
  const floor = greatest(cost, share)
  return {
    floor: withPremium(floor, guaranteeHours),
    ceiling: withPremium(greatest(floor, price.amount), guaranteeHours),
    kneePpm: RESERVE_KNEE_PPM,
    movePpm: PRICE_MOVE_PPM,
    depthMin: CLEARING_DEPTH_MIN,
    mergesMax: CLEARING_MERGES_MAX,
    concentrationPpm: BUYER_SHARE_PPM,
    swapsMax: CLEARING_SWAPS_MAX,
  }
}

export interface Reserve {
  readonly rule: ClearingRule
  readonly utilisationPpm: number
  readonly previous: Money | null
  readonly reserve: Money
}

export async function readReserve(
  db: Db,
  pool: string,
  {
    supply,
    at,
    guaranteeHours = 0,
  }: { readonly supply: Supply; readonly at: Date; readonly guaranteeHours?: number },
): Promise<Reserve> {
  const rule = await readRule(db, pool, { at, guaranteeHours })
  const previous = (await findLastClearing(db, pool, guaranteeHours))?.price ?? null
  const { slotsTotal, slotsFree } = supply
  const used = slotsTotal - slotsFree
  const utilisationPpm = slotsTotal === 0 ? MILLION : Math.floor((used * MILLION) / slotsTotal)
  return { rule, utilisationPpm, previous, reserve: reserveOf(rule, { utilisationPpm, previous }) }
}
