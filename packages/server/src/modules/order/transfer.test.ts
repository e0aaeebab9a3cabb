/** What the owner's teams owe the owner's books: posted once an hour, corrected on top, and never more or less than it is. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { newId } from '#kernel/ids.ts'
import { money, renderMoney } from '#kernel/money.ts'
import { economicsRoutes } from '#modules/economics/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import { verifyLedger } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'
import { stepTransfer, verifyTransfers } from './transfer-service.ts'
import { differencesOf, linesOf, type TransferLine } from './transfer.ts'
import { answerTransfer } from './worth-service.ts'

const HOUR_MS = 3_600_000
const PRICE = money('1')

describe('the lines of an hour', () => {
  const hour = (used: Readonly<Record<string, bigint>>, idleMs = 0n) =>
    linesOf({ usedMs: new Map(Object.entries(used)), idleMs, owner: 'owner', price: PRICE })

  test('are what each team used and what the owner kept, at the price; none is for nothing', () => {
    const lines = hour({ a: 7_200_000n, b: 0n }, 1_800_000n)
    expect(lines.map(({ organizationId, kind, amount }) => [organizationId, kind, amount])).toEqual(
      [
        ['a', 'used', money('2')],
        ['owner', 'kept', money('0.5')],
      ],
    )
  })

  test('however often an hour is corrected, all that is posted comes to its last lines', () => {
    const uses = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.bigInt(0n, 10n ** 8n)), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(uses, (hours) => {
        const posted: TransferLine[] = []
        for (const used of hours) posted.push(...differencesOf(hour(used), posted))
        const last = hour(hours.at(-1) ?? {})
        expect(differencesOf(last, posted)).toEqual([])
        const total = (lines: readonly TransferLine[]) =>
          lines.reduce((sum, { amount }) => sum + amount, 0n)
        expect(total(posted)).toBe(total(last))
      }),
    )
  })
})

let stand: OrderStand | null = null
afterEach(() => stand?.dispose())

async function begin() {
  stand = await makeOrderStand((await cloneDatabase()).db)
  const { database, clock, ids } = stand
  const team = (name: string, kind: 'operator' | 'internal') =>
    inTransaction(database, async (tx) => {
      const made = { name, kind, now: clock.now() }
      return (await createOrganization(tx, made, { ids, pepper: 'pepper' })).id
    })
  const owner = await team('operator', 'operator')
  const research = await team('Research', 'internal')
  const { reclaim } = await database.selectFrom('pool').select('reclaim').executeTakeFirstOrThrow()
  const kept = JSON.stringify({ ...(reclaim as object), anchorHeadroom: 2 })
  await database.updateTable('pool').set({ reclaim: kept }).execute()
  const { id: nodeId } = await database.selectFrom('node').select('id').executeTakeFirstOrThrow()
  const startMs = clock.now().getTime()
  /** Research's work on some slots of a node, in minutes from the beginning. */
  const work = (slots: string, from: number, to: number) =>
    sql`INSERT INTO claim (id, node_id, slots, kind, organization_id, starts_at, ends_at) VALUES (
      ${newId('claim', ids)}, ${nodeId}, ${slots}::int4multirange, 'anchor', ${research},
      ${new Date(startMs + from * 60_000)}, ${new Date(startMs + to * 60_000)})`.execute(database)
  const deps = { database, now: clock.now, ids, isTransferPosted: true }
  const posted = async () => {
    const window = { from: new Date(startMs), to: clock.now(), isPosted: true }
    return (await answerTransfer(database, POOL, window)).posted
  }
  const balances = async () =>
    new Map(
      (await verifyLedger(database)).accounts.map(({ account, balance }) => [
        account,
        renderMoney(balance),
      ]),
    )
  return { ...stand, owner, research, work, deps, posted, balances, startMs }
}

test('each hour is posted once, whoever posts it how often: used to the team, kept and idle to the owner', async () => {
  const { work, deps, posted, balances, clock, owner, research, database } = await begin()
  await work('{[0,4)}', 0, 90)
  clock.advance(2 * HOUR_MS + 1000)
  await Promise.all([stepTransfer(deps), stepTransfer(deps)])
  await stepTransfer(deps)
  // then four slots for an hour and a half at one dollar, and two slots kept for two hours
  expect(await posted()).toMatchObject({ isOn: true, usedUsd: '6', keptUsd: '4' })
  const { lines } = await posted()
  expect(lines).toHaveLength(4)
  expect(new Set(lines.map(({ revision }) => revision))).toEqual(new Set([1]))
  const accounts = await balances()
  expect(accounts.get(`internal_cost:${research}`)).toBe('-6')
  expect(accounts.get(`internal_cost:${owner}`)).toBe('-4')
  expect(accounts.get(`internal_recovery:${POOL}.used`)).toBe('6')
  const ledger = await verifyLedger(database)
  expect(ledger.checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  expect((await verifyTransfers(database)).isHeld).toBe(true)
})

test('what the engine tells late is posted on top, and what was posted stays', async () => {
  const { work, deps, posted, clock, database } = await begin()
  clock.advance(HOUR_MS)
  await stepTransfer(deps)
  expect(await posted()).toMatchObject({ usedUsd: '0', keptUsd: '2' })
  // when four slots turn out to have been in use for half of that hour
  await work('{[0,4)}', 0, 30)
  await stepTransfer(deps)
  await stepTransfer(deps)
  const { lines, usedUsd } = await posted()
  expect(usedUsd).toBe('2')
  expect(lines.map(({ kind, revision }) => [kind, revision])).toEqual([
    ['kept', 1],
    ['used', 2],
  ])
  expect((await verifyTransfers(database)).isHeld).toBe(true)
})

test('an hour keeps the price that it was first posted at', async () => {
  const { work, deps, posted, clock, buyer, order, clear } = await begin()
  const a = await buyer('a')
  for (const limit of ['0.5', '0.6', '0.7']) await order(a, { gpus: 1, limit })
  await clear()
  // Wherever the orders were placed, the last slot of the node is free.
  await work('{[3,4)}', 10, 20)
  clock.advance(HOUR_MS)
  await stepTransfer(deps)
  const first = (await posted()).lines.find(({ kind }) => kind === 'used')
  await work('{[3,4)}', 20, 30)
  await stepTransfer(deps)
  const second = (await posted()).lines.find(({ revision }) => revision === 2)
  expect(first?.usdPerGpuHour).not.toBe('1')
  expect(second?.usdPerGpuHour).toBe(first?.usdPerGpuHour)
  expect((await posted()).usedUsd).toBe('0.033333333333')
})

test('after a long pause the hours in between are made up for, and the books show them', async () => {
  const { deps, posted, clock, database, startMs } = await begin()
  clock.advance(HOUR_MS)
  await stepTransfer(deps)
  clock.advance(80 * HOUR_MS)
  await stepTransfer(deps)
  expect((await posted()).keptUsd).toBe('162')
  clock.advance(1)
  const { getBooks } = economicsRoutes(() => Promise.resolve(new Map()))
  const call = { db: database, query: { from: new Date(startMs).toISOString() }, now: clock.now() }
  const books = await getBooks(call as unknown as Parameters<typeof getBooks>[0])
  expect(books.pools[0]).toMatchObject({ internalUsedUsd: '0', internalKeptUsd: '162' })
  expect(books.pools[0]?.revenueUsd).toBe('0')
})

test('where the operator switched it off, nothing is posted', async () => {
  const { deps, posted, clock } = await begin()
  clock.advance(3 * HOUR_MS)
  expect(await stepTransfer({ ...deps, isTransferPosted: false })).toEqual({ kind: 'done' })
  expect((await posted()).lines).toEqual([])
})
