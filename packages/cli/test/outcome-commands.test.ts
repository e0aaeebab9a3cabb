/** Outcomes through the binary: reporting, one task, and what a success costs. */
import type { Outcome, OutcomeCost, OutcomeReport } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

function outcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    ...{ id: 'out_06f3k0000000000000000000aa', taskId: 'job-1', result: 'success', value: 0.9 },
    ...{ note: null, reporter: 'key_06f3k0000000000000000000aa', reporterName: 'ci' },
    ...{ reportedAt: AT, isCurrent: true, ...changes },
  }
}

function cost(changes: Partial<OutcomeCost> = {}): OutcomeCost {
  return {
    ...{ model: 'llama', routeVersion: 3, tasks: 50, judged: 40, successes: 30, attempts: 70 },
    ...{ tries: 80, retried: 12, fellBack: 4, costUsd: '5', judgedCostUsd: '4' },
    ...{ successRate: 0.75, successRateInterval: { low: 0.598, high: 0.858 } },
    costPerSuccessUsd: '0.133333333333',
    costPerSuccessInterval: { lowUsd: '0.11', highUsd: '0.17' },
    ...{ noIntervalBecause: null, costPerSuccessAtMostUsd: '0.166666666667' },
    ...{ valueMean: 0.8, values: 30, secondsToOutcome: 90, ...changes },
  }
}

function report(changes: Partial<OutcomeReport> = {}): OutcomeReport {
  return {
    ...{ from: AT, to: AT, currency: 'USD', knownSince: AT, isCut: false, by: 'route' },
    ...{ rows: [cost()], total: cost({ model: '', routeVersion: null }), cutTasks: 2 },
    coverage: { spendShare: 0.5, taskShare: 0.8 },
    reconciliation: {
      ...{ chargedUsd: '10', tasksUsd: '5', untaskedUsd: '4.5', gpuTimeUsd: '0.5' },
      ...{ isHeld: true, differences: [] },
    },
    ...changes,
  }
}

test('a report carries its value and the caller\u2019s own key', async () => {
  const words = [
    'outcome',
    'report',
    'job-1',
    'success',
    '--value',
    '0.9',
    '--idempotency-key',
    'k1',
  ]
  const seen: unknown[] = []
  const { stdout, stderr, code } = await run(words, {
    answers: {
      reportOutcome: ({ body }) => {
        seen.push(body)
        return outcome()
      },
    },
  })
  expect([stderr, code]).toEqual(['', 0])
  expect(seen).toEqual([{ taskId: 'job-1', result: 'success', value: 0.9 }])
  expect(stdout).toMatch(/result +success/)
  const wrong = await run(['outcome', 'report', 'job-1', 'perhaps'])
  expect(wrong.code).not.toBe(0)
})

test('a cost is shown with its interval, or with why there is none, and with the ledger\u2019s sum', async () => {
  const { stdout } = await run(['outcome', 'cost'], {
    answers: { getOutcomeCost: () => report() },
  })
  expect(stdout).toMatch(/llama v3 .* 75\.0 % \(59\.8 % to 85\.8 %\) +0\.133333 +0\.11 to 0\.17/)
  expect(stdout).toContain('5 tasks + 4.5 without a task + 0.5 GPU time')
  expect(stdout).toContain('= 10 USD charged, exactly')
  const few = cost({ costPerSuccessInterval: null, noIntervalBecause: 'too_few_tasks' })
  const none = await run(['outcome', 'cost'], {
    answers: { getOutcomeCost: () => report({ rows: [few], isCut: true }) },
  })
  expect(none.stdout).toContain('too few tasks to say')
  expect(none.stdout).toContain('it is not known any more')
  const empty = await run(['outcome', 'cost'], {
    answers: { getOutcomeCost: () => report({ rows: [] }) },
  })
  expect(empty.stdout).toContain('x-spillway-task-id')
})

test('a task shows its attempts and what was reported, the list what was superseded', async () => {
  const attempt = {
    ...{ id: '0190a3c0-0000-7000-8000-000000000001', startedAt: AT, endedAt: AT, asked: 'llama' },
    ...{ model: 'big', routeVersion: null, tries: 2, tokens: '120', chargedUsd: '0.002' },
  }
  const task = { taskId: 'job-1', costUsd: '0.002', attempts: [attempt], outcomes: [outcome()] }
  const shown = await run(['outcome', 'task', 'job-1'], { answers: { getTask: () => task } })
  expect(shown.stdout).toMatch(/llama +big +2 +120 +0\.002/)
  const old = outcome({ isCurrent: false, result: 'failure' })
  const { stdout } = await run(['outcome', 'list', '--task', 'job-1'], {
    answers: { listOutcomes: () => page([outcome(), old]) },
  })
  expect(stdout).toMatch(/failure .* superseded/)
})
