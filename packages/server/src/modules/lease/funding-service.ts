/**
 * Money for a lease: what is held before it starts, kept ahead while it runs, and when it must end for want of it.
 * The hold always covers the tail: notice and grace of a lease that has to go still cost its owner, not the operator.
 */
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { type Money, type Price, renderMoney, ZERO } from '#kernel/money.ts'
import {
  createHold,
  createHolds,
  growHold,
  listOpenHolds,
  setHold,
  setHolds,
} from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { LEASE_HOLD_AHEAD_MS } from '../../limits.ts'
import {
  costAhead,
  GPU_MS_PER_HOUR,
  holdAheadMs,
  isSoldByHour,
  type Lease,
  tailMs,
} from './lease.ts'

function hourly(amount: Money): Price {
  return { amount, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' }
}

/** What a lease should hold now, at a price per GPU-hour. */
export function holdNeeded(
  lease: Parameters<typeof holdAheadMs>[0] & Pick<Lease, 'gpus'>,
  priceUsd: Money,
  now: Date,
): Money {
  return costAhead(
    hourly(priceUsd),
    lease.gpus,
    holdAheadMs(lease, now.getTime(), LEASE_HOLD_AHEAD_MS),
  )
}

/** What the notice and the grace of a lease may cost. */
function tailCost(lease: Lease): Money {
  const priceUsd = present(lease.priceUsd, 'the price of a lease that runs')
  return costAhead(hourly(priceUsd), lease.gpus, tailMs(lease))
}

interface Opening {
  readonly priceUsd: Money
  readonly now: Date
  readonly ids: IdSource
}

function insufficient(needed: Money, available: Money): Fault {
  const [neededUsd, availableUsd] = [renderMoney(needed), renderMoney(available)]
  return new Fault(
    'balance.insufficient',
    `This needs $${neededUsd} held for its first minutes, its notice and its grace, but $${availableUsd} is available.`,
    { details: { neededUsd, availableUsd } },
  )
}

/** Holds what the first stretch may cost. Throws `balance.insufficient`, naming both amounts. */
export async function openHold(
  tx: Db,
  lease: Lease,
  { priceUsd, now, ids }: Opening,
): Promise<string> {
  const amount = holdNeeded(lease, priceUsd, now)
  const { organizationId } = lease
  const hold = { organizationId, amount, purpose: 'lease' as const, reference: lease.id }
  const outcome = await createHold(tx, { ...hold, now, ids })
  if (outcome.kind === 'held') return outcome.holdId
  throw insufficient(amount, outcome.available)
}

/** The same for several by sets: all are held or none, and then it is said which of them cannot be paid. */
export async function openHolds(
  tx: Db,
  openings: readonly { readonly lease: Lease; readonly priceUsd: Money }[],
  { now, ids }: Omit<Opening, 'priceUsd'>,
): Promise<
  | { readonly kind: 'held'; readonly holdIds: readonly string[] }
  | { readonly kind: 'refused'; readonly lease: Lease; readonly fault: Fault }
> {
  const wanted = openings.map(({ lease, priceUsd }) => ({
    ...{ organizationId: lease.organizationId, reference: lease.id },
    amount: holdNeeded(lease, priceUsd, now),
  }))
  const outcome = await createHolds(tx, wanted, { purpose: 'lease', now, ids })
  if (outcome.kind === 'held') return outcome
  const { amount } = present(wanted[outcome.index], 'the hold that was refused')
  const { lease } = present(openings[outcome.index], 'the lease of a hold that was refused')
  return { kind: 'refused', lease, fault: insufficient(amount, outcome.available) }
}

/** Whether the balances can pay for these starts at their prices; then the holds are made to fit, otherwise none is. */
export async function fundStarts(
  tx: Db,
  starts: readonly { readonly lease: Lease; readonly priceUsd: Money }[],
  now: Date,
): Promise<boolean> {
  const wanted = starts.flatMap(({ lease, priceUsd }) =>
    lease.holdId === null
      ? []
      : [{ holdId: lease.holdId, amount: holdNeeded(lease, priceUsd, now) }],
  )
  return wanted.length === 0 || (await setHolds(tx, wanted))
}

/** What is left of a lease's hold. */
async function holdLeft(tx: Db, lease: Lease): Promise<Money> {
  const holds = await listOpenHolds(tx, 'lease', [lease.id])
  return holds.find((hold) => hold.holdId === lease.holdId)?.amount ?? ZERO
}

/**
 * Keeps the hold ahead of a lease that has processes. When the balance cannot fill it, everything that is available
 * goes in; only when what is then left no longer covers more than the tail is the lease out of money.
 */
export async function extendHold(
  tx: Db,
  lease: Lease,
  now: Date,
): Promise<'full' | 'short' | 'exhausted'> {
  if (lease.holdId === null || !isSoldByHour(lease.kind)) return 'full'
  const amount = holdNeeded(lease, present(lease.priceUsd, 'the price of a lease that runs'), now)
  const { holdId } = lease
  const outcome = await setHold(tx, { holdId, amount })
  if (outcome.kind === 'held') return 'full'
  if (outcome.available > 0n) await growHold(tx, { holdId, by: outcome.available })
  return (await holdLeft(tx, lease)) > tailCost(lease) ? 'short' : 'exhausted'
}
