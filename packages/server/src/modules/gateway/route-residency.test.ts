/**
 * Never outside residency, whatever else is said: a property over any servers, documents, constraints, preferences,
 * loads and tries. And what a request is told when nobody may answer it.
 */
import type { RouteConstraints, RouteDocument } from '@spillway/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allow, chooseTarget, IDLE } from './route-choice.ts'
import { standingOf } from './route-standing.ts'
import { aRoute, aTarget, aWish } from './testing/routes.ts'

const REGIONS = ['eu', 'us', 'ap'] as const
const POLICIES = ['unknown', 'not_kept', 'kept', 'trained_on'] as const
const MODELS = ['m', 'n'] as const

const some = <Value>(values: readonly Value[]) => fc.subarray([...values], { minLength: 1 })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const server = fc.record({
  region: fc.option(fc.constantFrom(...REGIONS), { nil: null }),
  kind: fc.constantFrom('replica' as const, 'upstream' as const),
  providerName: fc.constantFrom('own', 'private', 'api.example.com'),
  dataPolicy: fc.constantFrom(...POLICIES),
  pool: fc.constantFrom(null, 'p', 'q'),
})

const constraints: fc.Arbitrary<RouteConstraints> = fc
  .record({
    regions: maybe(some(REGIONS)),
    providersOnly: maybe(some(['own', 'private', 'example.com'])),
    providersIgnored: maybe(some(['own', 'private', 'example.com'])),
    dataPolicy: maybe(fc.constantFrom('not_kept' as const, 'kept' as const)),
    maxPrice: maybe(fc.constantFrom({ inputUsd: '0.5' }, { outputUsd: '5' })),
  })
  .map((each) => JSON.parse(JSON.stringify(each)) as RouteConstraints)

const target: fc.Arbitrary<RouteDocument['groups'][number]['targets'][number]> = fc.oneof(
  fc.record({ kind: fc.constant('replicas' as const), weight: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('upstreams' as const), weight: fc.constant(1) }),
  fc.record({
    ...{ kind: fc.constant('model' as const), model: fc.constant('n'), weight: fc.constant(1) },
  }),
)

const document: fc.Arbitrary<RouteDocument> = fc.record({
  groups: fc.array(
    fc.record({
      name: fc.constantFrom('g', 'h'),
      objective: fc.constantFrom('least_busy', 'weighted', 'cost', 'latency'),
      targets: fc.array(target, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  constraints,
  retries: fc.constant({ attemptsMax: 3, sharePercent: 20 }),
  timeouts: fc.constant({}),
})

const world = fc.record({
  servers: fc.array(fc.tuple(fc.constantFrom(...MODELS), server), { maxLength: 6 }),
  documents: fc.tuple(maybe(document), maybe(document)),
  further: fc.array(constraints, { maxLength: 2 }),
  preference: fc.option(
    fc.oneof(
      fc.record({ order: some(['own', 'private', 'example.com']) }),
      fc.record({ sort: fc.constantFrom('price' as const, 'latency' as const) }),
    ),
    { nil: null },
  ),
  avoided: fc.array(fc.nat(5)),
  turn: fc.nat(1000),
})

function build({ servers, documents, further, preference }: WorldOf) {
  const routes = MODELS.map((model, index) => {
    const own = servers.flatMap(([of, parts], at) =>
      of === model ? [aTarget(`t${at}`, parts)] : [],
    )
    const found = documents[index]
    const policy = found === undefined ? null : { version: 1, document: found }
    return aRoute({ model, targets: own, policy })
  })
  const [route, other] = routes as [ReturnType<typeof aRoute>, ReturnType<typeof aRoute>]
  const own = route.policy ? [route.policy.document.constraints] : []
  const wish = aWish({ constraints: [...own, ...further], preference })
  return { route, other, wish, find: (model: string) => (model === 'n' ? other : null) }
}

type WorldOf = typeof world extends fc.Arbitrary<infer W> ? W : never

describe('residency', () => {
  test('holds for every try, of every server, under every other rule', () => {
    fc.assert(
      fc.property(world, (parts) => {
        const { route, other, wish, find } = build(parts)
        const load = (id: string) =>
          parts.avoided.includes(Number(id.slice(1))) ? { ...IDLE, avoidUntilMs: 9e9 } : undefined
        const tried: string[] = []
        for (;;) {
          const snapshot = { route, find, wish, load, tried, nowMs: 1, turn: parts.turn }
          const decision = chooseTarget(snapshot)
          if (decision.target === null) break
          expect(tried).not.toContain(decision.target.id)
          tried.push(decision.target.id)
          const standIn = decision.route === other ? other.policy?.document.constraints : undefined
          for (const each of [...wish.constraints, ...(standIn ? [standIn] : [])]) {
            if (each.regions) expect(each.regions).toContain(decision.target.region)
            if (each.dataPolicy === 'not_kept') expect(decision.target.dataPolicy).toBe('not_kept')
            if (each.dataPolicy === 'kept')
              expect(['kept', 'not_kept']).toContain(decision.target.dataPolicy)
            if (each.maxPrice?.inputUsd === '0.5') expect.unreachable('all of these cost more')
          }
        }
        // Everybody who may be asked is asked in the end, and nobody else.
        const allowed = allow({ route, wish, find }).groups.flatMap(({ candidates }) => candidates)
        expect(new Set(tried)).toEqual(new Set(allowed.map((each) => each.target.id)))
      }),
      { numRuns: 2000 },
    )
  })

  test('only narrows: one more constraint never lets another server in', () => {
    fc.assert(
      fc.property(world, constraints, (parts, more) => {
        const { route, wish, find } = build(parts)
        const ids = (given: typeof wish) =>
          allow({ route, wish: given, find }).groups.flatMap(({ candidates }) =>
            candidates.map((each) => each.target.id),
          )
        const narrowed = ids({ ...wish, constraints: [...wish.constraints, more] })
        const before = new Set(ids(wish))
        expect(narrowed.filter((id) => !before.has(id))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('when nobody may answer', () => {
  const find = () => null
  const inEurope = aWish({ constraints: [{ regions: ['eu'] }] })
  const codeOf = (standing: ReturnType<typeof standingOf>) =>
    standing.kind === 'refusal' ? standing.error.code : standing.kind

  test.each([
    ['is elsewhere', [aTarget('a', { region: 'us' })]],
    ['does not say where it is', [aTarget('a', { region: null })]],
  ])('a server that %s is a mismatch of residency', (_, targets) => {
    const route = aRoute({ targets })
    expect(codeOf(standingOf({ route, wish: inEurope, find }))).toBe('data_residency_mismatch')
    expect(codeOf(standingOf({ route, wish: null, find }))).toBe('ready')
  })

  test('a model is not woken where it may not answer, and one that may is', () => {
    const asleep = (region: string) =>
      aRoute({ isWakeable: true, ours: aTarget('asleep', { region }) })
    const standing = (region: string) =>
      codeOf(standingOf({ route: asleep(region), wish: inEurope, find }))
    expect(standing('us')).toBe('data_residency_mismatch')
    expect(standing('eu')).toBe('asleep')
    const down = { ...asleep('eu'), isWakeable: false }
    expect(codeOf(standingOf({ route: down, wish: inEurope, find }))).toBe('model_not_ready')
  })

  test('rules that leave nobody are named', () => {
    const wish = aWish({ constraints: [{ dataPolicy: 'not_kept' }] })
    const standing = standingOf({ route: aRoute({ targets: [aTarget('a')] }), wish, find })
    expect(standing).toMatchObject({ status: 400, error: { code: 'no_allowed_server' } })
    expect(standing.kind === 'refusal' && standing.error.message).toContain('data policy')
  })
})
