/**
 * A slab: money of one organization that the ledger has set aside for this gateway, in one hold. Requests are admitted
 * against it in memory. The invariant that makes an overdraft impossible: what running requests may cost, and what
 * finished ones did cost, never pass what is held, as long as no request costs more than its worst case.
 */
import { assert } from '#kernel/assert.ts'
import { greatest, least, picos, type Money } from '#kernel/money.ts'

export interface Slab {
  /** All that was ever put into the hold. */
  readonly granted: Money
  /** Worst cases of the requests that run. */
  readonly reserved: Money
  /** What finished requests cost, whether posted yet or not. */
  readonly spent: Money
  readonly inFlight: number
}

export const EMPTY_SLAB: Slab = {
  granted: picos(0n),
  reserved: picos(0n),
  spent: picos(0n),
  inFlight: 0,
}

/** What may still be promised. Negative after a request cost more than it could have. */
export function free(slab: Slab): Money {
  return picos(slab.granted - slab.reserved - slab.spent)
}

/** Promises `worst` to a request, or null when there is not enough. */
export function reserve(slab: Slab, worst: Money): Slab | null {
  assert(worst >= 0n, 'a worst case is not negative')
  if (worst > free(slab)) return null
  return { ...slab, reserved: picos(slab.reserved + worst), inFlight: slab.inFlight + 1 }
}

/** The request has ended: its promise returns, its cost stays. */
export function settle(slab: Slab, worst: Money, cost: Money): Slab {
  assert(slab.inFlight > 0 && slab.reserved >= worst && cost >= 0n, 'a request is settled once')
  return {
    ...slab,
    reserved: picos(slab.reserved - worst),
    spent: picos(slab.spent + cost),
    inFlight: slab.inFlight - 1,
  }
}

export function grow(slab: Slab, amount: Money): Slab {
  assert(amount >= 0n, 'a slab only grows; it shrinks by being closed')
  return { ...slab, granted: picos(slab.granted + amount) }
}

export interface SlabPolicy {
  /** What a slab has free at most without need, in a large balance. */
  readonly stockMax: Money
  /** The same in a small one: below this, sharing is not worth the trips to the ledger. */
  readonly stockMin: Money
  /** The share of what is available that one gateway takes without need, as a divisor. */
  readonly shareDivisor: bigint
}

const CENT = 10_000_000_000n
export const SLAB_POLICY: SlabPolicy = {
  stockMax: picos(200n * CENT),
  stockMin: picos(5n * CENT),
  shareDivisor: 16n,
}

/** What a slab should have free beyond what requests wait for: modest, so that gateways and leases share a balance. */
export function stockOf(available: Money, policy: SlabPolicy): Money {
  const share = picos(available / policy.shareDivisor)
  return least(available, least(policy.stockMax, greatest(policy.stockMin, share)))
}

/** How much to ask of the ledger: what the waiting requests need and the stock, never more than there is. */
export function refillAmount(
  slab: Slab,
  {
    waiting,
    available,
    stock,
  }: {
    /** Sum of the worst cases that wait for room. */
    readonly waiting: Money
    readonly available: Money
    readonly stock: Money
  },
): Money {
  const wanted = picos(waiting + stock - free(slab))
  return greatest(picos(0n), least(wanted, available))
}

/** Whether to fetch more before somebody has to wait for it. `stock` is what the last refill aimed at. */
export function isLow(slab: Slab, stock: Money): boolean {
  return free(slab) * 2n < stock
}
