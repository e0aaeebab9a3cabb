/** A tenant while the live market is simulated: whether it waits, where it runs, what is left to do and what it paid. */
import { type Money, ZERO } from '#kernel/money.ts'
import type { Holder, NodeSlots } from '#modules/market/index.ts'
import type { SoldTier, Tenant } from './tenant.ts'
import { tierOf } from './tenant.ts'

export interface LiveRun {
  readonly startedS: number
  /** Seconds at its beginning in which nothing is done: the restart of what was taken back. */
  readonly overheadS: number
  readonly endS: number
  readonly placements: readonly NodeSlots[]
  readonly priceUsd: Money | null
  /** As the snapshot has it, one for each node. */
  holders: readonly Holder[]
  /** When its notice runs out; null while nobody takes it back. */
  stopS: number | null
}

export type StayState =
  /** Its order waits for a window. */
  | 'ordered'
  /** Its lease waits for slots. */
  | 'wanting'
  | 'running'
  | 'draining'
  | 'ended'
  /** It went elsewhere. */
  | 'left'

export class Stay {
  readonly tenant: Tenant
  readonly tier: SoldTier | null
  state: StayState = 'ordered'
  /** Given when its lease is made, in that order. */
  leaseId = ''
  createdMs = 0
  orderedS = 0
  noticedS = -1
  /** Agreed in a window; null: the list price. */
  agreedUsd: Money | null = null
  leftS: number
  restartS = 0
  waitingSinceS: number
  queuedS = 0
  runs = 0
  evictions = 0
  run: LiveRun | null = null
  finishedS: number | null = null
  revenueUsd = ZERO
  /** Reclaims in the month of the last one, for the cap of its terms. */
  reclaims = { month: '', count: 0 }

  constructor(tenant: Tenant) {
    this.tenant = tenant
    this.tier = tierOf(tenant)
    this.leftS = tenant.durationS
    this.waitingSinceS = Math.max(0, tenant.submitS)
  }
}
