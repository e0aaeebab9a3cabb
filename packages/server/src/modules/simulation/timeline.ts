/** What was held and wanted through the window, in equal steps: the mean of each. For charts. */
export interface Held {
  readonly anchor: number
  readonly spot: number
  /** What the owner wants, running or waiting. */
  readonly wanted: number
}

export const TIMELINE_STEPS = 124

export class Timeline<What extends string> {
  readonly stepS: number
  readonly #windowS: number
  readonly #sums: readonly { readonly what: What; readonly gpuS: Float64Array }[]

  constructor(windowS: number, whats: readonly What[]) {
    this.#windowS = windowS
    this.stepS = windowS / TIMELINE_STEPS
    this.#sums = whats.map((what) => ({ what, gpuS: new Float64Array(TIMELINE_STEPS) }))
  }

  hold(fromS: number, toS: number, held: Readonly<Record<What, number>>): void {
    const endS = Math.min(toS, this.#windowS)
    for (let atS = Math.max(0, fromS); atS < endS;) {
      const step = Math.min(TIMELINE_STEPS - 1, Math.floor(atS / this.stepS))
      const untilS = step === TIMELINE_STEPS - 1 ? endS : Math.min(endS, (step + 1) * this.stepS)
      if (untilS <= atS) return
      for (const { what, gpuS } of this.#sums)
        gpuS[step] = (gpuS[step] ?? 0) + held[what] * (untilS - atS)
      atS = untilS
    }
  }

  /** GPUs, the mean of each step. */
  means(what: What): readonly number[] {
    const { gpuS = [] } = this.#sums.find((each) => each.what === what) ?? {}
    return Array.from(gpuS, (sum) => sum / this.stepS)
  }
}
