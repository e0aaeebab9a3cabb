/** A request to a model under an Idempotency-Key: what may become of it, and what a repetition is told. Types alone. */

/** Why a request that was charged has no answer to give again. */
export type SpentWhy =
  /** It broke off after output had been delivered. */
  | 'broken'
  /** The gateway that was at it ended. */
  | 'lost'
  | 'too_large'
  /** Newer answers of its organization took its place. */
  | 'crowded_out'

/** An answer as it went out. */
export interface KeptAnswer {
  readonly requestId: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface KeyedRequest {
  readonly organizationId: string
  /** Who asks: a key and those that take its place count as one. */
  readonly principalId: string
  readonly key: string
  /** What makes it this request and no other: the dialect, then the body. */
  readonly dialect: string
  readonly body: Uint8Array
  readonly requestId: string
}

/** The right to run a request, once. */
export interface Claim {
  readonly id: string
  readonly organizationId: string
  /** What it is charged as. */
  readonly eventId: string
  readonly requestId: string
}

export type Claiming =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'running' }
  | { readonly kind: 'other_request' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'spent'; readonly why: SpentWhy; readonly requestId: string }
  /** It cannot be known now whether the key was used. */
  | { readonly kind: 'unavailable' }

export type Outcome =
  /** Nothing was charged: the key is as if it had never been used. */
  | { readonly kind: 'free' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'spent'; readonly why: SpentWhy }
