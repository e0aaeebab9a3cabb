/** Routes over the API: set, versioned, audited, refused; and what a project allows, which is its own organization's. */
import { type Client, createClient, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

let installation: TestInstallation
let buyer: Client
let operator: Client

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  await untilTrue(async () => (await buyer.getModel({ params: { id: 'toy' } })).state === 'ready', {
    timeoutMs: 30_000,
  })
})

afterAll(() => installation.stop())

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof ProblemError ? error.problem.code : `no problem: ${String(error)}`
}

const params = { model: 'toy' }
const ours = { name: 'ours', targets: [{ kind: 'replicas' as const }] }

const chat = (body: object = {}) =>
  fetch(`${installation.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${installation.demoApiKey}`, 'content-type': 'application/json' },
    },
    body: JSON.stringify({
      ...{ model: 'toy', max_tokens: 4, messages: [{ role: 'user', content: 'What is a lease?' }] },
      ...body,
    }),
  })

test('a model without a route is answered by each of its servers, and says where', async () => {
  const route = await operator.getRoute({ params })
  expect(route).toMatchObject({ version: 0, document: null })
  const [server] = route.servers
  expect(server).toMatchObject({
    ...{ kind: 'replica', provider: 'own', pool: 'local', dataPolicy: 'not_kept' },
    ...{ groups: [], excludedBy: null },
  })
  const { headers } = await chat()
  expect(headers.get('x-spillway-region')).toBe(server?.region)
  expect(headers.get('x-spillway-target')).toBe(server?.id)
  expect(headers.get('x-spillway-reason')).toBe('only_one')
})

test('each change is a version, on record, and the gateway follows', async () => {
  const first = await operator.setRoute({ params, body: { document: { groups: [ours] } } })
  expect(first).toMatchObject({ version: 1, servers: [{ groups: ['ours'], excludedBy: null }] })
  await untilTrue(async () => (await chat()).headers.get('x-spillway-route-version') === '1')
  const elsewhere = { groups: [ours], constraints: { regions: ['nowhere'] } }
  const body = { document: elsewhere, replaces: 1 }
  const second = await operator.setRoute({ params, body })
  expect(second).toMatchObject({ version: 2, servers: [{ excludedBy: 'region' }] })
  await untilTrue(async () => (await chat()).status === 400)
  expect(await codeOf(operator.setRoute({ params, body }))).toBe('route.changed_meanwhile')
  await operator.deleteRoute({ params })
  await untilTrue(async () => (await chat()).status === 200)
  const { items } = await operator.listRouteVersions({ params })
  expect(items.map(({ version, document }) => [version, document === null])).toEqual([
    [3, true],
    [2, false],
    [1, false],
  ])
  const audit = (await operator.listAuditEvents({})).items.filter(({ target }) => target === 'toy')
  expect(audit.map(({ action }) => action)).toEqual(['route.delete', 'route.set', 'route.set'])
  expect((await operator.listRoutes()).items).toMatchObject([{ model: 'toy', version: 3 }])
})

test('what a route would have made of recorded requests is seen before it is set', async () => {
  expect((await chat()).status).toBe(200)
  const document = { groups: [ours], constraints: { regions: ['nowhere'] } }
  const simulation = await untilTrue(async () => {
    const found = await operator.simulateRoute({ params, body: { document } })
    return found.requests > 0 && found
  })
  const { requests, before, after } = simulation
  expect(before).toMatchObject({ requests, refused: [], servers: [{ provider: 'own', requests }] })
  expect(after).toMatchObject({
    ...{ requests: 0, chargedUsd: '0', servers: [] },
    refused: [{ code: 'data_residency_mismatch', requests }],
  })
  const same = await operator.simulateRoute({ params, body: { document: null } })
  expect(same.after).toEqual(same.before)
  expect((await chat()).status).toBe(200)
})

test('a route that names what there is not is refused, with all of it', async () => {
  const targets = [
    { kind: 'replicas' as const, pool: 'none' },
    { kind: 'upstream' as const, upstream: `ups_${'0'.repeat(26)}` },
    { kind: 'model' as const, model: 'toy' },
  ]
  const body = { document: { groups: [{ name: 'all', targets }] } }
  expect(await codeOf(operator.setRoute({ params, body }))).toBe('route.target_unknown')
  expect(await codeOf(operator.getRoute({ params: { model: 'none' } }))).toBe('model.not_found')
})

test('a project’s own constraint holds until it is removed, and is nobody else’s to set', async () => {
  const { projectId, constraints } = await buyer.setRouteConstraint({
    body: { constraints: { providersIgnored: ['own'] } },
  })
  expect(constraints).toEqual({ providersIgnored: ['own'] })
  await untilTrue(async () => (await chat()).status === 400)
  expect((await operator.listRouteConstraints()).items).toMatchObject([{ projectId }])
  const other = { projectId, constraints: {} }
  expect(await codeOf(operator.setRouteConstraint({ body: other }))).toBe('project.not_found')
  await buyer.deleteRouteConstraint({ params: { projectId } })
  await untilTrue(async () => (await chat()).status === 200)
  expect(await codeOf(buyer.deleteRouteConstraint({ params: { projectId } }))).toBe(
    'route_constraint.not_found',
  )
})
