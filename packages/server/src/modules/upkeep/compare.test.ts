import { expect, test } from 'vitest'
import { partSettling } from './cases.ts'
import { compare } from './compare.ts'
import {
  book,
  claimOf,
  engine,
  found,
  gone,
  lease,
  node,
  NOW,
  runs,
  work,
} from './testing/sides.ts'

function kindsOf(...sides: Parameters<typeof compare>): string[] {
  return compare(...sides).cases.map(({ kind, subject }) => `${kind} ${subject}`)
}

test('book and engine that agree have no cases', () => {
  expect(compare(book([lease('a')]), engine({ 'a-1': runs() }))).toEqual({
    cases: [],
    forgettable: [],
  })
})

test('an attempt that the book has never heard of is a stray, and what is seen of it is kept as evidence', () => {
  const [stray] = compare(book([]), engine({ 'x-1': runs() })).cases
  expect(stray).toMatchObject({ kind: 'stray_attempt', subject: 'x-1' })
  expect(stray?.data).toMatchObject({ observation: { state: 'running' } })
})

test('akash#627 work of a lease that has ended is found while it still runs', () => {
  const ended = lease('a', { state: 'ended', endedAt: NOW, placements: [] })
  expect(kindsOf(book([ended]), engine({ 'a-1': runs() }))).toEqual(['ended_lease_runs a-1'])
})

test('sky#4410 an older attempt that still runs beside the newer one is found', () => {
  const again = lease('a', { attempt: 2 })
  const seen = engine({ 'a-1': runs(), 'a-2': runs() })
  expect(kindsOf(book([again]), seen)).toEqual(['old_attempt_runs a-1'])
})

test('sky#779 an attempt that runs while its lease waits for room is not taken for the next one', () => {
  const waiting = lease('a', { state: 'pending', placements: [], startedAt: null })
  expect(kindsOf(book([waiting], { claims: [] }), engine({ 'a-1': runs() }))).toEqual([
    'old_attempt_runs a-1',
  ])
})

test('sky#7318 what vanished without a word is lost: the claim stays and somebody is told', () => {
  const lost = compare(book([lease('a')]), engine({}))
  expect(lost.cases).toMatchObject([{ kind: 'attempt_lost', subject: 'a' }])
})

test('akash#128 an engine that starts with nothing loses every record and frees no slot', () => {
  const leases = [lease('a'), lease('b', { placements: [{ nodeId: 'id-of-n2', slots: [1] }] })]
  expect(kindsOf(book(leases), engine({}))).toEqual(['attempt_lost a', 'attempt_lost b'])
})

test('kueue#6757 what an engine cannot tell of stays claimed, and is a case of its own', () => {
  const seen = engine({ 'a-1': { state: 'unknown', text: 'gpu1 does not answer' } })
  expect(kindsOf(book([lease('a')]), seen)).toEqual(['attempt_unknown a'])
})

test('dstack#1551 a lease is not over before the engine says that it is gone', () => {
  const { cases } = compare(book([lease('a')]), engine({ 'a-1': gone() }))
  expect(cases).toMatchObject([{ kind: 'gone_not_closed', subject: 'a' }])
  expect(partSettling(cases, new Set()).standing).toEqual([])
})

test('kueue#1654 what is over is forgotten, never taken up again', () => {
  const ended = lease('a', { state: 'ended', endedAt: NOW, placements: [] })
  expect(compare(book([ended]), engine({ 'a-1': gone() }))).toEqual({
    cases: [],
    forgettable: ['a-1'],
  })
})

test('a lease that starts and that the engine has not heard of yet is no case', () => {
  const starting = lease('a', { state: 'starting', startedAt: null })
  expect(kindsOf(book([starting]), engine({}))).toEqual([])
})

test('slots that the engine chose otherwise are found', () => {
  const seen = engine({ 'a-1': runs({ placements: [{ node: 'n1', slots: [3] }] }) })
  expect(kindsOf(book([lease('a')]), seen)).toEqual(['placements_differ a'])
  const same = engine({ 'a-1': runs({ placements: [{ node: 'n1', slots: [0] }] }) })
  expect(kindsOf(book([lease('a')]), same)).toEqual([])
})

test('akash#430 a claim whose lease has ended is found, by the ids of its claims', () => {
  const ended = lease('a', { state: 'ended', endedAt: NOW })
  const { cases } = compare(book([ended], { claims: claimOf(ended) }), engine({}))
  expect(cases).toMatchObject([
    { kind: 'claim_without_lease', subject: 'a', data: { claimIds: ['claim-of-a'] } },
  ])
})

test('a lease without the claims for its slots is found, before somebody else gets them', () => {
  const sides = [book([lease('a')], { claims: [] }), engine({ 'a-1': runs() })] as const
  expect(kindsOf(...sides)).toEqual(['lease_without_claim a'])
})

test('nodes are compared by name, both ways, and a change that is due is shown', () => {
  const due = node('n1', { changeReason: 'it should have 8 slots instead of 4' })
  const sides = [
    book([], { nodes: [due, node('n2')] }),
    engine({}, { inventory: [found('n1', { slotCountMax: 8 }), found('n3')] }),
  ] as const
  expect(kindsOf(...sides)).toEqual(['node_unknown n3', 'slot_count_changed n1', 'node_missing n2'])
})

test('work of the owner on slots that the book has given away is a conflict', () => {
  const foreign = { bootId: 'boot', confirmedMs: 1000, work: [work()] }
  const sides = [book([lease('a')]), engine({ 'a-1': runs() }, { foreign })] as const
  expect(kindsOf(...sides)).toEqual(['foreign_conflict 4711'])
  const adopted = lease('f', { kind: 'anchor', engineRun: '4711' })
  expect(kindsOf(book([adopted]), engine({}, { foreign }))).toEqual([])
})

test('accounting of the engine that differs by more than the tolerance is shown, and bills follow ours', () => {
  const startedMs = NOW.getTime()
  const usage = [{ attemptId: 'a-1', gpus: 1, startedMs: startedMs + 9000, endedMs: null }]
  const near = engine({ 'a-1': runs() }, { usage })
  expect(kindsOf(book([lease('a')]), near)).toEqual([])
  const far = engine(
    { 'a-1': runs() },
    { usage: [{ attemptId: 'a-1', gpus: 2, startedMs, endedMs: null }] },
  )
  expect(compare(book([lease('a')]), far).cases).toMatchObject([
    {
      kind: 'usage_differs',
      subject: 'a',
      text: expect.stringContaining('2 GPUs instead of 1') as string,
    },
  ])
})

test('what may be a step under way counts only when it is found again; a stray counts at once', () => {
  const { cases } = compare(book([lease('a')]), engine({ 'x-1': runs() }))
  const first = partSettling(cases, new Set())
  expect(first.standing.map((each) => each.kind)).toEqual(['stray_attempt'])
  const again = partSettling(cases, new Set(['attempt_lost a']))
  expect(again.standing.map((each) => each.kind)).toEqual(['stray_attempt', 'attempt_lost'])
})
