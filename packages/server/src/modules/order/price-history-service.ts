/** Prices of a pool and tier over time: of spot from its clearings, of the other tiers from the list. */
import type { PricePoint, Tier } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { renderMoney } from '#kernel/money.ts'
import { listPriceChanges } from '#modules/catalog/index.ts'
import { gpuSku } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { PRICE_POINTS_MAX } from '../../limits.ts'
import { listPriceSpreads } from './clearing-store.ts'
import { type PriceSpan, spreadOf } from './price-spread.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** What is shown when nothing is said: so many steps. */
const STEPS = { hour: 24, day: 30 } as const

export interface HistoryWish {
  readonly pool: string
  readonly tier: Tier
  readonly per: 'hour' | 'day'
  readonly from: Date | null
  readonly to: Date
}

interface Steps {
  readonly from: Date
  readonly to: Date
  readonly stepMs: number
}

/** Whole hours or days of UTC that cover what was asked. */
function stepsOf({ per, from, to }: HistoryWish): Steps {
  const stepMs = per === 'hour' ? HOUR_MS : DAY_MS
  const endMs = Math.ceil(to.getTime() / stepMs) * stepMs
  const asked = from?.getTime() ?? endMs - STEPS[per] * stepMs
  const startMs = Math.floor(asked / stepMs) * stepMs
  const refuse = (message: string): never => {
    const field = 'query.from'
    throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
  }
  if (asked >= to.getTime()) refuse('is not before `to`')
  if ((endMs - startMs) / stepMs > PRICE_POINTS_MAX)
    refuse(`at most ${PRICE_POINTS_MAX} ${per}s are told at once`)
  return { from: new Date(startMs), to: new Date(endMs), stepMs }
}

type Told = Omit<PricePoint, 'from' | 'to'>

const NOTHING: Told = {
  ...{ p10UsdPerGpuHour: null, medianUsdPerGpuHour: null, p90UsdPerGpuHour: null },
  ...{ gpusOffered: 0, gpusSold: 0, clearings: 0 },
}

async function spotPoints(db: Db, pool: string, steps: Steps): Promise<ReadonlyMap<number, Told>> {
  const spreads = await listPriceSpreads(db, pool, steps)
  return new Map(
    spreads.map(({ fromMs, p10, median, p90, ...counts }) => [
      fromMs,
      {
        p10UsdPerGpuHour: renderMoney(p10),
        medianUsdPerGpuHour: renderMoney(median),
        p90UsdPerGpuHour: renderMoney(p90),
        ...counts,
      },
    ]),
  )
}

function listPoint(spans: readonly PriceSpan[], window: { fromMs: number; toMs: number }): Told {
  const spread = spreadOf(spans, window)
  if (spread === null) return NOTHING
  return {
    ...NOTHING,
    p10UsdPerGpuHour: renderMoney(spread.p10),
    medianUsdPerGpuHour: renderMoney(spread.median),
    p90UsdPerGpuHour: renderMoney(spread.p90),
  }
}

export async function listPoints(db: Db, wish: HistoryWish): Promise<PricePoint[]> {
  const steps = stepsOf(wish)
  const { pool, tier } = wish
  const isSpot = tier === 'spot'
  const spot = isSpot ? await spotPoints(db, pool, steps) : new Map<number, Told>()
  const changes = isSpot ? [] : await listPriceChanges(db, gpuSku(pool, tier), steps.to)
  const spans = changes.map(({ effectiveFrom, price }, at) => ({
    fromMs: effectiveFrom.getTime(),
    // What is still in force counts up to now, not beyond.
    toMs: changes[at + 1]?.effectiveFrom.getTime() ?? wish.to.getTime(),
    amount: price.amount,
  }))
  const count = (steps.to.getTime() - steps.from.getTime()) / steps.stepMs
  return Array.from({ length: count }, (_, index) => {
    const fromMs = steps.from.getTime() + index * steps.stepMs
    const toMs = fromMs + steps.stepMs
    const told = isSpot ? (spot.get(fromMs) ?? NOTHING) : listPoint(spans, { fromMs, toMs })
    return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), ...told }
  })
}
