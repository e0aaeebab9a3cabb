/** A usage event: one metered thing, whose id its producer makes, and which is charged once. Pure. */
import { assert } from '#kernel/assert.ts'
import type { Money } from '#kernel/money.ts'

/** Of which task, as its caller named it, an event is an attempt. */
export interface UsageTask {
  readonly id: string
  /** The model that was asked for; `resource` is the one that answered. */
  readonly asked: string
  /** Of the route it went by; null: none. */
  readonly routeVersion: number | null
  /** How many servers were asked until one answered. */
  readonly tries: number
}

export interface UsageLine {
  readonly sku: string
  readonly priceId: string
  /** Whole base units of the SKU. */
  readonly quantity: bigint
}

/** A request's tokens, or a stretch of a lease. */
export interface UsageEvent {
  /** A UUID, better time-ordered; the same thing always has the same one. */
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  /** The lease or the model. */
  readonly resource: string
  /** The hold that pays first. */
  readonly holdId: string | null
  /** The event belongs to the UTC hour of this instant. */
  readonly from: Date
  readonly to: Date
  /** What is entered beside the charge: what it cost as it was set aside, under these leases on budgets. */
  readonly budgets?: { readonly leaseIds: readonly string[]; readonly cost: Money }
  /** Without lines nothing was used: it is charged nothing and leaves no trace. */
  readonly lines: readonly UsageLine[]
  /** How it came about, as one line of JSON, where there is something to say. Nothing is charged by it. */
  readonly detail?: string
  /** Absent: its caller named none. Nothing is charged by it. */
  readonly task?: UsageTask
  /** Its line of the request log, for whoever keeps that. Nothing is charged by it. */
  readonly note?: string
}

/** What quantities are added up by. */
export interface UsageHourKey {
  readonly organizationId: string
  readonly projectId: string
  readonly sku: string
  readonly priceId: string
  readonly resource: string
  /** Start of the UTC hour. */
  readonly hour: Date
}

const HOUR_MS = 3_600_000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const QUANTITY_MAX = 2n ** 63n - 1n
const LINES_MAX = 1_000
const DETAIL_CHARACTERS_MAX = 64 * 1024

/** The start of the UTC hour that an event belongs to. */
export function hourOf(event: Pick<UsageEvent, 'from'>): Date {
  return startOfHour(event.from)
}

export function startOfHour(at: Date): Date {
  return new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)
}

/** A text that is equal for equal keys, and sorts them. */
export function renderKey(event: UsageEvent, { sku, priceId }: UsageLine): string {
  const hour = Math.floor(event.from.getTime() / HOUR_MS)
  return `${event.organizationId}\n${event.projectId}\n${sku}\n${priceId}\n${event.resource}\n${hour}`
}

/** The key of a line. */
export function keyOf(event: UsageEvent, { sku, priceId }: UsageLine): UsageHourKey {
  const { organizationId, projectId, resource } = event
  return { organizationId, projectId, sku, priceId, resource, hour: hourOf(event) }
}

/**
 * Refuses an event that the database would refuse. It is checked where it is made: in the journal it would stand in
 * the way of everything behind it.
 */
export function assertUsageEvent(event: UsageEvent): void {
  assert(UUID.test(event.id), `the id of a usage event is a UUID in lower case, not ${event.id}`)
  assert(event.lines.length <= LINES_MAX, 'a usage event has at most a thousand lines')
  assert(event.from <= event.to, 'a usage event does not end before it begins')
  for (const text of textsOf(event))
    assert(
      text !== '' && !text.includes('\0') && !text.includes('\n'),
      'a name is one line of text',
    )
  for (const { length } of [event.detail ?? '', event.note ?? ''])
    assert(length <= DETAIL_CHARACTERS_MAX, 'a detail is short')
  for (const { quantity } of event.lines)
    assert(
      quantity >= 0n && quantity <= QUANTITY_MAX,
      'a quantity is a whole number from 0 to 2^63',
    )
}

function textsOf(event: UsageEvent): readonly string[] {
  const names = event.lines.flatMap(({ sku, priceId }) => [sku, priceId])
  if (event.holdId !== null) names.push(event.holdId)
  if (event.detail !== undefined) names.push(event.detail)
  if (event.task !== undefined) names.push(event.task.id, event.task.asked)
  if (event.note !== undefined) names.push(event.note)
  return [event.organizationId, event.projectId, event.resource, ...names]
}
