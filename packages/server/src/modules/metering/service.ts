/**
 * Posts usage: dedup, cumulative rating, ledger and balances in the caller's transaction. Everything of it commits or
 * nothing does, so a repetition after any crash finds the event's key and does nothing.
 */
import { assert, present } from '#kernel/assert.ts'
import type { IdSource } from '#kernel/ids.ts'
import { ZERO, type Money } from '#kernel/money.ts'
import { listPrices } from '#modules/catalog/index.ts'
import { postCharges } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { insertDetails } from './detail-store.ts'
import { amountsOf, rateEvents, type Rating } from './rating.ts'
import {
  findEvents,
  insertEvents,
  lockHours,
  openHours,
  updateHours,
  type LockedTotal,
  type StoredLine,
} from './store.ts'
import {
  assertUsageEvent,
  keyOf,
  renderKey,
  type UsageEvent,
  type UsageHourKey,
  type UsageTask,
} from './usage-event.ts'

export interface PostUsageDeps {
  readonly now: Date
  readonly ids: IdSource
  /** Told of the events that are posted now and were not before, in the same transaction. */
  readonly onFresh?: (tx: Db, events: readonly UsageEvent[]) => Promise<void>
  /** Told of those of them that are attempts of a task, with what each was charged, in the same transaction. */
  readonly onTasked?: (tx: Db, events: readonly TaskedUsage[]) => Promise<void>
}

/** An event of a task, with what the ledger charged for it. */
export interface TaskedUsage {
  readonly event: UsageEvent
  readonly task: UsageTask
  readonly amount: Money
}

export interface PostedUsage {
  /** Events that were new. */
  readonly posted: number
  /** Events that were posted before, or came twice. */
  readonly duplicates: number
  /** Duplicates that say something else than the first of their id, which stays. */
  readonly conflicts: number
  readonly charged: Money
}

/** Posts events that may or may not have been posted before. Those without lines are charged nothing. */
export async function postUsage(
  tx: Db,
  events: readonly UsageEvent[],
  deps: PostUsageDeps,
): Promise<PostedUsage> {
  for (const event of events) assertUsageEvent(event)
  const used = events.filter(({ lines }) => lines.length > 0)
  const unique = new Map(used.toReversed().map((event) => [event.id, event]))
  // Sorted, so that two transactions with the same events wait for each other in one order.
  const batch = [...unique.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (batch.length === 0) return { posted: 0, duplicates: 0, conflicts: 0, charged: ZERO }
  const kept = await insertEvents(tx, batch)
  const fresh = batch.filter(({ id }) => kept.has(id))
  const conflicts = await countConflicts(
    tx,
    used.filter((event) => unique.get(event.id) !== event || !kept.has(event.id)),
  )
  await insertDetails(tx, fresh)
  const charged = fresh.length === 0 ? ZERO : await charge(tx, fresh, deps)
  await deps.onFresh?.(tx, fresh)
  return { posted: fresh.length, duplicates: used.length - fresh.length, conflicts, charged }
}

/** Rates new events on top of what was used before, and posts the difference. */
async function charge(tx: Db, events: readonly UsageEvent[], deps: PostUsageDeps): Promise<Money> {
  const prices = await listPrices(tx, [
    ...new Set(events.flatMap(({ lines }) => lines.map(({ priceId }) => priceId))),
  ])
  const before = await lockTotals(tx, events)
  const { totals, charges } = rateEvents(events, { prices, totals: before })
  const changed = [...before].map(([text, { rowId }]) => {
    const { quantity, amount } = present(totals.get(text), 'the total of a key')
    return { rowId, quantity, amount }
  })
  await updateHours(tx, changed)
  if (deps.onTasked !== undefined && events.some(({ task }) => task !== undefined))
    await deps.onTasked(tx, taskedOf(events, amountsOf(events, charges)))
  return postCharges(tx, chargesOf(events, charges), deps)
}

function taskedOf(
  events: readonly UsageEvent[],
  amounts: ReadonlyMap<string, Money>,
): readonly TaskedUsage[] {
  return events.flatMap((event) =>
    event.task === undefined
      ? []
      : [{ event, task: event.task, amount: present(amounts.get(event.id), 'what was charged') }],
  )
}

/** The totals under every key that the events touch, locked in the order of the keys. */
async function lockTotals(
  tx: Db,
  events: readonly UsageEvent[],
): Promise<ReadonlyMap<string, LockedTotal>> {
  const byText = new Map<string, UsageHourKey>()
  for (const event of events)
    for (const line of event.lines) {
      const text = renderKey(event, line)
      if (!byText.has(text)) byText.set(text, keyOf(event, line))
    }
  const sorted = [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const keys = sorted.map(([, key]) => key)
  const found = await lockHours(tx, keys)
  const missing = keys.filter((_, index) => found[index] === null)
  const all = missing.length === 0 ? found : await openAndLock(tx, keys, missing)
  return new Map(sorted.map(([text], index) => [text, present(all[index], 'the row of an hour')]))
}

/** Rows that do not exist yet are made, then all are locked. */
async function openAndLock(
  tx: Db,
  keys: readonly UsageHourKey[],
  missing: readonly UsageHourKey[],
): Promise<readonly (LockedTotal | null)[]> {
  await openHours(tx, missing)
  return lockHours(tx, keys)
}

/**
 * One ledger transaction per organization. Its source names the first of the events that it is for: an event is posted
 * once, so no other transaction can ever have that source.
 */
function chargesOf(events: readonly UsageEvent[], charges: Rating['charges']) {
  const first = new Map(events.toReversed().map(({ organizationId, id }) => [organizationId, id]))
  return [...charges]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([organizationId, own]) => ({
      organizationId,
      source: `usage:${present(first.get(organizationId), 'an event of the organization')}`,
      charges: own,
    }))
}

/** How many repetitions differ from what was kept. */
async function countConflicts(tx: Db, repeated: readonly UsageEvent[]): Promise<number> {
  if (repeated.length === 0) return 0
  const stored = Map.groupBy(
    await findEvents(tx, [...new Set(repeated.map(({ id }) => id))]),
    ({ id }) => id,
  )
  return repeated.filter((event) => !isSame(event, stored.get(event.id) ?? [])).length
}

function isSame(event: UsageEvent, stored: readonly StoredLine[]): boolean {
  assert(stored.length > 0, 'a repeated event was kept before')
  if (stored.length !== event.lines.length) return false
  return event.lines.every(({ sku, priceId, quantity }, index) => {
    const line = stored[index]
    if (line === undefined || line.sku !== sku || line.priceId !== priceId) return false
    if (line.from.getTime() !== event.from.getTime()) return false
    return line.quantity === quantity && line.to.getTime() === event.to.getTime()
  })
}
