/** One cell of a slot strip, ready to draw. */
export interface StripSlot {
  readonly id: string
  readonly node: string
  readonly index: number
  /** What fills the cell: a claim kind, or `free`. */
  readonly kind: string
  /** Leaving: drawn in the colour of what it was, hatched. */
  readonly isDraining: boolean
  /** Shown in large cells under the kind. */
  readonly caption: string
  /** The whole cell as a sentence, for screen readers. */
  readonly sentence: string
  readonly isDimmed: boolean
}
