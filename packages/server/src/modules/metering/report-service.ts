/** Usage, spending and revenue as the API shows them, and the verification of all books of money together. */
import type { LedgerVerification } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import { add, renderMoney, type Money, type Price, type Unit } from '#kernel/money.ts'
import { listPrices, listSkus } from '#modules/catalog/index.ts'
import {
  judge,
  revenueOf,
  verifyLedger,
  type LedgerCheck,
  type Period,
} from '#modules/ledger/index.ts'
import { inTransaction, type Db } from '#platform/db/database.ts'
import {
  sumByResource,
  sumBySku,
  sumCharged,
  sumUsage,
  type Used,
  type UsageFilter,
  type UsageSum,
} from './report-store.ts'
import { startOfHour } from './usage-event.ts'
import {
  countEvents,
  findWrongAmounts,
  findWrongQuantities,
  listPriceIds,
  sumHoursBySku,
} from './verification-store.ts'

export interface UsageReportRow extends UsageSum {
  readonly price: Price
}

export interface UsageReport {
  readonly rows: readonly UsageReportRow[]
  readonly charged: Money
}

/** What was used in the hours that begin in a period; the hour of `from` counts in full. */
export async function listUsage(db: Db, filter: UsageFilter): Promise<UsageReport> {
  const sums = await sumUsage(db, { ...filter, from: startOfHour(filter.from) })
  const prices = await listPrices(db, [...new Set(sums.map(({ priceId }) => priceId))])
  const rows = sums.map((sum) => {
    const { price } = present(prices.get(sum.priceId), `the price ${sum.priceId}`)
    return { ...sum, price }
  })
  return { rows, charged: add(...rows.map(({ charged }) => charged)) }
}

/** What an organization was charged for the hours that begin in a period; the hour of `from` counts in full. */
export function spentIn(db: Db, organizationId: string, { from, to }: Period): Promise<Money> {
  return sumCharged(db, { organizationId, from: startOfHour(from), to })
}

/** The same, for everything since an instant. */
export function spentSince(db: Db, organizationId: string, from: Date): Promise<Money> {
  return spentIn(db, organizationId, { from, to: new Date(8.64e15) })
}

/** What each of these leases or models used and was charged, ever; those without usage are absent. */
export async function usageOf(
  db: Db,
  resources: readonly string[],
): Promise<ReadonlyMap<string, Used>> {
  return resources.length === 0 ? new Map() : sumByResource(db, resources)
}

export interface SkuRevenue {
  readonly sku: string
  readonly unit: Unit
  readonly quantity: bigint
  readonly revenue: Money
}

/** Revenue by SKU for the hours that begin in a period; the hour of `from` counts in full. */
export async function revenueBySku(db: Db, { from, to }: Period): Promise<readonly SkuRevenue[]> {
  const units = new Map((await listSkus(db)).map(({ name, unit }) => [name, unit]))
  const sums = await sumBySku(db, { from: startOfHour(from), to })
  return sums.map(({ sku, quantity, charged }) => ({
    sku,
    unit: present(units.get(sku), `the SKU ${sku}`),
    quantity,
    revenue: charged,
  }))
}

/**
 * Recomputes ledger and usage in one snapshot, and says check by check whether they hold. `more` is a check of somebody
 * who posts to the ledger and is not known here.
 */
export function verifyBooks(
  db: Db,
  more?: (db: Db) => Promise<readonly LedgerCheck[]>,
): Promise<LedgerVerification> {
  if (db.isTransaction) return verifyIn(db, more)
  return inTransaction(db, (tx) => verifyIn(tx, more), 'repeatable read')
}

async function verifyIn(
  db: Db,
  more?: (db: Db) => Promise<readonly LedgerCheck[]>,
): Promise<LedgerVerification> {
  const ledger = await verifyLedger(db)
  const checks = [
    ...ledger.checks,
    judge('hours_equal_events', await findWrongQuantities(db), {
      held: 'The quantity of every hour is the sum of its usage events.',
      broken: 'Hours with another quantity than their events',
    }),
    judge('hours_are_rated_exactly', await wrongAmounts(db), {
      held: 'The amount of every hour is its quantity at its price, rounded once.',
      broken: 'Hours with another amount than quantity times price',
    }),
    judgeRevenue(await sumHoursBySku(db), revenueOf(ledger)),
    ...(more ? await more(db) : []),
  ]
  return {
    isBalanced: checks.every(({ isHeld }) => isHeld),
    currency: 'USD',
    transactions: ledger.transactions,
    entries: ledger.entries,
    usageEvents: await countEvents(db),
    sumUsd: renderMoney(ledger.sum),
    checks,
    accounts: ledger.accounts.map(({ account, balance }) => ({
      account,
      balanceUsd: renderMoney(balance),
    })),
  }
}

async function wrongAmounts(db: Db): Promise<readonly string[]> {
  return findWrongAmounts(db, await listPrices(db, await listPriceIds(db)))
}

function judgeRevenue(
  hours: ReadonlyMap<string, Money>,
  revenue: ReadonlyMap<string, Money>,
): LedgerCheck {
  const skus = new Set([...hours.keys(), ...revenue.keys()])
  const wrong = [...skus].filter((sku) => (hours.get(sku) ?? 0n) !== (revenue.get(sku) ?? 0n))
  return judge('revenue_equals_hours', wrong, {
    held: 'The revenue of every SKU is the sum of its hours.',
    broken: 'SKUs whose revenue is not the sum of their hours',
  })
}

export { listUsedHours } from './report-store.ts'
