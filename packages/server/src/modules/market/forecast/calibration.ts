/**
 * Online calibration: where the peaks that came lay in the distributions that were forecast. Pure. Levels at which
 * peaks came more often than the forecast said gain weight, newer peaks more than older ones; with few of them the
 * forecast is believed as it stands.
 */
import { type Distribution, LEVELS } from './distribution.ts'

/** The chance that a peak lies below the first level's value, between each two, and above the last. */
export const NOMINAL: Float64Array = Float64Array.from(
  { length: LEVELS.length + 1 },
  (_, part) => (LEVELS[part] ?? 1) - (LEVELS[part - 1] ?? 0),
)

/** The part of a distribution in which a value lies: one of `NOMINAL`. */
export function partOf(distribution: Distribution, value: number): number {
  const above = distribution.findIndex((each) => each >= value - 1e-9)
  return above < 0 ? distribution.length : above
}

export interface CalibrationSettings {
  /** A peak this old counts half as much as one of now. */
  readonly halfLifeHours: number
  /** How many peaks the forecast itself counts as. */
  readonly prior: number
}

export const CALIBRATION: CalibrationSettings = { halfLifeHours: 336, prior: 100 }

/** Learns the true chances of the parts from the peaks as they come. */
export class Calibration {
  readonly #settings: CalibrationSettings
  readonly #seen = new Float64Array(NOMINAL.length)
  #count = 0

  constructor(settings: CalibrationSettings = CALIBRATION) {
    this.#settings = settings
  }

  /** The peaks of one hour, of all pools, by the part in which each came. */
  learn(parts: readonly number[]): void {
    const kept = 0.5 ** (1 / this.#settings.halfLifeHours)
    for (let part = 0; part < this.#seen.length; part++)
      this.#seen[part] = (this.#seen[part] ?? 0) * kept
    this.#count *= kept
    if (parts.length === 0) return
    for (const part of parts) this.#seen[part] = (this.#seen[part] ?? 0) + 1 / parts.length
    this.#count += 1
  }

  /** The chance of each part. They sum to one. */
  chances(): Float64Array {
    const { prior } = this.#settings
    return NOMINAL.map((share, part) => {
      return ((this.#seen[part] ?? 0) + prior * share) / (this.#count + prior)
    })
  }
}

/** The value of a calibrated distribution at a level. */
export function calibratedQuantile(
  distribution: Distribution,
  chances: Float64Array,
  level: number,
): number {
  let below = 0
  for (let part = 0; part < distribution.length; part++) {
    const chance = chances[part] ?? 0
    const high = distribution[part] ?? 0
    if (below + chance >= level - 1e-12) {
      const low = distribution[part - 1] ?? high
      return chance > 0 ? low + ((level - below) / chance) * (high - low) : high
    }
    below += chance
  }
  return distribution.at(-1) ?? Number.NaN
}
