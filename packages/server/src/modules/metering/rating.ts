/**
 * Turns events into charges. No I/O.
 *
 * For each hour, customer, project, resource, SKU and price, the exact cumulative quantity Q is kept. A line that adds
 * q charges rate(price, Q + q) - rate(price, Q), so the charges telescope to rate(price, total): whatever the order,
 * the batches or the repetitions, the sum is the same to the pico, and nothing is rounded twice.
 */
import { assert, present } from '#kernel/assert.ts'
import { add, rate, subtract, type Money, type Price } from '#kernel/money.ts'
import { renderKey, type UsageEvent, type UsageLine } from './usage-event.ts'

/** What was used under one key so far; `amount` is always rate(price, quantity). */
export interface UsageTotal {
  readonly quantity: bigint
  readonly amount: Money
}

/** What one line of an event adds to an organization's bill. */
export interface LineCharge {
  readonly sku: string
  readonly amount: Money
  readonly holdId: string | null
}

export interface Rating {
  /** The new totals, by rendered key; keys that were there before come first and in the same order. */
  readonly totals: ReadonlyMap<string, UsageTotal>
  /** In the order of the events, by organization. */
  readonly charges: ReadonlyMap<string, readonly LineCharge[]>
}

export interface RatingBasis {
  /** By price id. */
  readonly prices: ReadonlyMap<string, { readonly sku: string; readonly price: Price }>
  /** What was there before, by rendered key; a key not yet seen is absent. */
  readonly totals: ReadonlyMap<string, UsageTotal>
}

const NOTHING = { quantity: 0n, amount: 0n as Money } satisfies UsageTotal

/** Rates events that were not posted before. */
export function rateEvents(events: readonly UsageEvent[], basis: RatingBasis): Rating {
  const totals = new Map(basis.totals)
  const charges = new Map<string, LineCharge[]>()
  for (const event of events) {
    const own = charges.get(event.organizationId) ?? []
    charges.set(event.organizationId, own)
    for (const line of event.lines) {
      const text = renderKey(event, line)
      const before = totals.get(text) ?? NOTHING
      const total = addLine(before, line, basis)
      totals.set(text, total)
      const amount = subtract(total.amount, before.amount)
      own.push({ sku: line.sku, amount, holdId: event.holdId })
    }
  }
  return { totals, charges }
}

function addLine(before: UsageTotal, line: UsageLine, { prices }: RatingBasis): UsageTotal {
  const { sku, price } = present(prices.get(line.priceId), `the price ${line.priceId}`)
  assert(sku === line.sku, `the price ${line.priceId} is one of ${sku}, not of ${line.sku}`)
  const quantity = before.quantity + line.quantity
  return { quantity, amount: rate(price, quantity) }
}

/** What each of these events was charged: they are those that were rated, in the same order. */
export function amountsOf(
  events: readonly UsageEvent[],
  charges: Rating['charges'],
): ReadonlyMap<string, Money> {
  const places = new Map<string, number>()
  return new Map(
    events.map(({ id, organizationId, lines }) => {
      const place = places.get(organizationId) ?? 0
      places.set(organizationId, place + lines.length)
      const own = charges.get(organizationId)?.slice(place, place + lines.length) ?? []
      return [id, add(...own.map(({ amount }) => amount))]
    }),
  )
}
