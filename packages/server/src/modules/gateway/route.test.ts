import { expect, test } from 'vitest'
import { chooseTarget, type RoutingDecision, type Target, type TargetLoad } from './route.ts'

const target = (id: string): Target => ({
  id,
  url: `http://${id}`,
  upstreamModel: 'm',
  kind: 'replica',
  provider: 'openai',
  sealedCredential: null,
  region: null,
  dataPolicy: 'unknown',
})
const [a, b, c] = [target('a'), target('b'), target('c')]

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

test.each(CASES)('$name', ({ loads, tried = [], turn = 0, want, why = 'least_busy' }) => {
  const load = (id: string): TargetLoad | undefined => {
    const [inFlight, avoidUntilMs] = loads[id] ?? []
    return inFlight === undefined ? undefined : { inFlight, avoidUntilMs: avoidUntilMs ?? 0 }
  }
  const needs = { tools: false, images: false, tier: null }
  const snapshot = { targets: [a, b, c], load, needs, tried, nowMs: 1000, turn }
  const { target: chosen, reason } = chooseTarget(snapshot)
  expect(chosen?.id ?? null).toBe(want)
  expect(reason).toBe(why)
})

test('a model with one server says so', () => {
  const needs = { tools: false, images: false, tier: null }
  const alone = { targets: [a], load: () => undefined, needs, tried: [], nowMs: 0, turn: 0 }
  expect(chooseTarget(alone)).toEqual({ target: a, reason: 'only_one' })
})
