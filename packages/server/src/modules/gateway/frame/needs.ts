/** What a request asks of whoever answers it, for routing. */
export interface Needs {
  readonly tools: boolean
  /** Something other than text is in the prompt. */
  readonly images: boolean
  /** The service tier that was asked for; null: none in particular. */
  readonly tier: string | null
}
