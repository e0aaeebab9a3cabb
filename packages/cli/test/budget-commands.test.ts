/** Budgets through the binary: what is spent, setting and deleting. */
import type { Budget } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()
const BUDGET_ID = 'bud_06f3k0000000000000000000aa'

function budget(changes: Partial<Budget> = {}): Budget {
  return {
    ...{ id: BUDGET_ID, organizationId: 'org_06f3k0000000000000000000aa', organization: 'demo' },
    ...{ setBy: 'organization', projectId: null, apiKeyId: null, endUser: null, period: 'month' },
    ...{ amountUsd: '50', alerts: [80, 100], setAt: AT, startsAt: AT, endsAt: null },
    ...{ spentUsd: '12.5', heldUsd: '1', leftUsd: '36.5', endUsers: null },
    ...changes,
  }
}

test('the list says what is spent, held and left, and who has a budget of its own', async () => {
  const each = budget({ endUser: '*', leftUsd: null, endUsers: 3, setBy: 'operator' })
  const { stdout, code } = await run(['budget', 'list'], {
    answers: { listBudgets: () => page([budget(), each]) },
  })
  expect(stdout).toMatch(/demo +all +month +50.* 12\.50? .* 36\.50? +organization/)
  expect(stdout).toMatch(/each end user .* each of 3 +operator/)
  expect(code).toBe(0)
  const none = await run(['budget', 'list'], { answers: { listBudgets: () => page([]) } })
  expect(none.stdout).toContain('no budget')
})

test('a budget is set for a period and whom it is of, and deleted by the end of its id', async () => {
  const bodies: unknown[] = []
  const answers = {
    setBudget: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return budget()
    },
    listBudgets: () => page([budget()]),
    deleteBudget: () => ({ ok: true as const }),
  }
  const flags = [
    '--usd',
    '50',
    '--period',
    'day',
    '--end-user',
    '*',
    '--alert',
    '50',
    '--alert',
    '90',
  ]
  const { stdout } = await run(['budget', 'set', ...flags], { answers })
  expect(bodies).toEqual([{ amountUsd: '50', period: 'day', endUser: '*', alerts: [50, 90] }])
  expect(stdout).toContain(BUDGET_ID)
  const gone = await run(['budget', 'delete', 'aa'], { answers })
  expect(gone.stdout).toContain(`deleted ${BUDGET_ID}`)
})
