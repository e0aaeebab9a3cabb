/** Who else wants GPUs of a pool of the simulated market by the hour at which worth, and what there is for them: as live. Pure. */
import { type Money, ZERO } from '#kernel/money.ts'
import type { Worth } from '#modules/market/index.ts'
import type { LiveMarket } from './live-market.ts'
import type { LivePool } from './live-pool.ts'
import { freeForSpot, reserveNow } from './window.ts'

export interface HourLine {
  readonly worths: readonly Worth[]
  /** Free, or with somebody who pays by the hour or earns by the token. */
  readonly gpus: number
  readonly gpusFree: number
  readonly reserve: Money
}

export function hourLine(market: LiveMarket, pool: LivePool): HourLine {
  const worths: Worth[] = []
  let sold = 0
  for (const { tenant, run } of market.running) {
    const { kind, gpus } = tenant
    if (tenant.pool !== pool.plan.name || kind === 'anchor') continue
    sold += gpus
    if (kind !== 'serving') worths.push({ kind, name: null, gpus, worth: run?.priceUsd ?? ZERO })
  }
  for (const { tenant } of pool.orders)
    worths.push({ kind: 'order', name: null, gpus: tenant.gpus, worth: tenant.limit ?? ZERO })
  return {
    ...{ worths, gpus: pool.book.freeTotal + sold, gpusFree: freeForSpot(market, pool) },
    reserve: reserveNow(market, pool, 0).reserve,
  }
}
