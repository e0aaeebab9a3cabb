/** The simulated cluster as a pure function: the same journal and the same instant are the same cluster. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { Cluster } from './cluster.ts'
import type { ClusterEvent } from './event.ts'
import { SMALL_LAYOUT } from './testing/simulated-bench.ts'
import { listForeign, listInventory, listUsage, observeAttempt } from './view.ts'

const BOOT = { at: 0, type: 'booted', bootId: 'b1', monotonicMs: 0, wallMs: 0 } as const
const BEGIN: readonly ClusterEvent[] = [BOOT, { at: 0, type: 'declared', layout: SMALL_LAYOUT }]

function clusterOf(events: readonly ClusterEvent[], nowMs: number): Cluster {
  const cluster = new Cluster()
  for (const event of [...BEGIN, ...events]) cluster.apply(event)
  cluster.advance(nowMs)
  return cluster
}

function admitted(
  attemptId: string,
  parts: Partial<{
    at: number
    kind: string
    command: readonly string[]
    nodes: readonly string[]
    slots: readonly number[]
  }> = {},
): ClusterEvent {
  const { at = 0, kind = 'spot', command = ['train'], nodes = ['sim-001'], slots = [0] } = parts
  const placements = nodes.map((node) => ({ node, slots }))
  return { at, type: 'admitted', work: { attemptId, kind, placements, command } }
}

/** All that anybody can see of it. */
function show(cluster: Cluster): unknown {
  const seen = [...cluster.attempts.keys()].map((id) => [id, observeAttempt(cluster, BOOT, id)])
  return [seen, listInventory(cluster), listForeign(cluster, BOOT), listUsage(cluster, BOOT, 0)]
}

const node = fc.constantFrom('sim-001', 'sim-002', 'sim-003', 'sim-004')
const attemptId = fc.constantFrom('a', 'b', 'c', 'd')
const happening = fc.oneof(
  fc.record({
    type: fc.constant('admitted' as const),
    work: fc.record({
      attemptId,
      kind: fc.constantFrom('spot', 'flex', 'on_demand'),
      placements: fc
        .uniqueArray(node, { minLength: 1 })
        .map((nodes) => nodes.map((name) => ({ node: name, slots: [0, 1] }))),
      command: fc.constantFrom(['train'], ['sleep', '1'], ['ignore-term'], ['start-delay', '2']),
    }),
  }),
  fc.record({ type: fc.constant('stop_asked' as const), attemptId, graceMs: fc.nat(3000) }),
  fc.record({ type: fc.constant('forgotten' as const), attemptId }),
  fc.record({
    type: fc.constant('node_lost' as const),
    node,
    reason: fc.constant('r'),
    work: fc.constantFrom('dies' as const, 'goes_on' as const),
  }),
  fc.record({ type: fc.constant('node_back' as const), node }),
  fc.record({ type: fc.constant('drained' as const), node, reason: fc.constant('r') }),
  fc.record({ type: fc.constant('resumed' as const), node }),
  fc.record({
    type: fc.constant('foreign_submitted' as const),
    job: fc.record({
      runId: fc.constantFrom('1', '2', '3'),
      name: fc.constant('n'),
      user: fc.constant('u'),
      account: fc.constant('a'),
      nodes: fc.integer({ min: 1, max: 4 }),
      gpusPerNode: fc.integer({ min: 1, max: 4 }),
      durationMs: fc.option(fc.nat(4000)),
      timeLimitMs: fc.constant(null),
    }),
  }),
  fc.record({ type: fc.constant('foreign_ended' as const), runId: fc.constantFrom('1', '2', '3') }),
)
const journal = fc.array(fc.tuple(fc.nat(1500), happening), { maxLength: 30 }).map((steps) => {
  let at = 0
  return steps.map(([pauseMs, each]): ClusterEvent => ({ ...each, at: (at += pauseMs) }))
})

describe('a pure function of its journal and the instant', () => {
  test('whether it was looked at in between or not makes no difference', () => {
    fc.assert(
      fc.property(journal, fc.array(fc.nat(60_000)), (events, looks) => {
        const looked = new Cluster()
        const times = looks.toSorted((a, b) => a - b)
        for (const event of [...BEGIN, ...events]) {
          while ((times[0] ?? Infinity) < event.at) looked.advance(times.shift() ?? 0)
          looked.apply(event)
        }
        looked.advance(90_000)
        expect(show(looked)).toEqual(show(clusterOf(events, 90_000)))
      }),
    )
  })

  test('no slot has two at once, gangs have all or nothing, and nobody has what nobody can', () => {
    fc.assert(
      fc.property(journal, (events) => {
        const cluster = new Cluster()
        for (const event of [...BEGIN, ...events]) {
          cluster.apply(event)
          for (const attempt of cluster.attempts.values())
            for (const { node: name, slots } of attempt.placements)
              for (const slot of slots) {
                const owner = present(cluster.floor.nodes.get(name), name).owners[slot]
                expect(owner === attempt).toBe(attempt.hasSlots)
              }
        }
      }),
    )
  })

  test('what was gone stays as it was told', () => {
    fc.assert(
      fc.property(journal, (events) => {
        const cluster = new Cluster()
        const gone = new Map<string, unknown>()
        for (const event of [...BEGIN, ...events]) {
          cluster.apply(event)
          for (const id of cluster.attempts.keys()) {
            const seen = observeAttempt(cluster, BOOT, id)
            if (gone.has(id) && seen.state !== 'absent') expect(seen).toEqual(gone.get(id))
            if (seen.state === 'gone') gone.set(id, seen)
          }
        }
      }),
    )
  })
})

test('work that was to end while nobody looked has ended at its own instant', () => {
  const cluster = clusterOf([admitted('a', { command: ['sleep', '30'] })], 3_600_000)
  const want = { state: 'gone', startedMs: 0, goneMs: 30_000, exitCode: 0, how: 'exited' }
  expect(observeAttempt(cluster, BOOT, 'a')).toMatchObject(want)
})

test('a gang waits until all of its slots are free, and holds none of them meanwhile', () => {
  const events = [
    admitted('a', { command: ['sleep', '10'] }),
    admitted('gang', { nodes: ['sim-001', 'sim-002'] }),
    admitted('b', { nodes: ['sim-002'], command: ['sleep', '5'] }),
  ]
  expect(observeAttempt(clusterOf(events, 1000), BOOT, 'gang')).toMatchObject({ state: 'starting' })
  expect(observeAttempt(clusterOf(events, 1000), BOOT, 'b')).toMatchObject({ state: 'running' })
  const want = { state: 'running', startedMs: 10_000 }
  expect(observeAttempt(clusterOf(events, 60_000), BOOT, 'gang')).toMatchObject(want)
})

test('work behind a cut cable goes on unseen, and ends at its own instant', () => {
  const events: readonly ClusterEvent[] = [
    admitted('a', { command: ['sleep', '30'] }),
    { at: 10_000, type: 'node_lost', node: 'sim-001', reason: 'cable', work: 'goes_on' },
  ]
  expect(observeAttempt(clusterOf(events, 60_000), BOOT, 'a').state).toBe('unknown')
  const back = clusterOf([...events, { at: 70_000, type: 'node_back', node: 'sim-001' }], 70_000)
  const want = { state: 'gone', how: 'exited', goneMs: 30_000, exitCode: 0 }
  expect(observeAttempt(back, BOOT, 'a')).toMatchObject(want)
})

test('a stop that could not be delivered is delivered when the node is back', () => {
  const events: readonly ClusterEvent[] = [
    admitted('a'),
    { at: 10_000, type: 'node_lost', node: 'sim-001', reason: 'cable', work: 'goes_on' },
    { at: 20_000, type: 'stop_asked', attemptId: 'a', graceMs: 0 },
    { at: 30_000, type: 'node_back', node: 'sim-001' },
  ]
  const want = { state: 'gone', goneMs: 30_000 }
  expect(observeAttempt(clusterOf(events, 30_000), BOOT, 'a')).toMatchObject(want)
})

test('what a failed GPU had is lost at that instant, and the slot is told as faulty', () => {
  const failed: ClusterEvent = {
    at: 5000,
    type: 'slot_failed',
    node: 'sim-001',
    slot: 0,
    reason: 'Xid 79',
    work: 'dies',
  }
  const cluster = clusterOf([admitted('a'), failed], 9000)
  expect(observeAttempt(cluster, BOOT, 'a')).toMatchObject({
    state: 'gone',
    how: 'lost',
    goneMs: 5000,
  })
  expect(listInventory(cluster)[0]?.faults).toEqual([{ slot: 0, reason: 'Xid 79', isLost: false }])
})

test('on-demand work is not pushed aside by the owner\u2019s jobs, and flex goes before spot', () => {
  const events: readonly ClusterEvent[] = [
    admitted('firm', { kind: 'on_demand', slots: [0, 1] }),
    admitted('spot', { kind: 'spot', slots: [2] }),
    admitted('flex', { kind: 'flex', slots: [3] }),
    {
      at: 1000,
      type: 'foreign_submitted',
      job: {
        runId: '1',
        name: 'n',
        user: 'u',
        account: 'a',
        nodes: 1,
        gpusPerNode: 1,
        durationMs: null,
        timeLimitMs: null,
      },
    },
    { at: 1000, type: 'node_lost', node: 'sim-002', reason: 'r', work: 'dies' },
  ]
  const cluster = new Cluster()
  const one = { ...SMALL_LAYOUT, nodes: 1 }
  for (const event of [BOOT, { at: 0, type: 'declared', layout: one } as const, ...events])
    cluster.apply(event)
  cluster.advance(10_000)
  const state = (id: string) => observeAttempt(cluster, BOOT, id).state
  expect(['firm', 'spot', 'flex'].map(state)).toEqual(['running', 'running', 'gone'])
  expect(listForeign(cluster, BOOT).work).toMatchObject([{ state: 'running', startedMs: 1100 }])
})
