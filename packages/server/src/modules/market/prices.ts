/** Prices of GPU time per pool and kind. Simple now: the list in force; an auction replaces this. */
import type { Tier } from '@spillway/contract'
import type { Price } from '#kernel/money.ts'
import { getPriceInForce } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'

export const TIERS = ['on_demand', 'spot', 'flex'] as const satisfies readonly Tier[]

/** The SKU under which a pool's GPU time of a tier is sold. */
export function gpuSku(pool: string, tier: Tier): string {
  return `gpu.${pool}.${tier}`
}

/** The SKU of what the auction of a pool sells: the price of each window is one of its prices. */
export function auctionSku(pool: string, guaranteeHours = 0): string {
  return `gpu.${pool}.spot.${guaranteeHours === 0 ? 'auction' : `guaranteed-${guaranteeHours}h`}`
}

/** The SKU of a pool's blocks: what each was sold at is one of its prices. */
export function blockSku(pool: string): string {
  return `gpu.${pool}.reserved`
}

/** The SKU of what blocks cost that were cancelled: each once, at a price of its own. */
export function cancelledBlockSku(pool: string): string {
  return `gpu.${pool}.cancelled`
}

/** The SKU of time within a block, which the block has paid: its price is nothing. */
export function inBlockSku(pool: string): string {
  return `gpu.${pool}.in_block`
}

/** The price of a pool's GPU time of a tier at an instant, with its id for the meter. */
export function getGpuPrice(
  db: Db,
  { pool, tier, at }: { readonly pool: string; readonly tier: Tier; readonly at: Date },
): Promise<{ readonly id: string; readonly price: Price }> {
  return getPriceInForce(db, gpuSku(pool, tier), at)
}
