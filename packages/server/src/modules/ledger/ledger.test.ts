/** The ledger on a real database: what holds when many come at once, twice, or with the wrong intent. */
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { money, picos, type Money } from '#kernel/money.ts'
import { inTransaction, openDatabase } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import {
  compensationsPosted,
  compensationTotal,
  createHold,
  createHolds,
  creditGranted,
  getBalance,
  grantCredit,
  growHold,
  listOpenHolds,
  openCustomerAccount,
  overrunTotal,
  postCharges,
  postCompensation,
  releaseHold,
  releaseHoldsOf,
  revenueOf,
  revenuePosted,
  setHold,
  verifyLedger,
} from './index.ts'

const { db, url } = await cloneDatabase()
const now = new Date('2026-03-01T12:00:00.000Z')
const ids = idSource(() => now.getTime())
const period = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') }
let counter = 0

/** A new organization with credit, so that tests do not see one another. */
async function customer(credit: string): Promise<string> {
  const organizationId = `org_${++counter}`
  await inTransaction(db, async (tx) => {
    await openCustomerAccount(tx, organizationId)
    if (credit !== '0')
      await grantCredit(tx, {
        organizationId,
        amount: money(credit),
        source: `credit:${organizationId}`,
        now,
        ids,
      })
  })
  return organizationId
}

async function hold(organizationId: string, amount: string, reference = 'lse_1'): Promise<string> {
  const outcome = await inTransaction(db, (tx) =>
    createHold(tx, {
      organizationId,
      amount: money(amount),
      purpose: 'lease',
      reference,
      now,
      ids,
    }),
  )
  if (outcome.kind === 'refused') throw new Error('refused')
  return outcome.holdId
}

function charge(
  organizationId: string,
  amount: string,
  holdId: string | null = null,
): Promise<Money> {
  const charges = [{ sku: 'gpu.west.spot', amount: money(amount), holdId }]
  const source = `usage:${++counter}`
  return inTransaction(db, (tx) =>
    postCharges(tx, [{ organizationId, source, charges }], { now, ids }),
  )
}

async function balanceOf(organizationId: string): Promise<readonly [bigint, bigint, bigint]> {
  const { posted, held, available } = await getBalance(db, organizationId)
  return [posted, held, available]
}

const dollars = (posted: string, held: string, available: string) =>
  [posted, held, available].map((text) => money(text))

async function expectVerified(): Promise<void> {
  const findings = await verifyLedger(db)
  expect(findings.checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  expect(findings.sum).toBe(0n)
}

beforeEach(() => expectVerified())

test('holds made by sets are as if each were made by itself: all of them, or none and the first that is too much', async () => {
  const [a, b] = [await customer('10'), await customer('1')]
  const make = (...amounts: readonly (readonly [string, string])[]) =>
    inTransaction(db, (tx) =>
      createHolds(
        tx,
        amounts.map(([organizationId, amount], index) => ({
          ...{ organizationId, amount: money(amount), reference: `lse_set_${index}` },
        })),
        { purpose: 'lease', now, ids },
      ),
    )
  const made = await make([a, '4'], [b, '1'], [a, '6'])
  expect(made).toMatchObject({ kind: 'held' })
  expect(await balanceOf(a)).toEqual(dollars('10', '10', '0'))
  await expectVerified()
  for (const holdId of made.kind === 'held' ? made.holdIds : [])
    await inTransaction(db, (tx) => releaseHold(tx, holdId))
  // when
  const refused = await make([a, '4'], [a, '6.5'], [b, '1'])
  const nobody = await make([b, '1'], ['org_of_nobody', '1'])
  // then
  expect(refused).toEqual({ kind: 'refused', index: 1, available: money('6') })
  expect(nobody).toEqual({ kind: 'refused', index: 1, available: money('0') })
  expect(await balanceOf(a)).toEqual(dollars('10', '0', '10'))
  expect(await balanceOf(b)).toEqual(dollars('1', '0', '1'))
})

describe('credit', () => {
  test('a credit of one source is given once, and opening an account again changes nothing', async () => {
    const organizationId = await customer('25')
    // when
    await Promise.all(
      [1, 2, 3].map(() =>
        inTransaction(db, async (tx) => {
          await openCustomerAccount(tx, organizationId)
          const amount = money('25')
          const source = `credit:${organizationId}`
          await grantCredit(tx, { organizationId, amount, source, now, ids })
        }),
      ),
    )
    // then
    expect(await balanceOf(organizationId)).toEqual(dollars('25', '0', '25'))
  })

  test('an organization without an account has nothing', async () => {
    expect(await balanceOf('org_unknown')).toEqual([0n, 0n, 0n])
    const outcome = await createHold(db, {
      organizationId: 'org_unknown',
      amount: picos(1n),
      purpose: 'lease',
      reference: 'lse_1',
      now,
      ids,
    })
    expect(outcome).toEqual({ kind: 'refused', available: 0n })
  })
})

describe('holds', () => {
  test('5,000 concurrent holds over several pools on a balance for 100 give exactly 100', async () => {
    const organizationId = await customer('100')
    const pools = Array.from({ length: 4 }, () => openDatabase(url, { poolMax: 4 }))
    // when
    const outcomes = await Promise.all(
      Array.from({ length: 5_000 }, (_, index) =>
        createHold(pools[index % pools.length] ?? db, {
          organizationId,
          amount: money('1'),
          purpose: 'gateway',
          reference: 'gw_crowd',
          now,
          ids,
        }),
      ),
    )
    await Promise.all(pools.map((pool) => pool.destroy()))
    // then
    expect(outcomes.filter(({ kind }) => kind === 'held')).toHaveLength(100)
    expect(await balanceOf(organizationId)).toEqual(dollars('100', '100', '0'))
    await expectVerified()
  }, 60_000)

  test('a charge below its hold leaves the rest held', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    expect(await charge(organizationId, '1.5', holdId)).toBe(money('1.5'))
    expect(await balanceOf(organizationId)).toEqual(dollars('8.5', '2.5', '6'))
  })

  test('a charge of exactly its hold empties it', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    await charge(organizationId, '4', holdId)
    expect(await balanceOf(organizationId)).toEqual(dollars('6', '0', '6'))
  })

  test('a hold settled twice pays twice until it is empty, then the balance does', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    await charge(organizationId, '3', holdId)
    await charge(organizationId, '3', holdId)
    expect(await balanceOf(organizationId)).toEqual(dollars('4', '0', '4'))
  })

  test('releasing is idempotent and returns only what is left', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    await charge(organizationId, '1', holdId)
    await Promise.all([1, 2, 3].map(() => inTransaction(db, (tx) => releaseHold(tx, holdId))))
    expect(await balanceOf(organizationId)).toEqual(dollars('9', '0', '9'))
    await inTransaction(db, (tx) => releaseHold(tx, 'hld_unknown'))
  })

  test('a hold is set to an exact amount, or refused with what is available', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    const set = (amount: string) =>
      inTransaction(db, (tx) => setHold(tx, { holdId, amount: money(amount) }))
    expect(await set('10')).toEqual({ kind: 'held' })
    expect(await set('10.000000000001')).toEqual({ kind: 'refused', available: 0n })
    expect(await set('2')).toEqual({ kind: 'held' })
    expect(await balanceOf(organizationId)).toEqual(dollars('10', '2', '8'))
    await releaseHold(db, holdId)
    expect(await set('3')).toEqual({ kind: 'refused', available: money('10') })
  })

  test('a hold grows by an amount whatever was settled meanwhile', async () => {
    const organizationId = await customer('10')
    const holdId = await hold(organizationId, '4')
    await charge(organizationId, '3', holdId)
    await inTransaction(db, (tx) => growHold(tx, { holdId, by: money('2') }))
    expect(await balanceOf(organizationId)).toEqual(dollars('7', '3', '4'))
  })

  test('the open holds of one process are listed, and released together', async () => {
    const organizationId = await customer('10')
    const first = await hold(organizationId, '1', 'lse_gone')
    const second = await hold(organizationId, '2', 'lse_gone')
    const other = await hold(organizationId, '3', 'lse_other')
    await releaseHold(db, first)
    // when
    const open = (await listOpenHolds(db, 'lease')).filter(
      (each) => each.organizationId === organizationId,
    )
    expect(new Map(open.map(({ holdId, amount }) => [holdId, amount]))).toEqual(
      new Map([
        [second, money('2')],
        [other, money('3')],
      ]),
    )
    const released = await inTransaction(db, (tx) =>
      releaseHoldsOf(tx, { purpose: 'lease', reference: 'lse_gone' }),
    )
    // then
    expect(released).toBe(1)
    expect(await balanceOf(organizationId)).toEqual(dollars('10', '3', '7'))
  })
})

describe('posting', () => {
  test('what a balance cannot pay is borne by the operator, and revenue is whole', async () => {
    const organizationId = await customer('2')
    const before = await overrunTotal(db, period)
    const revenueBefore = (await revenuePosted(db, period)).get('gpu.west.spot') ?? 0n
    await charge(organizationId, '5')
    expect(await balanceOf(organizationId)).toEqual(dollars('0', '0', '0'))
    expect((await overrunTotal(db, period)) - before).toBe(money('3'))
    const revenue = (await revenuePosted(db, period)).get('gpu.west.spot') ?? 0n
    expect(revenue - revenueBefore).toBe(money('5'))
  })

  test('an overrun does not touch what another hold keeps', async () => {
    const organizationId = await customer('5')
    await hold(organizationId, '4')
    await charge(organizationId, '3')
    expect(await balanceOf(organizationId)).toEqual(dollars('4', '4', '0'))
  })

  test('a hold of another organization pays nothing', async () => {
    const rich = await customer('10')
    const holdId = await hold(rich, '4')
    const poor = await customer('1')
    await charge(poor, '3', holdId)
    expect(await balanceOf(rich)).toEqual(dollars('10', '4', '6'))
    expect(await balanceOf(poor)).toEqual(dollars('0', '0', '0'))
  })

  test('an organization without an account can still be charged', async () => {
    await charge('org_late', '1')
    expect(await balanceOf('org_late')).toEqual([0n, 0n, 0n])
  })

  test('concurrent postings and holds on the same organizations all go through', async () => {
    const organizations = await Promise.all([1, 2, 3].map(() => customer('1000')))
    const post = (index: number) =>
      inTransaction(db, (tx) =>
        postCharges(
          tx,
          organizations.map((organizationId) => ({
            organizationId,
            source: `usage:mixed:${index}:${organizationId}`,
            charges: [{ sku: `gpu.pool-${index % 3}.spot`, amount: money('0.5'), holdId: null }],
          })),
          { now, ids },
        ),
      )
    const holdOnce = (index: number) => hold(organizations[index % 3] ?? '', '1')
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? post(index) : holdOnce(index))),
    )
    for (const organizationId of organizations)
      expect(await balanceOf(organizationId)).toEqual(dollars('985', '10', '975'))
  })

  test('a source is posted once', async () => {
    const organizationId = await customer('5')
    const charges = [{ sku: 'gpu.west.spot', amount: money('1'), holdId: null }]
    const post = () =>
      inTransaction(db, (tx) =>
        postCharges(tx, [{ organizationId, source: 'usage:same', charges }], { now, ids }),
      )
    await post()
    await expect(post()).rejects.toThrow('ledger_transaction_source_key')
    expect(await balanceOf(organizationId)).toEqual(dollars('4', '0', '4'))
  })

  test('nothing charged is nothing posted', async () => {
    const organizationId = await customer('5')
    const { transactions } = await verifyLedger(db)
    expect(await charge(organizationId, '0')).toBe(0n)
    expect((await verifyLedger(db)).transactions).toBe(transactions)
  })
})

describe('the database refuses', () => {
  const run = (query: string) => sql.raw(query).execute(db)

  test('to change or delete an entry or a transaction', async () => {
    await charge(await customer('5'), '1')
    await expect(run('UPDATE ledger_entry SET amount = amount + 1')).rejects.toThrow('append-only')
    await expect(run('DELETE FROM ledger_entry')).rejects.toThrow('append-only')
    await expect(run("UPDATE ledger_transaction SET kind = 'credit'")).rejects.toThrow(
      'append-only',
    )
    await expect(run('DELETE FROM ledger_transaction')).rejects.toThrow('append-only')
  })

  test('an entry for a transaction that is committed, even one that keeps the sum', async () => {
    const organizationId = await customer('5')
    await charge(organizationId, '1')
    const add = sql`
      INSERT INTO ledger_entry (transaction_id, leg, account_id, amount)
      SELECT max(id), v.leg, v.account_id, v.amount FROM ledger_transaction,
        (VALUES (90, 'overrun_expense', 1), (91, 'credit_granted', -1)) AS v (leg, account_id, amount)
      GROUP BY v.leg, v.account_id, v.amount`
    await expect(add.execute(db)).rejects.toThrow('closed once committed')
  })

  test('a transaction that does not sum to zero, or has no entries', async () => {
    const transaction = (id: string) =>
      sql`INSERT INTO ledger_transaction (id, at, kind, source) VALUES (${id}, ${now}, 'credit', ${id})`
    const unbalanced = sql`
      WITH inserted AS (${transaction('ltx_unbalanced')})
      INSERT INTO ledger_entry VALUES ('ltx_unbalanced', 0, 'credit_granted', 1)`
    await expect(unbalanced.execute(db)).rejects.toThrow('does not sum to zero')
    await expect(transaction('ltx_empty').execute(db)).rejects.toThrow('comes with entries')
  })

  test('to forget an account, or to empty a table of the ledger', async () => {
    await expect(run('DELETE FROM ledger_account')).rejects.toThrow('append-only')
    for (const table of ['ledger_account', 'ledger_transaction', 'ledger_entry'])
      await expect(run(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('append-only')
  })

  test('an entry of an account or a transaction that does not exist', async () => {
    const entry = (transaction: string, account: string) =>
      sql`INSERT INTO ledger_entry VALUES (${transaction}, 0, ${account}, 0)`.execute(db)
    await expect(entry('ltx_none', 'credit_granted')).rejects.toThrow('does not exist')
    await expect(entry('ltx_none', 'no_account')).rejects.toThrow('does not exist')
  })

  test('a balance below its limit', async () => {
    const organizationId = await customer('5')
    const account = `customer_prepaid:${organizationId}`
    const draw = sql`UPDATE balance SET posted = -1 WHERE account_id = ${account}`
    await expect(draw.execute(db)).rejects.toThrow('balance_within_limit')
  })
})

describe('verification', () => {
  /** Runs in a transaction that is undone, so that other tests see a sound ledger. */
  async function findingsAfter(damage: string): Promise<readonly string[]> {
    const undo = new Error('undo')
    let broken: readonly string[] = []
    const work = db.transaction().execute(async (tx) => {
      await sql`ALTER TABLE ledger_entry DISABLE TRIGGER USER`.execute(tx)
      await sql.raw(damage).execute(tx)
      const { checks } = await verifyLedger(tx)
      broken = checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name)
      throw undo
    })
    await expect(work).rejects.toBe(undo)
    return broken
  }

  test('finds a deleted entry, a moved balance, a forgotten hold and a passed limit', async () => {
    const organizationId = await customer('5')
    await hold(organizationId, '1')
    const account = `'customer_prepaid:${organizationId}'`
    expect(await findingsAfter(`DELETE FROM ledger_entry WHERE account_id = ${account}`)).toEqual([
      'entries_sum_to_zero',
      'transactions_sum_to_zero',
      'balances_equal_entries',
    ])
    expect(
      await findingsAfter(`UPDATE balance SET posted = posted + 1 WHERE account_id = ${account}`),
    ).toEqual(['balances_equal_entries'])
    expect(
      await findingsAfter(`UPDATE hold SET amount = 0.5 WHERE account_id = ${account}`),
    ).toEqual(['held_equals_open_holds'])
    expect(
      await findingsAfter(`ALTER TABLE balance DROP CONSTRAINT balance_within_limit;
        UPDATE balance SET posted = posted - 100 WHERE account_id = ${account}`),
    ).toEqual(['balances_equal_entries', 'balances_within_limit'])
  })

  test('gives back for a reclaim once, whoever and however many try, at the operator’s expense', async () => {
    const organizationId = await customer('0')
    const before = await compensationTotal(db, 'reclaim', period)
    const amount = money('0.000000000001')
    const source = `reclaim:${organizationId}/1`
    const credit = { organizationId, amount, source, cause: 'reclaim' } as const
    const give = () => inTransaction(db, (tx) => postCompensation(tx, { ...credit, now, ids }))
    const given = await Promise.all(Array.from({ length: 8 }, give))
    expect(new Set(given).size).toBe(1)
    expect((await getBalance(db, organizationId)).posted).toBe(amount)
    expect((await compensationTotal(db, 'reclaim', period)) - before).toBe(amount)
    expect((await compensationsPosted(db)).get(source)).toEqual({ id: given[0], amount })
    expect((await verifyLedger(db)).checks.every(({ isHeld }) => isHeld)).toBe(true)
  })

  test('sums credit and revenue by period and SKU', async () => {
    const nothing = { from: period.to, to: new Date('2026-05-01T00:00:00Z') }
    expect(await creditGranted(db, nothing)).toBe(0n)
    const before = await creditGranted(db, period)
    await customer('7')
    expect((await creditGranted(db, period)) - before).toBe(money('7'))
    expect(revenueOf(await verifyLedger(db))).toEqual(await revenuePosted(db, period))
  })
})
