/**
 * An order: what somebody wants to have and pays at most. Types and rules; no I/O, no clock.
 *
 * pending → standing → filled | cancelled | rejected | expired. An open order has its money held and no slots.
 */
import type { OrderState, OrderTier } from '@spillway/contract'
import { type Money, renderMoney } from '#kernel/money.ts'

export interface Order {
  readonly id: string
  readonly sequence: number
  readonly organizationId: string
  readonly projectId: string
  readonly tier: OrderTier
  readonly state: OrderState
  readonly pool: string
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
  /** Of spot: for so many hours from its start it is not taken back; 0: no such promise. */
  readonly guaranteeHours: number
  readonly limit: Money | null
  readonly holdId: string | null
  readonly leaseId: string | null
  readonly clearingId: string | null
  readonly priceUsd: Money | null
  /** How it stands, as a sentence. */
  readonly text: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly closedAt: Date | null
}

export function isOpen({ state }: Pick<Order, 'state'>): boolean {
  return state === 'pending' || state === 'standing'
}

/** On demand, in line until free room holds all of it. Only such a one of its tier ever stands. */
export function isInLine({ tier, expiresAt }: Pick<Order, 'tier' | 'expiresAt'>): boolean {
  return tier === 'on_demand' && expiresAt !== null
}

/** The last instant at which a window ended. */
export function windowEndBefore(nowMs: number, windowMs: number): number {
  return Math.floor(nowMs / windowMs) * windowMs
}

/** When the window that is open now will end. */
export function windowEndAfter(nowMs: number, windowMs: number): number {
  return windowEndBefore(nowMs, windowMs) + windowMs
}

type Refusal = 'below_reserve' | 'no_room' | 'concentration'

/** Why an order stands, for its owner. */
export function renderRefusal(
  why: Refusal,
  { reserve, price }: { readonly reserve: Money; readonly price: Money },
): string {
  switch (why) {
    case 'below_reserve':
      return `Its limit is below the reserve of $${renderMoney(reserve)}; it stands for the next window.`
    case 'no_room':
      return `No room for all of it at $${renderMoney(price)} per GPU-hour; it stands for the next window.`
    case 'concentration':
      return 'Its buyer has its share of the window already; it stands for the next.'
  }
}
