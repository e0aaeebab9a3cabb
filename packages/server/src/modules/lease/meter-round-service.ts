/**
 * Meters together what is due together. While a round is being written, leases that come wait for the next, which takes
 * all of them: one transaction locks them, records their use, moves their cursors and fills their holds. Where that is
 * not all there is to a lease, or the round fails, each is left to its own step.
 */
import type { IdSource } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import { setHolds } from '#modules/ledger/index.ts'
import { postUsage } from '#modules/metering/index.ts'
import { type Db, inTransaction } from '#platform/db/database.ts'
import { holdNeeded } from './funding-service.ts'
import { isSoldByHour, type Lease, limitLeftMs } from './lease.ts'
import { stretchOf, usageOfStretch } from './meter.ts'
import { moveCursors } from './placing-store.ts'
import type { LeaseStepDeps, Rounds, Sighting } from './step-deps.ts'
import { lockLeases } from './store.ts'

interface Waiting extends Sighting {
  readonly settle: (after: Lease | null) => void
}

/** So many leases are locked by one round. */
const ROUND_MAX = 100

/** Whether nothing but the meter and the hold of a lease is to be seen to. */
function isPlain(lease: Lease): boolean {
  return lease.state === 'running' && lease.startedAt !== null && limitLeftMs(lease) === null
}

export class MeterRounds implements Rounds {
  #waiting: Waiting[] = []
  #isRunning = false

  meter(deps: LeaseStepDeps, { observed, until }: Sighting): Promise<Lease | null> {
    // Who was short of money would spoil the round of the others.
    if (!isPlain(observed) || deps.beat.isShort(observed.id)) return Promise.resolve(null)
    return new Promise((settle) => {
      this.#waiting.push({ observed, until, settle })
      if (!this.#isRunning) void this.#run(deps)
    })
  }

  async #run(deps: LeaseStepDeps): Promise<void> {
    this.#isRunning = true
    // Those whose steps began at the same instant come within this turn of the loop.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, ROUND_MAX)
      const metered = await meterTogether(deps, round).catch(() => NOBODY)
      for (const { observed, settle } of round) settle(metered.get(observed.id) ?? null)
    }
    this.#isRunning = false
  }
}

const NOBODY: ReadonlyMap<string, Lease> = new Map()

/** A balance cannot fill all holds: whose, and what that means for him, shows when each goes by himself. */
class Unfunded extends Error {}

/** Those that are metered now; whose attempt or state is another than was seen is not among them. */
async function meterTogether(
  deps: LeaseStepDeps,
  round: readonly Sighting[],
): Promise<ReadonlyMap<string, Lease>> {
  const { database, ids, beat } = deps
  const metered = await inTransaction(database, async (tx) => {
    const now = deps.now()
    const locked = await lockLeases(
      tx,
      round.map(({ observed }) => observed.id),
    )
    const due = round.flatMap(({ observed, until }) => {
      const lease = locked.get(observed.id)
      const isSame = lease?.attempt === observed.attempt && isPlain(lease)
      return isSame ? [{ lease, until }] : []
    })
    const after = await recordUse(tx, due, { now, ids })
    const holds = due.flatMap(({ lease }) => holdOf(lease, now))
    if (holds.length > 0 && !(await setHolds(tx, holds))) throw new Unfunded()
    return after
  })
  for (const { id } of metered) beat.note(id, true)
  return new Map(metered.map((lease) => [lease.id, lease]))
}

/** Gives the leases back as they are then. */
async function recordUse(
  tx: Db,
  due: readonly { readonly lease: Lease; readonly until: Date }[],
  context: { readonly now: Date; readonly ids: IdSource },
): Promise<readonly Lease[]> {
  const stretches = due.flatMap(({ lease, until }) => {
    const stretch = stretchOf(lease, { startedAt: lease.startedAt ?? until, until })
    return stretch === null ? [] : [{ lease, stretch }]
  })
  if (stretches.length === 0) return due.map(({ lease }) => lease)
  const events = stretches.flatMap(({ lease, stretch }) => usageOfStretch(lease, stretch))
  if (events.length > 0) await postUsage(tx, events, context)
  const moved = new Map(stretches.map(({ lease, stretch }) => [lease.id, stretch.to]))
  await moveCursors(tx, moved)
  return due.map(({ lease }) => ({
    ...lease,
    meteredUntil: moved.get(lease.id) ?? lease.meteredUntil,
  }))
}

/** What a lease should hold now; nothing where it is not sold by the hour. */
function holdOf(lease: Lease, now: Date): readonly { holdId: string; amount: Money }[] {
  const { holdId, kind, priceUsd } = lease
  if (holdId === null || priceUsd === null || !isSoldByHour(kind)) return []
  return [{ holdId, amount: holdNeeded(lease, priceUsd, now) }]
}
