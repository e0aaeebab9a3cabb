/**
 * What may be sold of a pool now, tier by tier, each firmer one a part of the looser ones: reserved from the far end of
 * the peak over its time, spot with a promise of so many hours from the seller, plain spot from what is likelier than not,
 * and flex from all that is idle. A forecast that falls back has no say in plain spot. Only what can be placed counts. Pure.
 */
import { type Distribution, quantileOf } from '../forecast/distribution.ts'
import type { FallbackReason } from '../forecast/fallback.ts'

/** GPUs that could be handed out now as gangs of a size, by how the free slots lie. */
export interface Placeable {
  readonly gangGpus: number
  readonly gpus: number
}

export interface HorizonPeak {
  readonly hours: number
  readonly peak: Distribution
  /** What the seller would promise for these hours; null where it promises nothing of the kind. */
  readonly offered: number | null
}

export interface SurplusInput {
  readonly capacity: number
  /** What the owner asks for at present. */
  readonly now: number
  /** Shortest first. */
  readonly horizons: readonly HorizonPeak[]
  readonly fallback: FallbackReason | 'outdated' | null
  /** How much of a promise is sold, by what lately broke and waited: see `nextEta`. */
  readonly eta: number
  readonly placeable: readonly Placeable[]
}

export type SurplusTier = 'reserved' | 'guaranteed' | 'spot' | 'flex'

/** What may be sold in a tier. */
export interface TierSurplus {
  readonly tier: SurplusTier
  /** For how long it is promised; null where it is not. */
  readonly hours: number | null
  /** By the forecast alone. */
  readonly gpus: number
  /** Of that, what can be placed at all, and as gangs of each size. */
  readonly placeableGpus: number
  readonly gangs: readonly Placeable[]
}

const RESERVED_LEVEL = 0.99
const SPOT_LEVEL = 0.5

function asTier(
  tier: SurplusTier,
  gpus: number,
  { hours, placeable }: { readonly hours: number | null; readonly placeable: readonly Placeable[] },
): TierSurplus {
  const whole = Math.max(0, Math.floor(gpus))
  const gangs = placeable.map(({ gangGpus, gpus: free }) => {
    const most = Math.min(whole, free)
    return { gangGpus, gpus: most - (most % gangGpus) }
  })
  const placeableGpus = Math.max(0, ...gangs.map((gang) => gang.gpus))
  return { tier, hours, gpus: whole, placeableGpus, gangs }
}

/** From firm to loose. */
export function surplusOf(input: SurplusInput): readonly TierSurplus[] {
  const { capacity, now, horizons, fallback, eta, placeable } = input
  const beyond = (peak: Distribution, level: number) =>
    Math.max(0, capacity - quantileOf(peak, level))
  const idle = Math.max(0, capacity - now)
  const [shortest, longest] = [horizons[0], horizons.at(-1)]
  const loose = (['spot', 'flex'] as const).map((tier) =>
    asTier(tier, idle, { hours: null, placeable }),
  )
  if (!shortest || !longest) return loose
  // What was not learned, or has been wrong of late, promises nothing for good.
  let firmer = fallback === null ? Math.min(idle, beyond(longest.peak, RESERVED_LEVEL)) : 0
  const tiers = [asTier('reserved', firmer, { hours: longest.hours, placeable })]
  for (const { hours, offered } of horizons.toReversed()) {
    if (offered === null) continue
    firmer = Math.max(firmer, Math.min(idle, eta * offered))
    tiers.push(asTier('guaranteed', firmer, { hours, placeable }))
  }
  // Then the forecast has no say in what is sold without a promise either.
  if (fallback !== null) return [...tiers, ...loose]
  firmer = Math.max(firmer, Math.min(idle, beyond(shortest.peak, SPOT_LEVEL)))
  tiers.push(asTier('spot', firmer, { hours: null, placeable }))
  tiers.push(asTier('flex', idle, { hours: null, placeable }))
  return tiers
}

export interface Feedback {
  /** Of the promises that came to their end lately, those that broke. Null where none came to an end. */
  readonly breachShare: number | null
  /** How long the first of those who wait for a promise has waited. */
  readonly headWaitMs: number
}

/** Of promises, what may break before fewer are made. */
const BREACH_SHARE_FELT = 0.1
const ETA_MIN = 0.1
const ETA_MAX = 1
const WAIT_MS = 3_600_000

/** Sells less of its promises when too many broke, and more again when few did and somebody waits. */
export function nextEta(eta: number, { breachShare, headWaitMs }: Feedback): number {
  const budget = BREACH_SHARE_FELT
  if (breachShare === null) return eta
  const within = (next: number) => Math.min(ETA_MAX, Math.max(ETA_MIN, next))
  if (breachShare >= 1.5 * budget) return within((eta * budget) / breachShare)
  if (breachShare <= 0.5 * budget && headWaitMs > WAIT_MS)
    return within(eta * (1.5 - breachShare / budget))
  return eta
}
