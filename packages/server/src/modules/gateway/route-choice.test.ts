/** Which server is tried next: without rules, and by groups, weights, objectives and what a request prefers. */
import { RouteDocument } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { CLOSED } from './breaker.ts'
import { chooseTarget, IDLE, type RoutingDecision, type RoutingSnapshot } from './route-choice.ts'
import { aRoute, aTarget, aWish } from './testing/routes.ts'

const [a, b, c] = [aTarget('a'), aTarget('b'), aTarget('c')]

const CASES: readonly {
  name: string
  loads: Record<string, [number, number]>
  tried?: string[]
  turn?: number
  want: string | null
  why?: RoutingDecision['reason']
}[] = [
  { name: 'the least busy is chosen', loads: { a: [3, 0], b: [1, 0], c: [2, 0] }, want: 'b' },
  { name: 'equals take turns', loads: {}, turn: 2, want: 'c' },
  { name: 'one that was tried is not tried again', loads: {}, tried: ['a'], want: 'b' },
  {
    name: 'one that just failed comes last',
    loads: { a: [0, 2000], b: [9, 0], c: [9, 2000] },
    want: 'b',
  },
  {
    name: 'one that failed is better than none',
    loads: { a: [0, 2000] },
    tried: ['b', 'c'],
    want: 'a',
    why: 'failed_lately',
  },
  {
    name: 'one that failed long ago is like any other',
    loads: { a: [0, 500], b: [1, 0], c: [1, 0] },
    want: 'a',
  },
  {
    name: 'when all were tried there is none',
    loads: {},
    tried: ['a', 'b', 'c'],
    want: null,
    why: 'none_left',
  },
]

type Parts = Partial<RoutingSnapshot> & { readonly loads?: Record<string, [number, number]> }

function snapshot({ loads = {}, ...parts }: Parts): RoutingSnapshot {
  const load: RoutingSnapshot['load'] = (id) => {
    const [inFlight, avoidUntilMs] = loads[id] ?? []
    return inFlight === undefined
      ? undefined
      : { ...IDLE, inFlight, avoidUntilMs: avoidUntilMs ?? 0 }
  }
  const route = aRoute({ targets: [a, b, c] })
  const rest = { find: () => null, wish: null, tried: [], nowMs: 1000, turn: 0 }
  return { route, load, ...rest, ...parts }
}

describe.each([
  ['without rules', null],
  ['with a document that names all', aWish({})],
])('%s', (_, wish) => {
  const document = RouteDocument.parse({
    groups: [{ name: 'all', targets: [{ kind: 'replicas' }] }],
  })
  const policy = wish === null ? null : { version: 1, document }
  const route = aRoute({ targets: [a, b, c], policy })

  test.each(CASES)('$name', ({ want, why = 'least_busy', ...parts }) => {
    const { target, reason } = chooseTarget(snapshot({ ...parts, wish, route }))
    expect(target?.id ?? null).toBe(want)
    // What is left alone is the only one.
    if (wish === null || why !== 'least_busy') expect(reason).toBe(why)
  })
})

test('a model with one server says so', () => {
  const route = aRoute({ targets: [a] })
  expect(chooseTarget(snapshot({ route }))).toMatchObject({ target: a, reason: 'only_one' })
})

function ruled(document: unknown, parts: Parts = {}) {
  const policy = { version: 1, document: RouteDocument.parse(document) }
  const theirs = aTarget('ups_x', { kind: 'upstream', providerName: 'api.example.com' })
  const route = aRoute({ targets: [a, b, theirs], policy })
  return chooseTarget(snapshot({ wish: aWish({}), route, ...parts }))
}

describe('a document', () => {
  const groups = [
    { name: 'ours', targets: [{ kind: 'replicas' }] },
    { name: 'theirs', targets: [{ kind: 'upstreams' }] },
  ]

  test('asks a later group only when nobody of an earlier one is able', () => {
    expect(ruled({ groups })).toMatchObject({ target: { id: 'a' }, group: 'ours' })
    const loads = { a: [0, 2000], b: [0, 2000] } as Record<string, [number, number]>
    expect(ruled({ groups }, { loads })).toMatchObject({ group: 'theirs', reason: 'only_one' })
    expect(ruled({ groups }, { loads, tried: ['ups_x'] })).toMatchObject({
      ...{ target: { id: 'a' }, group: 'ours', reason: 'failed_lately' },
    })
  })

  test('asks a group only under its conditions', () => {
    const [ours, theirs] = groups
    const limited = { groups: [{ ...ours, when: { tags: ['urgent'] } }, theirs] }
    expect(ruled(limited)).toMatchObject({ group: 'theirs' })
    const wish = aWish({ facts: { tags: ['urgent'] } })
    expect(ruled(limited, { wish })).toMatchObject({ group: 'ours' })
  })

  test('lets another model stand in, and says whose price holds', () => {
    const other = aRoute({ model: 'other', targets: [aTarget('z')] })
    const standIn = {
      groups: [...groups, { name: 'other', targets: [{ kind: 'model', model: 'other' }] }],
    }
    const find = (model: string) => (model === 'other' ? other : null)
    const tried = ['a', 'b', 'ups_x']
    expect(ruled(standIn, { find, tried })).toMatchObject({ target: { id: 'z' }, route: other })
  })

  test('keeps weights over many requests', () => {
    const weighted = {
      groups: [
        {
          ...{ name: 'split', objective: 'weighted' },
          targets: [
            { kind: 'replicas', weight: 1 },
            { kind: 'upstream', upstream: `ups_${'0'.repeat(26)}`, weight: 8 },
          ],
        },
      ],
    }
    const theirs = aTarget(`ups_${'0'.repeat(26)}`, { kind: 'upstream' })
    const policy = { version: 1, document: RouteDocument.parse(weighted) }
    const route = aRoute({ targets: [a, b, theirs], policy })
    const chosen = Array.from({ length: 1000 }, (_, turn) =>
      chooseTarget(snapshot({ route, wish: aWish({}), turn })),
    )
    const share = (id: string) => chosen.filter(({ target }) => target?.id === id).length
    for (const [id, want] of [
      [a.id, 100],
      [b.id, 100],
      [theirs.id, 800],
    ] as const)
      expect(Math.abs(share(id) - want)).toBeLessThanOrEqual(10)
  })

  test('takes what costs least, and what is not known for the dearest', () => {
    const cost = (usd: string) => ({ input: money(usd), output: money(usd) })
    const targets = [
      aTarget('a', { cost: null }),
      aTarget('b', { cost: cost('3') }),
      aTarget('c', { cost: cost('2') }),
    ]
    const document = RouteDocument.parse({
      groups: [{ name: 'all', objective: 'cost', targets: [{ kind: 'replicas' }] }],
    })
    const route = aRoute({ targets, policy: { version: 1, document } })
    const choose = (tried: string[]) => chooseTarget(snapshot({ route, wish: aWish({}), tried }))
    expect(choose([])).toMatchObject({ target: { id: 'c' }, reason: 'cheapest' })
    expect(choose(['c']).target?.id).toBe('b')
    expect(choose(['b', 'c']).target?.id).toBe('a')
  })
})

describe('a server whose breaker is open', () => {
  const open = { ...CLOSED, openUntilMs: 2000, openings: 1 }
  const groups = [{ name: 'all', targets: [{ kind: 'replicas' }] }]
  const loads =
    (breakers: Record<string, typeof CLOSED>): RoutingSnapshot['load'] =>
    (id) => ({ ...IDLE, breaker: breakers[id] ?? CLOSED })

  test.each([null, aWish({})])('is asked last, and never for one more try', (wish) => {
    const policy = wish && { version: 1, document: RouteDocument.parse({ groups }) }
    const route = aRoute({ targets: [a, b], policy })
    const load = loads({ a: open })
    const choose = (tried: string[]) => chooseTarget(snapshot({ route, wish, load, tried }))
    expect(choose([]).target?.id).toBe('b')
    expect(choose(['b'])).toMatchObject({ target: null, reason: 'none_left' })
    const both = loads({ a: open, b: open })
    expect(chooseTarget(snapshot({ route, wish, load: both }))).toMatchObject({
      reason: 'failed_lately',
    })
  })

  test.each([null, aWish({})])('lets one request at a time probe it when half open', (wish) => {
    const policy = wish && { version: 1, document: RouteDocument.parse({ groups }) }
    const route = aRoute({ targets: [a, b], policy })
    const choose = (isProbing: boolean) =>
      chooseTarget(
        snapshot({ route, wish, nowMs: 3000, load: loads({ a: { ...open, isProbing } }) }),
      )
    expect(choose(false).target?.id).toBe('a')
    expect(choose(true).target?.id).toBe('b')
  })
})

describe('what servers say of themselves', () => {
  const document = (objective: string) => ({
    groups: [{ name: 'all', objective, targets: [{ kind: 'replicas' }] }],
  })
  const load =
    (own: Record<string, { waiting: number; kvUse: number }>): RoutingSnapshot['load'] =>
    (id) => ({ ...IDLE, own: own[id] ?? null })

  test('counts: requests that wait there, and a memory that is nearly full', () => {
    const waiting = load({ a: { waiting: 3, kvUse: 0.1 } })
    expect(ruled(document('least_busy'), { load: waiting }).target?.id).toBe('b')
    const full = load({ a: { waiting: 0, kvUse: 0.99 }, b: { waiting: 5, kvUse: 0.2 } })
    expect(ruled(document('least_busy'), { load: full }).target?.id).toBe('b')
  })

  test('moves a conversation from its home only when that has more than its share', () => {
    const wish = aWish({ facts: { prefix: 42 } })
    const home = ruled(document('prefix_affinity'), { wish })
    expect(home.reason).toBe('prefix')
    const id = home.target?.id ?? ''
    for (let turn = 0; turn < 5; turn++)
      expect(ruled(document('prefix_affinity'), { wish, turn }).target?.id).toBe(id)
    const crowded = load({ [id]: { waiting: 9, kvUse: 0 } })
    const moved = ruled(document('prefix_affinity'), { wish, load: crowded })
    expect(moved.target?.id).not.toBe(id)
  })
})

describe('a request', () => {
  const groups = [{ name: 'all', targets: [{ kind: 'replicas' }, { kind: 'upstreams' }] }]

  test('may prefer whom to ask first', () => {
    const wish = aWish({ preference: { order: ['example.com', 'own'] } })
    expect(ruled({ groups }, { wish })).toMatchObject({
      ...{ target: { id: 'ups_x' }, reason: 'preferred' },
    })
  })

  test('may ask for the fastest, and one that was never measured is measured first', () => {
    const wish = aWish({ preference: { sort: 'latency' } })
    const ms: Record<string, number | null> = { a: 80, b: 20, ups_x: 50 }
    const load: RoutingSnapshot['load'] = (id) => ({ ...IDLE, firstOutputMs: ms[id] ?? null })
    expect(ruled({ groups }, { wish, load })).toMatchObject({
      ...{ target: { id: 'b' }, reason: 'fastest' },
    })
    ms['a'] = null
    expect(ruled({ groups }, { wish, load }).target?.id).toBe('a')
  })
})
