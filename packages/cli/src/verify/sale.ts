/** A window under way: who has which room so far, and who was turned away. Types only. */
import type { Room } from './nodes.ts'

export interface Bid {
  readonly sequence: number
  readonly buyer: number
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
  readonly limit: bigint
}

type Why = 'below_reserve' | 'no_room' | 'concentration'

export interface Sale {
  readonly gpusMax: number
  readonly reserve: bigint
  /** By falling limit, then by arrival; none below the reserve. */
  readonly bids: readonly Bid[]
  readonly rooms: Map<Bid, Room>
  readonly refused: Map<Bid, Why>
  swaps: number
}
