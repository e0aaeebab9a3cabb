/** Leases on budgets against a real database: no order and no crowd of gateways passes the amount. */
import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { money, picos, renderMoney } from '#kernel/money.ts'
import { inTransaction } from '#platform/db/database.ts'
import { addCustomer } from '../../../test/gateway/installation.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { type Budget, keyOf } from './budget.ts'
import { setBudget } from './change-service.ts'
import { availableOf, endLeases, openLease, raiseLease, spendBudgets } from './lease-service.ts'
import { sumUse } from './store.ts'

const { db } = await cloneDatabase()
const ids = idSource(Date.now)
const AT = new Date('2026-01-15T12:00:00.000Z')
const customer = await addCustomer(db, { name: 'Ada', usd: '10' })

async function make(amountUsd: string, parts: Partial<Budget> = {}): Promise<Budget> {
  const { organizationId } = customer
  const setting = {
    ...{ organizationId, projectId: null, apiKeyId: null, endUser: null, period: 'day' as const },
    ...{ setBy: 'organization' as const, amount: money(amountUsd), alerts: [80, 100] },
    ...parts,
  }
  return inTransaction(db, (tx) => setBudget(tx, setting, { now: AT, ids }))
}

const take = (budget: Budget, usd: string, writer = 'w') =>
  inTransaction(db, (tx) =>
    openLease(tx, keyOf(budget, null, AT), { amount: money(usd), writer, ids }),
  )

function spending(leaseId: string, usd: string) {
  const budgets = { leaseIds: [leaseId], cost: money(usd) }
  return { budgets } as never
}

test('two hundred leases at once on a budget for ten are ten', async () => {
  const budget = await make('10')
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) => take(budget, '1', `w${index % 3}`)),
  )
  expect(outcomes.filter(({ kind }) => kind === 'held')).toHaveLength(10)
  expect(await availableOf(db, keyOf(budget, null, AT))).toBe(0n)
})

test('what is not spent comes back when a lease ends, once, and what is spent does not', async () => {
  const budget = await make('10', { period: 'week' })
  const key = keyOf(budget, null, AT)
  const lease = await take(budget, '6')
  if (lease.kind !== 'held') throw new Error('it is held')
  const { leaseId } = lease
  expect(await take(budget, '5')).toEqual({ kind: 'refused', available: money('4') })
  const raise = (usd: string) =>
    inTransaction(db, (tx) => raiseLease(tx, { leaseId, key, by: money(usd) }))
  expect(await raise('5')).toEqual({ kind: 'refused', available: money('4') })
  expect(await raise('4')).toEqual({ kind: 'held' })
  await inTransaction(db, (tx) => spendBudgets(tx, [spending(leaseId, '2.5')], AT))
  expect(await availableOf(db, key)).toBe(0n)
  for (let round = 0; round < 2; round++)
    await inTransaction(db, (tx) => endLeases(tx, { ids: [leaseId] }))
  expect(renderMoney(await availableOf(db, key))).toBe('7.5')
  expect(await raise('1')).toEqual({ kind: 'refused', available: money('7.5') })
})

test('the leases of a dead gateway end, and no others', async () => {
  const budget = await make('10', { period: 'month' })
  await take(budget, '3', 'dead')
  await take(budget, '2', 'dead')
  await take(budget, '4', 'alive')
  await inTransaction(db, (tx) => endLeases(tx, { writer: 'dead' }))
  expect(await availableOf(db, keyOf(budget, null, AT))).toBe(money('6'))
})

test('a budget lowered below what is spent lets nothing through and nothing below zero', async () => {
  const budget = await make('10', { period: 'total' })
  const lease = await take(budget, '8')
  await make('5', { period: 'total' })
  expect(await take(budget, '0.1')).toEqual({ kind: 'refused', available: picos(0n) })
  expect(lease.kind).toBe('held')
})

test('alerts are told once each, with who and how much', async () => {
  const budget = await make('10', { endUser: 'ann', alerts: [50, 80] })
  const key = keyOf(budget, 'ann', AT)
  const lease = await inTransaction(db, (tx) =>
    openLease(tx, key, { amount: money('10'), writer: 'w', ids }),
  )
  if (lease.kind !== 'held') throw new Error('it is held')
  for (const usd of ['4.9', '0.1', '0.1', '3', '1'])
    await inTransaction(db, (tx) => spendBudgets(tx, [spending(lease.leaseId, usd)], AT))
  const events = await db
    .selectFrom('event')
    .select('data')
    .where('type', '=', 'budget.alerted')
    .where('subject', '=', budget.id)
    .orderBy('id')
    .execute()
  expect(events.map(({ data }) => data)).toMatchObject([
    { percent: 50, spentUsd: '5', amountUsd: '10', endUser: 'ann' },
    { percent: 80, spentUsd: '8.1' },
  ])
  const use = (await sumUse(db, [{ budgetId: budget.id, startsAt: key.startsAt }])).get(budget.id)
  expect(use).toEqual({ spent: money('9.1'), held: money('0.9'), endUsers: 1 })
})
