/** Recorded requests run through a route: shares, costs and refusals, by the functions that gateways choose by. */
import { RouteDocument } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import type { Route, Target } from '#modules/gateway/index.ts'
import { type Recorded, replay } from './replay-service.ts'

const aTarget = (id: string, parts: Partial<Target> = {}): Target => ({
  ...{ id, url: `http://${id}`, upstreamModel: 'm', kind: 'replica', provider: 'openai' },
  ...{ sealedCredential: null, region: null, dataPolicy: 'unknown', providerName: 'own' },
  ...{ pool: null, cost: null },
  ...parts,
})

function aRoute(parts: Partial<Route>): Route {
  const price = { amount: money('1'), per: 1_000_000n, unit: 'token' as const }
  return {
    ...{ model: 'm', contextTokens: 1000, isToy: false, stateText: '', isWakeable: false },
    ...{ inputSku: 'in', inputPriceId: 'p1', inputPrice: price },
    ...{ outputSku: 'out', outputPriceId: 'p2', outputPrice: price },
    ...{ targets: [], coldStartMs: null, ours: null, policy: null },
    ...parts,
  }
}

const cost = (usd: string) => ({ input: money(usd), output: money(usd) })
const ours = aTarget('dep/0', { region: 'eu', cost: cost('0'), dataPolicy: 'not_kept' })
const cheap = aTarget('ups_cheap', { kind: 'upstream', region: 'us', cost: cost('1') })
const dear = aTarget('ups_dear', { kind: 'upstream', region: 'eu', cost: cost('9') })
const other = aRoute({ model: 'other', targets: [aTarget('z', { region: 'eu' })] })
const table = (projects: ReadonlyMap<string, object> = new Map()) => ({
  routes: [aRoute({ targets: [ours, cheap, dear] }), other],
  projects,
})

const recorded = (index: number, parts: Partial<Recorded> = {}): Recorded => ({
  ...{ organizationId: 'org_a', projectId: 'prj_a', atMs: index * 100, lastedMs: 1000 },
  ...{ used: { inputTokens: 600, outputTokens: 400 }, tags: [], said: [], preference: null },
  needs: { tools: false, images: false },
  ...parts,
})
const many = (count: number, parts: Partial<Recorded> = {}) =>
  Array.from({ length: count }, (_, index) => recorded(index, parts))

const route = (parts: object) =>
  RouteDocument.parse({ groups: [{ name: 'all', targets: [{ kind: 'upstreams' }] }], ...parts })
const run = (document: RouteDocument | null, requests: readonly Recorded[], given = table()) =>
  replay({ model: 'm', document, table: given, requests })
const sharesOf = ({ servers }: ReturnType<typeof replay>) =>
  Object.fromEntries(servers.map(({ target, requests }) => [target.id, requests]))

describe('a route that is simulated', () => {
  test('spreads requests as they overlapped, so that busy servers get fewer', () => {
    expect(sharesOf(run(null, many(300)))).toEqual({ 'dep/0': 100, ups_cheap: 100, ups_dear: 100 })
  })

  test('keeps its weights, and tells what is charged and what it costs', () => {
    const objective = { name: 'all', objective: 'weighted' }
    const document = route({
      groups: [
        {
          ...objective,
          targets: [
            { kind: 'upstreams', weight: 1 },
            { kind: 'replicas', weight: 8 },
          ],
        },
      ],
    })
    const replayed = run(document, many(1000))
    const shares = sharesOf(replayed)
    expect(Math.abs((shares['dep/0'] ?? 0) - 800)).toBeLessThanOrEqual(5)
    const found = replayed.servers.find(({ target }) => target === dear)
    // A thousand tokens at nine dollars a million.
    expect(found?.cost).toBe(money('0.009') * BigInt(found?.requests ?? 0))
  })

  test('refuses what it would refuse, of each project by what the project allows', () => {
    const requests = [...many(10), ...many(10, { projectId: 'prj_eu' })]
    const projects = new Map([['prj_eu', { regions: ['eu'] }]])
    const usOnly = route({ constraints: { regions: ['us'] } })
    const { refused, servers } = run(usOnly, requests, table(projects))
    expect(refused).toEqual(new Map([['data_residency_mismatch', 10]]))
    expect(servers.map(({ target }) => target.id)).toEqual(['ups_cheap'])
  })

  test('never sends a request where it said it may not go', () => {
    const requests = many(50, { said: [{ regions: ['eu'] }] })
    expect(sharesOf(run(null, requests))).not.toHaveProperty('ups_cheap')
  })

  test('goes by tags and hours as they were, and lets another model stand in at its price', () => {
    const document = route({
      groups: [
        {
          name: 'night',
          when: { hoursUtc: { from: 0, to: 1 }, tags: ['a'] },
          targets: [{ kind: 'replicas' }],
        },
        { name: 'else', targets: [{ kind: 'model', model: 'other' }] },
      ],
    })
    const requests = [
      recorded(0, { tags: ['a'] }),
      recorded(1),
      recorded(2, { tags: ['a'], atMs: 5 * 3_600_000 }),
    ]
    const replayed = run(document, requests)
    expect(sharesOf(replayed)).toEqual({ 'dep/0': 1, z: 2 })
    expect(replayed.servers.find(({ target }) => target.id === 'z')).toMatchObject({
      ...{ route: { model: 'other' }, cost: null },
    })
  })

  test('gives the same answer each time', () => {
    const document = route({})
    expect(run(document, many(100))).toEqual(run(document, many(100)))
  })
})
