/** A model's card in the catalog: what it is, who made it, under which licence, and which SKUs its tokens are. */
export interface Model {
  /** The name that requests carry. */
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly publisher: string
  readonly licence: string
  /** For trying the machinery; its words mean nothing. */
  readonly isToy: boolean
  /** It makes embeddings, and answers nothing else. */
  readonly isEmbedding: boolean
  readonly contextTokens: number
  readonly inputSku: string
  readonly outputSku: string
}
