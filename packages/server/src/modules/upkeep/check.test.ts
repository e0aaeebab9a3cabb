/** Active checks: on free nodes alone, one at a time, and what fails is not sold. */
import { afterAll, expect, test } from 'vitest'
import { listNodes } from '#modules/fleet/index.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { dcgmSlotsIn } from './check-output-service.ts'
import { stepCheck } from './check-steps.ts'
import { nextDue, verdictOf, verdictOfDcgm } from './check.ts'
import { gone, lease, claimOf, node, NOW } from './testing/sides.ts'
import { makeStand, POOL } from './testing/stand.ts'

const { db } = await cloneDatabase()
const stand = await makeStand(db)
afterAll(stand.dispose)

/** The pool of the stand with a check of its own. */
function checking(check: readonly string[], timeout = 60_000) {
  const [pool] = [...stand.deps.declared.values()]
  if (!pool) throw new Error('the stand has a pool')
  const health = {
    check: [...check],
    every: 3_600_000,
    timeout,
    onFailure: 'quarantine' as const,
    reads: 'exit_code' as const,
  }
  return { ...stand.deps, declared: new Map([[POOL, { ...pool, health }]]) }
}

test('the node that was not checked for the longest time is due, if it is ready and wholly free', () => {
  const nodes = [node('n1'), node('n2'), node('n3', { state: 'draining' })]
  const lastAt = new Map([['id-of-n2', new Date(NOW.getTime() - 5000)]])
  const view = { nodes, claims: [], lastAt, everyMs: 4000, now: NOW }
  expect(nextDue(view)?.name).toBe('n1')
  expect(nextDue({ ...view, claims: claimOf(lease('a')) })?.name).toBe('n2')
  expect(nextDue({ ...view, claims: claimOf(lease('a')), everyMs: 6000 })).toBeNull()
})

test('only a check that ran says something of a node', () => {
  const end = gone() as Parameters<typeof verdictOf>[0]
  const late = { isOverdue: true, timeoutMs: 5000 }
  const soon = { ...late, isOverdue: false }
  expect(verdictOf(end, late).state).toBe('passed')
  expect(verdictOf({ ...end, exitCode: 1 }, soon)).toEqual({
    state: 'failed',
    text: 'it ended with code 1',
  })
  expect(verdictOf({ ...end, exitCode: null, exitSignal: 'SIGKILL' }, late).text).toBe(
    'it took longer than 5 s',
  )
  expect(verdictOf({ ...end, how: 'start_failed', startedMs: null }, late).state).toBe(
    'inconclusive',
  )
  expect(verdictOf({ ...end, how: 'preempted' }, soon).state).toBe('inconclusive')
})

test('what DCGM prints decides, by the slots that it names; what cannot be read decides nothing', () => {
  const end = gone() as Parameters<typeof verdictOf>[0]
  const passed = { state: 'passed', text: 'it passed' } as const
  const report = (status: string, id = 1) =>
    JSON.stringify({
      'DCGM Diagnostic': {
        test_categories: [
          {
            category: 'Integration',
            tests: [{ name: 'pcie', results: [{ entity_group: 'GPU', entity_id: id, status }] }],
          },
        ],
      },
    })
  const judge = (printed: string, exitCode = 0) =>
    verdictOfDcgm({ ...end, exitCode }, passed, dcgmSlotsIn(printed, 4))
  expect(judge(report('Pass'))).toEqual(passed)
  expect(judge(report('Fail'), 226)).toMatchObject({
    ...{ state: 'failed', text: 'slot 1: DCGM: pcie says Fail' },
    faults: [{ slot: 1 }],
  })
  for (const [printed, code] of [
    [report('Pass'), 1],
    [report('Fail', 9), 226],
    ['Error: unable to connect', 1],
    ['', 0],
  ] as const)
    expect(judge(printed, code)).toMatchObject({
      state: 'inconclusive',
      text: expect.stringContaining('cannot be read as DCGM’s') as string,
    })
  const killed = { ...end, exitCode: null, exitSignal: 'SIGKILL' }
  const late = { state: 'failed', text: 'it took longer than 5 s' } as const
  expect(verdictOfDcgm(killed, late, dcgmSlotsIn(report('Pass'), 4))).toEqual(late)
})

test('a check runs on a free node under a claim for maintenance, beside leases, and is no stray', async () => {
  const running = await stand.lease({ gpus: 4 })
  const { node: busy } = await stand.placeOf(running)
  const deps = checking(['sh', '-c', 'run'])
  await stepCheck(deps, POOL)
  const held = (await stand.book()).filter((each) => each.endsWith('maintenance'))
  expect(held).toHaveLength(4)
  expect(held.some((each) => each.startsWith(busy))).toBe(false)
  await stepCheck(deps, POOL)
  expect((await stand.book()).filter((each) => each.endsWith('maintenance'))).toEqual(held)
  await stand.reconcile()
  expect(await stand.reconcile()).toEqual([])
  expect((await stand.find(running.id)).state).toBe('running')
})

test('a check that takes too long is stopped, its node quarantined, and its slots are held as faulty', async () => {
  const deps = checking(['sh', '-c', 'run'], 0)
  await untilTrue(async () => {
    await stepCheck(deps, POOL)
    return (await listNodes(db)).some(({ state }) => state === 'faulty') ? true : null
  })
  const [faulty] = (await listNodes(db)).filter(({ state }) => state === 'faulty')
  expect(faulty?.reason).toBe('health check: it took longer than 0 s')
  await stand.reconcile()
  expect((await stand.book()).filter((each) => each === `${faulty?.name}/0 faulty`)).toHaveLength(1)
})

test('a check that passes leaves its node as it was, and the next node is looked for', async () => {
  const deps = checking(['exit', '0'])
  await stepCheck(deps, POOL)
  await untilTrue(async () => {
    await stepCheck(deps, POOL)
    return (await stand.eventTypes()).includes('node.check_passed') ? true : null
  })
  expect((await listNodes(db)).filter(({ state }) => state === 'faulty')).toHaveLength(1)
})
