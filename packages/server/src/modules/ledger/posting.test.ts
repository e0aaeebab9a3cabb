/** The laws of posting: every transaction sums to zero, revenue is whole, and no limited balance passes its limit. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { picos, type Money } from '#kernel/money.ts'
import { CREDIT_GRANTED, customerAccount, OVERRUN_EXPENSE, revenueAccount } from './account.ts'
import { available, decideHoldChange, type Balance } from './balance.ts'
import { decideCredit, decidePosting, type Charge, type Posting } from './posting.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 30n }).map(picos)
const holdIds = ['hld_a', 'hld_b', 'hld_c']

const charges = fc.array(
  fc.record({
    sku: fc.constantFrom('tokens.toy.input', 'tokens.toy.output', 'gpu.west.spot'),
    amount: fc.oneof(amount, fc.bigInt({ min: 0n, max: 100n }).map(picos)),
    holdId: fc.option(fc.constantFrom(...holdIds), { nil: null }),
  }),
  { maxLength: 30 },
)

const situation = fc
  .record({
    holds: fc.tuple(amount, amount, amount),
    others: amount,
    free: amount,
    creditLimit: amount,
    isLimited: fc.boolean(),
  })
  .map(({ holds, others, free, creditLimit, isLimited }) => {
    const held = picos(holds.reduce((sum: bigint, each) => sum + each, 0n) + others)
    const balance: Balance = {
      posted: picos(held + free - creditLimit),
      held,
      creditLimit,
      isLimited,
    }
    const open = new Map(holdIds.map((id, index) => [id, holds[index] ?? picos(0n)]))
    return { organizationId: 'org_a', balance, holds: open }
  })

function sum(amounts: readonly { readonly amount: Money }[]): bigint {
  return amounts.reduce((total, each) => total + each.amount, 0n)
}

function after(balance: Balance, posting: Posting): Balance {
  const moved = posting.legs.filter(({ account }) => account.kind === 'customer_prepaid')
  return {
    ...balance,
    posted: picos(balance.posted + sum(moved)),
    held: picos(balance.held - sum(posting.settlements)),
  }
}

function legsOf(posting: Posting): Record<string, bigint> {
  return Object.fromEntries(posting.legs.map(({ account, amount: moved }) => [account.id, moved]))
}

const limited = (posted: bigint, held: bigint): Balance => ({
  posted: picos(posted),
  held: picos(held),
  creditLimit: picos(0n),
  isLimited: true,
})
const charge = (value: bigint, holdId: string | null = null): Charge => ({
  sku: 'gpu.west.spot',
  amount: picos(value),
  holdId,
})

describe('laws of posting', () => {
  test('legs always sum to zero and none is zero', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        const { legs } = decidePosting(basis, list)
        expect(sum(legs)).toBe(0n)
        expect(legs.every((leg) => leg.amount !== 0n)).toBe(true)
      }),
    )
  })

  test('revenue is the whole of the charges, whoever pays', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        const posting = decidePosting(basis, list)
        const revenue = posting.legs.filter(({ account }) => account.kind === 'revenue')
        expect(sum(revenue)).toBe(sum(list))
        expect(posting.charged).toBe(sum(list))
      }),
    )
  })

  test('a limited balance stays within its limit, and other holds stay covered', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        const posting = decidePosting(basis, list)
        const next = after(basis.balance, posting)
        expect(!basis.balance.isLimited || available(next) >= 0n).toBe(true)
        expect(basis.balance.isLimited || posting.overrun === 0n).toBe(true)
        expect(next.held).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  test('nothing is an overrun while there is something left to pay with', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        const posting = decidePosting(basis, list)
        const left = available(after(basis.balance, posting))
        expect(posting.overrun === 0n || left === 0n).toBe(true)
      }),
    )
  })

  test('a hold never pays more than is left of it, nor for charges that name another', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        for (const { holdId, amount: paid } of decidePosting(basis, list).settlements) {
          expect(paid).toBeLessThanOrEqual(basis.holds.get(holdId) ?? 0n)
          expect(paid).toBeLessThanOrEqual(sum(list.filter((each) => each.holdId === holdId)))
        }
      }),
    )
  })

  test('without an overrun, posting charges one by one moves the same money as posting them at once', () => {
    fc.assert(
      fc.property(situation, charges, (basis, list) => {
        const rich = { ...basis, balance: { ...basis.balance, isLimited: false } }
        const whole = decidePosting(rich, list)
        const parts = list.map((each) => decidePosting(rich, [each]))
        const merged = new Map<string, bigint>()
        for (const { account, amount: moved } of parts.flatMap(({ legs }) => legs))
          merged.set(account.id, (merged.get(account.id) ?? 0n) + moved)
        expect(Object.fromEntries(merged)).toEqual(legsOf(whole))
      }),
    )
  })
})

describe('who pays', () => {
  const basis = (balance: Balance, hold: bigint) => ({
    organizationId: 'org_a',
    balance,
    holds: new Map([['hld_a', picos(hold)]]),
  })
  const customer = customerAccount('org_a').id
  const revenue = revenueAccount('gpu.west.spot').id

  const table: readonly [
    name: string,
    balance: Balance,
    hold: bigint,
    charged: Charge,
    wantLegs: Record<string, bigint>,
    wantSettled: bigint,
  ][] = [
    [
      'less than its hold',
      limited(100n, 40n),
      40n,
      charge(30n, 'hld_a'),
      { [customer]: -30n, [revenue]: 30n },
      30n,
    ],
    [
      'exactly its hold',
      limited(100n, 40n),
      40n,
      charge(40n, 'hld_a'),
      { [customer]: -40n, [revenue]: 40n },
      40n,
    ],
    [
      'more than its hold, the rest free',
      limited(100n, 40n),
      40n,
      charge(70n, 'hld_a'),
      { [customer]: -70n, [revenue]: 70n },
      40n,
    ],
    [
      'more than the hold and the balance',
      limited(100n, 40n),
      40n,
      charge(130n, 'hld_a'),
      { [customer]: -100n, [OVERRUN_EXPENSE.id]: -30n, [revenue]: 130n },
      40n,
    ],
    [
      'what others hold is not touched',
      limited(100n, 100n),
      40n,
      charge(70n, 'hld_a'),
      { [customer]: -40n, [OVERRUN_EXPENSE.id]: -30n, [revenue]: 70n },
      40n,
    ],
    [
      'no hold and nothing free',
      limited(100n, 100n),
      40n,
      charge(7n),
      { [OVERRUN_EXPENSE.id]: -7n, [revenue]: 7n },
      0n,
    ],
    [
      'a hold that is not open',
      limited(100n, 40n),
      40n,
      charge(7n, 'hld_gone'),
      { [customer]: -7n, [revenue]: 7n },
      0n,
    ],
  ]
  for (const [name, balance, hold, charged, wantLegs, wantSettled] of table)
    test(name, () => {
      const posting = decidePosting(basis(balance, hold), [charged])
      expect(legsOf(posting)).toEqual(wantLegs)
      expect(sum(posting.settlements)).toBe(wantSettled)
    })

  test('a credit comes from the account of granted credit', () => {
    const legs = decideCredit('org_a', picos(5n))
    expect(legs.map(({ account, amount: moved }) => [account.id, moved])).toEqual([
      [customer, 5n],
      [CREDIT_GRANTED.id, -5n],
    ])
  })

  test('a credit of nothing is a defect', () => {
    expect(() => decideCredit('org_a', picos(0n))).toThrow('a credit is more than nothing')
  })
})

describe('changing a hold', () => {
  test('a raise beyond what is available is refused with what is available', () => {
    expect(decideHoldChange(limited(100n, 40n), picos(61n))).toEqual({
      kind: 'refused',
      available: 60n,
    })
  })

  test('a raise of all that is available, and any lowering, is granted', () => {
    expect(decideHoldChange(limited(100n, 40n), picos(60n)).kind).toBe('held')
    expect(decideHoldChange(limited(100n, 100n), picos(-1n)).kind).toBe('held')
  })

  test('an account without a limit is never refused', () => {
    const balance = { ...limited(0n, 0n), isLimited: false }
    expect(decideHoldChange(balance, picos(1n)).kind).toBe('held')
  })
})
