/** Which budgets hold for whom, which period is meant, and when to tell. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picos } from '#kernel/money.ts'
import { type Budget, dueAlert, inForce, keyOf, periodOf, type Spender } from './budget.ts'

const AT = new Date('2026-01-01T12:00:00.000Z')

function budget(parts: Partial<Budget> & Pick<Budget, 'id'>): Budget {
  return {
    ...{ organizationId: 'org', projectId: null, apiKeyId: null, endUser: null, period: 'day' },
    ...{ setBy: 'organization', amount: picos(100n), alerts: [80, 100], setAt: AT },
    ...parts,
  }
}

const spender: Spender = {
  ...{ organizationId: 'org', projectId: 'prj', apiKeyId: 'key', endUser: 'ann' },
}

test('all budgets that cover a request hold for it, and no other', () => {
  const budgets = [
    budget({ id: 'all' }),
    budget({ id: 'project', projectId: 'prj' }),
    budget({ id: 'key', apiKeyId: 'key' }),
    budget({ id: 'elsewhere', organizationId: 'other' }),
    budget({ id: 'other project', projectId: 'x' }),
    budget({ id: 'other key', apiKeyId: 'x' }),
    budget({ id: 'other user', endUser: 'bob' }),
  ]
  expect(inForce(budgets, spender).map(({ id }) => id)).toEqual(['all', 'project', 'key'])
})

test('an end user has the budget of each, unless it has one of its own for the same', () => {
  const each = budget({ id: 'each', endUser: '*' })
  const own = budget({ id: 'own', endUser: 'ann' })
  const ofMonth = budget({ id: 'month', endUser: 'ann', period: 'month' })
  const ids = (budgets: Budget[], endUser: string | null) =>
    inForce(budgets, { ...spender, endUser }).map(({ id }) => id)
  expect(ids([each, own], 'ann')).toEqual(['own'])
  expect(ids([each, own], 'bob')).toEqual(['each'])
  expect(ids([each, ofMonth], 'ann')).toEqual(['each', 'month'])
  expect(ids([each, own], null)).toEqual(['each'])
  expect(ids([each, budget({ id: 'operator', endUser: 'ann', setBy: 'operator' })], 'ann')).toEqual(
    [...['each', 'operator']],
  )
})

test('each end user has a purse, those unnamed share one, and others have one together', () => {
  const each = budget({ id: 'each', endUser: '*' })
  expect(keyOf(each, 'ann', AT).subject).toBe('ann')
  expect(keyOf(each, null, AT).subject).toBe('')
  expect(keyOf(budget({ id: 'all' }), 'ann', AT).subject).toBe('')
})

test('every instant is in its period, and periods follow on each other', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.constantFrom('day' as const, 'week' as const, 'month' as const),
      (at, period) => {
        const { startsAt, endsAt } = periodOf(period, at)
        if (endsAt === null) throw new Error('it ends')
        expect(startsAt <= at && at < endsAt).toBe(true)
        expect(periodOf(period, endsAt).startsAt).toEqual(endsAt)
        expect(periodOf(period, startsAt).startsAt).toEqual(startsAt)
      },
    ),
  )
  expect(periodOf('week', new Date('2026-11-29T23:59:59Z')).startsAt).toEqual(
    new Date('2026-11-23T00:00:00Z'),
  )
  expect(periodOf('total', AT).endsAt).toBe(null)
})

test('an alert is due once, the highest of those that were passed', () => {
  const of = (spent: bigint, alerted = 0) =>
    dueAlert(budget({ id: 'b' }), { spent: picos(spent), alerted })
  expect(of(79n)).toBe(null)
  expect(of(80n)).toBe(80)
  expect(of(100n)).toBe(100)
  expect(of(99n, 80)).toBe(null)
  expect(of(120n, 100)).toBe(null)
})
