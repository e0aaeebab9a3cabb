/** Routes through a real gateway: where requests go, where never, what is tried again, what is told, paid and recorded. */
import Anthropic from '@anthropic-ai/sdk'
import type { Route } from '@spillway/contract'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { verifyTasks } from '#modules/outcome/index.ts'
import { routingRoutes } from '#modules/routing/index.ts'
import { addCustomer, addModel, addUpstream } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { addRoute, constrain } from '../../../test/gateway/routing.ts'
import { ask, makeStand, told, untilTrue } from '../../../test/gateway/stand.ts'
import {
  type Behaviour,
  startUpstreamSimulator,
  type UpstreamSimulator,
} from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const { db } = stand.database
const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2' }
const NAMES = ['eu', 'us', 'dear', 'late'] as const
const servers = {} as Record<(typeof NAMES)[number], UpstreamSimulator>

const all = [{ name: 'all', targets: [{ kind: 'upstreams' }] }]
const dearest = { name: 'dear', targets: [{ kind: 'model', model: 'dear' }] }

beforeAll(async () => {
  for (const name of NAMES) servers[name] = await startUpstreamSimulator()
  servers.dear.openGate()
  const dead = await startUpstreamSimulator()
  await dead.close()
  const upstream = (model: string, name: keyof typeof servers, region = name as string) => ({
    ...{ provider: 'openai' as const, upstreamModel: model, model, url: servers[name].url, region },
  })
  await addUpstream(db, { ...upstream('both', 'us'), sell, inputCostUsd: '1', outputCostUsd: '1' })
  await addUpstream(db, { ...upstream('both', 'eu'), inputCostUsd: '3', outputCostUsd: '3' })
  await addUpstream(db, { ...upstream('dear', 'dear'), sell: { ...sell, outputUsd: '20' } })
  const gone = { provider: 'openai' as const, upstreamModel: 'x', url: dead.url, region: 'eu' }
  await addUpstream(db, { ...gone, model: 'fragile', sell })
  await addRoute(db, 'fragile', { groups: [...all, dearest] })
  await addUpstream(db, { ...gone, model: 'dead', sell })
  await addUpstream(db, {
    ...upstream('hedged', 'late'),
    sell,
    inputCostUsd: '4',
    outputCostUsd: '8',
  })
  await addUpstream(db, { ...upstream('hedged', 'dear'), inputCostUsd: '4', outputCostUsd: '8' })
  await addRoute(db, 'hedged', {
    groups: await Promise.all(['late', 'dear'].map((name) => groupOf('hedged', name))),
    retries: { attemptsMax: 2, sharePercent: 0 },
    hedge: { afterMs: 10 },
  })
  await addUpstream(db, { ...upstream('odd', 'late'), sell })
  await addUpstream(db, { ...upstream('odd', 'dear'), provider: 'gemini' })
  await addRoute(db, 'odd', {
    groups: await Promise.all(['late', 'dear'].map((name) => groupOf('odd', name))),
    hedge: { afterMs: 10 },
  })
  for (const model of ['slow-true', 'slow-false']) {
    await addUpstream(db, { ...upstream(model, 'us'), sell })
    await addRoute(db, model, {
      groups: [...all, dearest],
      timeouts: { firstOutputMs: 200, answerMs: 200 },
    })
  }
  await addUpstream(db, { ...upstream('split', 'us'), sell })
  await addUpstream(db, { ...upstream('split', 'eu') })
  await addRoute(db, 'split', {
    groups: [
      {
        name: 'cheap',
        objective: 'cost',
        when: { tags: ['night'] },
        targets: [{ kind: 'upstreams' }],
      },
    ],
  })
  await untilTrue(async () => (await send({ model: 'split' })).status === 400)
  return () => Promise.all(Object.values(servers).map((each) => each.close()))
})

/** A group of the one server of a model that is in a region. */
async function groupOf(model: string, region: string) {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM upstream WHERE model_name = ${model} AND region = ${region}`.execute(db)
  return { name: region, targets: [{ kind: 'upstream', upstream: rows[0]?.id }] }
}

interface Sending {
  readonly model: string
  readonly behaviour?: Partial<Behaviour>
  readonly more?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
}

const send = ({ model, behaviour = {}, more = {}, headers = {}, key }: Sending) =>
  ask({
    ...{ url: stand.gateway.url, key: key ?? stand.customer.key, headers },
    body: { ...told(behaviour, more), model },
  })

const originOf = ({ headers }: Response) =>
  Object.fromEntries(
    [...headers].flatMap(([name, value]) =>
      name.startsWith('x-spillway-') ? [[name.slice('x-spillway-'.length), value]] : [],
    ),
  )

const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code

describe('residency', () => {
  test.each([
    ['the body', { more: { provider: { regions: ['eu'] } } }],
    ['a header', { headers: { 'x-spillway-route': '{"regions":["eu"]}' } }],
  ])('is kept by %s, streamed and whole, and the server never hears of it', async (_, said) => {
    for (const stream of [true, false]) {
      for (let index = 0; index < 4; index++) {
        const more = { stream, ...('more' in said ? said.more : {}) }
        const response = await send({ model: 'both', ...said, more })
        expect(response.status).toBe(200)
        expect(originOf(response)).toMatchObject({
          ...{ region: 'eu', provider: 'private', attempts: '1', 'route-version': '0' },
        })
        await response.text()
      }
    }
    expect(servers.us.state.requests).toBe(0)
    expect(servers.eu.state.lastBody).not.toHaveProperty('provider')
  })

  test('is refused by its own code where nobody is in the region, and asks nobody', async () => {
    const before = servers.eu.state.requests + servers.us.state.requests
    const response = await send({ model: 'both', more: { provider: { regions: ['ap'] } } })
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('data_residency_mismatch')
    const anthropic = new Anthropic({
      ...{ baseURL: stand.gateway.url, apiKey: stand.customer.key, maxRetries: 0 },
    })
    const asking = {
      model: 'both',
      max_tokens: 9,
      messages: [{ role: 'user' as const, content: 'x' }],
    }
    const headers = { 'x-spillway-route': '{"regions":["ap"]}' }
    await expect(anthropic.messages.create(asking, { headers })).rejects.toMatchObject({
      status: 400,
    })
    await expect(anthropic.messages.countTokens(asking, { headers })).rejects.toMatchObject({
      status: 400,
    })
    expect(servers.eu.state.requests + servers.us.state.requests).toBe(before)
  })

  test('of a project holds for each of its requests, and no request widens it', async () => {
    const customer = await addCustomer(db, { name: 'Bea', usd: '10' })
    await constrain(db, customer, { regions: ['eu'] })
    await untilTrue(async () => {
      const regions = ['us', 'ap']
      const response = await send({
        ...{ model: 'both', key: customer.key, more: { provider: { regions } } },
      })
      return response.status === 400 && (await codeOf(response)) === 'data_residency_mismatch'
    })
    const response = await send({ model: 'both', key: customer.key })
    expect(originOf(response)).toMatchObject({ region: 'eu' })
  })
})

const AP = { regions: ['ap'] }

test.each([
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'x' }], provider: AP }, {}],
  ['/v1/completions', { prompt: 'x', provider: AP }, {}],
  ['/v1/responses', { input: 'x' }, { 'x-spillway-route': JSON.stringify(AP) }],
])('residency holds at %s', async (path, body, headers) => {
  const before = servers.eu.state.requests + servers.us.state.requests
  const response = await fetch(`${stand.gateway.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stand.customer.key}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ model: 'both', ...body }),
  })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('region where this request may be answered')
  expect(servers.eu.state.requests + servers.us.state.requests).toBe(before)
})

describe('what a request says of servers', () => {
  test('is refused when it is not understood, and names the field', async () => {
    const response = await send({ model: 'both', more: { provider: { onyl: ['own'] } } })
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('invalid_value')
    const header = await send({ model: 'both', headers: { 'x-spillway-route': 'eu' } })
    expect(header.status).toBe(400)
  })

  test('may leave nobody, which says by what', async () => {
    const response = await send({
      ...{ model: 'both', more: { provider: { data_collection: 'deny', ignore: ['own'] } } },
    })
    expect(await codeOf(response)).toBe('no_allowed_server')
    const dear = await send({ model: 'dear', more: { provider: { max_price: { completion: 3 } } } })
    expect(await codeOf(dear)).toBe('no_allowed_server')
  })
})

describe('a document', () => {
  test('takes effect by its conditions and says which group and version answered', async () => {
    const refused = await send({ model: 'split' })
    expect(await codeOf(refused)).toBe('no_allowed_server')
    const response = await send({ model: 'split', headers: { 'x-spillway-tags': 'night, x' } })
    expect(originOf(response)).toMatchObject({
      ...{ reason: 'cheapest; group=cheap', 'route-version': '1' },
    })
  })

  test.each([true, false])(
    'lets another model answer for servers that are gone, at its price (stream: %s)',
    async (stream) => {
      const customer = await addCustomer(db, { name: `Cy ${stream}`, usd: '10' })
      const key = customer.key
      const response = await send({ model: 'fragile', key, more: { stream } })
      expect(response.status).toBe(200)
      expect(originOf(response)).toMatchObject({
        ...{ model: 'dear', region: 'dear', reason: 'only_one; group=dear' },
      })
      expect(await response.text()).toContain('"model":"dear"')
      expect(servers.dear.state.lastBody).toMatchObject({ model: 'dear' })
      await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
      const { rows } = await sql<{ sku: string; quantity: string }>`
        SELECT sku, quantity FROM usage_event WHERE organization_id = ${customer.organizationId}
        ORDER BY sku`.execute(db)
      expect(rows.map(({ sku }) => sku)).toEqual(['tokens.dear.input', 'tokens.dear.output'])
      const { rows: details } = await sql<{ detail: { tries: object[] } }>`
        SELECT detail FROM usage_detail WHERE id IN (
          SELECT id FROM usage_event WHERE organization_id = ${customer.organizationId})`.execute(
        db,
      )
      expect(details).toHaveLength(1)
      expect(details[0]?.detail).toMatchObject({ asked: 'fragile', version: 1 })
      expect(details[0]?.detail.tries.at(-1)).toMatchObject({
        ...{ model: 'dear', group: 'dear', outcome: 'answered' },
      })
      expect((await verifyBooks(db)).isBalanced).toBe(true)
    },
  )

  test('holds what the dearest of those who may answer could cost', async () => {
    const poor = await addCustomer(db, { name: 'Dee', usd: '0.005' })
    // A thousand tokens out cost 0.002 here and 0.02 where another model stands in.
    const ask = (more: object) => send({ model: 'fragile', key: poor.key, more })
    const refused = await ask({ max_tokens: 900 })
    expect(refused.status).toBe(429)
    expect(await codeOf(refused)).toBe('insufficient_quota')
    const cheap = await send({ model: 'both', key: poor.key, more: { max_tokens: 900 } })
    expect(cheap.status).toBe(200)
    await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
    expect((await chargedOf(db, poor.organizationId)).events).toBe(1)
  })

  test.each([true, false])(
    'asks another when nothing came in time (stream: %s), and the slow one is told to stop',
    async (stream) => {
      const aborted = servers.us.state.aborted
      const response = await send({
        model: `slow-${stream}`,
        more: { stream },
        behaviour: { isGated: true },
      })
      expect(response.status).toBe(200)
      expect(originOf(response)).toMatchObject({ model: 'dear' })
      await untilTrue(() => Promise.resolve(servers.us.state.aborted > aborted))
    },
  )
})

describe('tries', () => {
  test('end where the request itself is at fault', async () => {
    const before = servers.eu.state.requests + servers.us.state.requests
    const response = await send({
      ...{ model: 'both', behaviour: { status: 400, error: { message: 'no' } } },
    })
    expect(response.status).toBe(400)
    expect(servers.eu.state.requests + servers.us.state.requests).toBe(before + 1)
  })

  test.each([429, 500, 503])('go on to another after a %i, once each', async (status) => {
    const before = servers.eu.state.requests + servers.us.state.requests
    const response = await send({ model: 'both', behaviour: { status, error: { message: 'no' } } })
    expect(response.status).toBeGreaterThan(500)
    expect(servers.eu.state.requests + servers.us.state.requests).toBe(before + 2)
  })

  test('are one where the request says so', async () => {
    const before = servers.eu.state.requests + servers.us.state.requests
    await send({
      ...{ model: 'both', behaviour: { status: 500, error: { message: 'no' } } },
      more: { provider: { allow_fallbacks: false } },
    })
    expect(servers.eu.state.requests + servers.us.state.requests).toBe(before + 1)
  })

  test('cannot storm: beyond a burst they are a share of the requests', async () => {
    await addUpstream(db, {
      ...{
        provider: 'openai',
        upstreamModel: 'stormy',
        model: 'stormy',
        url: servers.us.url,
        sell,
      },
    })
    await addUpstream(db, {
      ...{ provider: 'openai', upstreamModel: 'stormy', model: 'stormy', url: servers.eu.url },
    })
    await addRoute(db, 'stormy', { groups: all, retries: { attemptsMax: 3, sharePercent: 10 } })
    await untilTrue(async () => {
      const response = await send({ model: 'stormy' })
      return response.headers.get('x-spillway-route-version') === '1'
    })
    const before = servers.eu.state.requests + servers.us.state.requests
    const failing = { status: 500, error: { message: 'no' } }
    for (let index = 0; index < 50; index++) await send({ model: 'stormy', behaviour: failing })
    const tries = servers.eu.state.requests + servers.us.state.requests - before
    // Fifty first tries, at most ten of the burst and a tenth of fifty; breakers leave fewer.
    expect(tries).toBeGreaterThan(50)
    expect(tries).toBeLessThanOrEqual(65)
  })
})

describe('a second server', () => {
  const late = { isGated: true, tokens: 4 }

  test.each([true, false])(
    'is asked when the first is slow; it answers, the other is called off, and one answer is paid (stream: %s)',
    async (stream) => {
      const aborted = servers.late.state.aborted
      const customer = await addCustomer(db, { name: `Eve ${stream}`, usd: '10' })
      const { key, organizationId } = customer
      const response = await send({ model: 'hedged', key, behaviour: late, more: { stream } })
      expect(response.status).toBe(200)
      expect(originOf(response)).toMatchObject({
        ...{ region: 'dear', reason: 'hedge; group=dear', attempts: '2' },
      })
      await response.text()
      await untilTrue(() => Promise.resolve(servers.late.state.aborted > aborted))
      await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
      const { rows } = await sql<{ quantity: string; detail: { tries: object[] } }>`
        SELECT quantity, detail FROM usage_event JOIN usage_detail USING (id)
        WHERE organization_id = ${organizationId} AND sku = 'tokens.hedged.output'`.execute(db)
      expect(rows).toHaveLength(1)
      expect(Number(rows[0]?.quantity)).toBe(4)
      const tries = (rows[0]?.detail.tries ?? []) as { outcome: string; costUsd: string }[]
      const of = (wanted: string) => tries.find(({ outcome }) => outcome === wanted)
      // It was asked as well: its input is counted at what it takes, and no output that nobody saw.
      expect(Number(of('called_off')?.costUsd)).toBeGreaterThan(0)
      const more = Number(of('answered')?.costUsd) - Number(of('called_off')?.costUsd)
      expect(more).toBeCloseTo((4 * 8) / 1e6, 12)
      const { simulateRoute } = routingRoutes()
      const call = { db, params: { model: 'hedged' }, body: { document: null, hours: 1 } }
      const told = { ...call, now: new Date(Date.now() + 1000), setTarget: () => undefined }
      const { calledOff } = await simulateRoute(told as never)
      expect(calledOff.tries).toBe(stream ? 1 : 2)
      expect(Number(calledOff.costUsd)).toBeGreaterThanOrEqual(Number(of('called_off')?.costUsd))
    },
  )

  test('is not asked beyond what tries may cost: then the slow one is waited for', async () => {
    const before = { late: servers.late.state.gated, dear: servers.dear.state.requests }
    // What the second server could not honour is no answer of the first.
    const odd = send({ model: 'odd', behaviour: late, more: { n: 2 } })
    await untilTrue(() => Promise.resolve(servers.late.state.gated === before.late + 1))
    // Two of the burst of ten are gone.
    const asked = Array.from({ length: 12 }, () => send({ model: 'hedged', behaviour: late }))
    await untilTrue(() => Promise.resolve(servers.late.state.gated === before.late + 13))
    await untilTrue(() => Promise.resolve(servers.dear.state.requests === before.dear + 8))
    servers.late.openGate()
    expect((await odd).status).toBe(200)
    const answers = await Promise.all(asked)
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
    const regions = answers.map((answer) => originOf(answer)['region'])
    expect(regions.filter((region) => region === 'late')).toHaveLength(4)
    expect(servers.dear.state.requests).toBe(before.dear + 8)
  })
})

test('a server in a private network is asked only where that was said of this very upstream', async () => {
  const walled = { provider: 'openai' as const, upstreamModel: 'walled', model: 'walled', sell }
  await addUpstream(db, { ...walled, url: servers.dear.url })
  await untilTrue(async () => (await send({ model: 'walled' })).status === 200)
  await sql`UPDATE upstream SET allows_private_network = false
    WHERE model_name = 'walled'`.execute(db)
  await untilTrue(async () => (await send({ model: 'walled' })).status === 502)
  const before = servers.dear.state.requests
  expect((await send({ model: 'walled' })).status).toBe(502)
  expect(servers.dear.state.requests).toBe(before)
  // Nor does another one lose its way there.
  expect((await send({ model: 'dear' })).status).toBe(200)
})

test('a breaker that opens is an event, and seen at the server that it is of', async () => {
  for (let count = 0; count < 6; count++) expect((await send({ model: 'dead' })).status).toBe(502)
  const events = await untilTrue(async () => {
    const { rows } = await sql<{ subject: string; data: object }>`
      SELECT subject, data FROM event WHERE type = 'route.breaker_opened'
        AND subject = 'dead'`.execute(db)
    return rows.length > 0 ? rows : null
  })
  const { getRoute } = routingRoutes()
  const call = { db, params: { model: 'dead' }, now: new Date() }
  const { servers: seen } = (await getRoute(call as never)) as Route
  expect(seen).toMatchObject([{ breaker: { state: 'open', gateways: 1 } }])
  expect(events).toMatchObject([{ data: { server: seen[0]?.id, gateway: stand.gateway.writer } }])
  const later = new Date(Date.now() + 60_000)
  const { servers: then } = (await getRoute({ ...call, now: later } as never)) as Route
  expect(then).toMatchObject([{ breaker: { state: 'half_open' } }])
  const muchLater = new Date(Date.now() + 3_600_000)
  const { servers: forgotten } = (await getRoute({ ...call, now: muchLater } as never)) as Route
  expect(forgotten).toMatchObject([{ breaker: null }])
})

test('attempts of a task are kept with what each was charged, whoever answered, and servers are not told', async () => {
  // given
  const customer = await addCustomer(db, { name: 'Tess', usd: '10' })
  const { key, organizationId } = customer
  const named = { 'x-spillway-task-id': 'job-1' }
  // when
  const first = await send({ model: 'fragile', key, headers: named })
  expect(first.status).toBe(200)
  const metadata = { task_id: 'job-1', kind: 'invoice' }
  const second = await send({ model: 'dear', key, more: { stream: true, metadata } })
  await second.text()
  expect(servers.dear.state.lastBody).toMatchObject({ metadata: { kind: 'invoice' } })
  expect(servers.dear.state.lastBody).not.toHaveProperty('metadata.task_id')
  const untold = await send({ model: 'dear', key })
  const refused = await send({ model: 'dear', key, headers: { 'x-spillway-task-id': 'two words' } })
  // then
  expect([untold.status, refused.status]).toEqual([200, 400])
  await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
  const { rows } = await sql<{ amount: string }>`
    SELECT task_id, asked, model, route_version, amount FROM task_attempt
    WHERE organization_id = ${organizationId} ORDER BY from_at, id`.execute(db)
  expect(rows).toMatchObject([
    { task_id: 'job-1', asked: 'fragile', model: 'dear', route_version: 1 },
    { task_id: 'job-1', asked: 'dear', model: 'dear', route_version: null },
  ])
  expect((await chargedOf(db, organizationId)).events).toBe(3)
  expect((await verifyTasks(db, new Date())).isHeld).toBe(true)
})

test('a server of the operator\u2019s own network is never named by its address', async () => {
  await addModel(db, { name: 'own', urls: [servers.us.url] })
  await untilTrue(async () => (await send({ model: 'own' })).status === 200)
  const response = await send({ model: 'own' })
  expect(originOf(response)).toMatchObject({ provider: 'own', attempts: '1' })
  expect(JSON.stringify(originOf(await send({ model: 'both' })))).not.toContain('127.0.0.1')
})
