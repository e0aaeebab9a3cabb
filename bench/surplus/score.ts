/** How a rule did over a stretch of hours, by the measures of the protocol. */
import { type DemandSeries, peakAfter } from '../../packages/server/src/modules/market/index.ts'
import { HORIZON } from './rules.ts'

/** The hours that are measured, both included. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** What a rule decided for a pool in an hour. */
export interface Decision {
  /** GPUs sold for the four hours to come. */
  readonly sold: number
  /** GPUs kept for the owner: what the pinball and the cover are of. */
  readonly reserve: number
}

export type Decide = (pool: number, hour: number) => Decision

export type Score = Readonly<{
  sold_share: number
  over_sold_share: number
  breach_share: number
  pinball_90: number
  cover: number
}>

const LEVEL = 0.9

class Sums {
  spare = 0
  sold = 0
  kept = 0
  over = 0
  breaches = 0
  covered = 0
  pinball = 0
  hours = 0

  add({ sold, reserve }: Decision, peak: number, capacity: number): void {
    const spare = Math.max(0, capacity - peak)
    this.spare += spare
    this.sold += sold
    this.kept += Math.min(sold, spare)
    this.over += Math.max(0, sold - spare)
    if (sold > spare + 1e-9) this.breaches++
    if (reserve >= peak - 1e-9) this.covered++
    this.pinball += peak >= reserve ? LEVEL * (peak - reserve) : (1 - LEVEL) * (reserve - peak)
    this.hours++
  }
}

export function score(all: readonly DemandSeries[], { from, to }: Stretch, decide: Decide): Score {
  const pools = all.map((series, pool) => {
    const sums = new Sums()
    for (let hour = from; hour <= to; hour++)
      sums.add(decide(pool, hour), peakAfter(series, hour, HORIZON), series.capacity)
    return sums
  })
  const total = (pick: (sums: Sums) => number) => pools.reduce((sum, each) => sum + pick(each), 0)
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0)
  return {
    sold_share: share(
      total((sums) => sums.kept),
      total((sums) => sums.spare),
    ),
    over_sold_share: share(
      total((sums) => sums.over),
      total((sums) => sums.sold),
    ),
    breach_share: share(
      total((sums) => sums.breaches),
      total((sums) => sums.hours),
    ),
    pinball_90: total((sums) => share(sums.pinball, sums.hours)),
    cover: share(
      total((sums) => sums.covered),
      total((sums) => sums.hours),
    ),
  }
}

/** What follows from a reserve: all the rest is sold. */
export function sellBeyond(reserve: number, capacity: number): Decision {
  return { reserve, sold: Math.max(0, Math.min(capacity, capacity - reserve)) }
}
