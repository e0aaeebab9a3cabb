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
  PRICE_MOVE_PPM,
  RESERVE_FLOOR_PPM,
  RESERVE_KNEE_PPM,
} from '../../limits.ts'
import { findLastClearing } from './clearing-store.ts'
import type { Supply } from './supply-service.ts'

const HOUR_MS = 3_600_000
const MILLION = 1_000_000

/** The floor is what a GPU-hour costs, and a share of the list price where that is more; the ceiling is the list price. */
export async function readRule(db: Db, poolName: string, at: Date): Promise<ClearingRule> {
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
    floor,
    ceiling: greatest(floor, price.amount),
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
  { supply, at }: { readonly supply: Supply; readonly at: Date },
): Promise<Reserve> {
  const rule = await readRule(db, pool, at)
  const previous = (await findLastClearing(db, pool))?.price ?? null
  const { slotsTotal, slotsFree } = supply
  const used = slotsTotal - slotsFree
  const utilisationPpm = slotsTotal === 0 ? MILLION : Math.floor((used * MILLION) / slotsTotal)
  return { rule, utilisationPpm, previous, reserve: reserveOf(rule, { utilisationPpm, previous }) }
}
