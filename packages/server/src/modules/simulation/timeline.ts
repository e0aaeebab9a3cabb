/** What was held and wanted through the window, in equal steps: the mean of each. For charts. */
export interface Held {
  readonly anchor: number
  readonly spot: number
  /** What the owner wants, running or waiting. */
  readonly wanted: number
}

export const TIMELINE_STEPS = 124

export class Timeline {
  readonly stepS: number
  readonly #windowS: number
  readonly #sums = Array.from({ length: TIMELINE_STEPS }, () => ({ anchor: 0, spot: 0, wanted: 0 }))

  constructor(windowS: number) {
    this.#windowS = windowS
    this.stepS = windowS / TIMELINE_STEPS
  }

  hold(fromS: number, toS: number, held: Held): void {
    const endS = Math.min(toS, this.#windowS)
    for (let atS = Math.max(0, fromS); atS < endS;) {
      const step = Math.min(TIMELINE_STEPS - 1, Math.floor(atS / this.stepS))
      const untilS = step === TIMELINE_STEPS - 1 ? endS : Math.min(endS, (step + 1) * this.stepS)
      const sum = this.#sums[step]
      if (!sum || untilS <= atS) return
      sum.anchor += held.anchor * (untilS - atS)
      sum.spot += held.spot * (untilS - atS)
      sum.wanted += held.wanted * (untilS - atS)
      atS = untilS
    }
  }

  /** GPUs, the mean of each step. */
  means(what: keyof Held): readonly number[] {
    return this.#sums.map((sum) => sum[what] / this.stepS)
  }
}
