import { randomBytes } from 'node:crypto'
import { createServer, request as ask } from 'node:http'
import { connect } from 'node:net'
import { createClient, type Client, type Lease, servicePath } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

let installation: TestInstallation
let buyer: Client
let operator: Client
let strangersKey: string

beforeAll(async () => {
  const environment = { SPILLWAY_PUBLIC_URL: 'https://spillway.example.com' }
  installation = await startInstallation({ databaseUrl, environment })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  strangersKey = (await operator.createOrganization({ body: { name: 'stranger' } })).apiKey
})

afterAll(async () => {
  await installation.stop()
})

/** Tells what it was asked, streams what it is sent, upgrades to an echo, and can be made ill. */
const SERVICE = `
const http = require('node:http')
let isWell = true
const server = http.createServer((request, response) => {
  const { url, method, headers } = request
  if (url === '/health') return response.writeHead(isWell ? 200 : 500).end()
  if (url === '/ill') { isWell = false; return response.end('ill') }
  if (url === '/well') { isWell = true; return response.end('well') }
  if (url === '/sign-in') {
    response.setHeader('set-cookie', ['own=1; Path=/; HttpOnly', 'spillway_session=stolen; Path=/'])
    return response.writeHead(302, { location: '/home', 'clear-site-data': '"*"' }).end()
  }
  if (url === '/echo') return request.pipe(response)
  if (url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\\n\\n')
    return
  }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ url, method, headers, base: process.env.SPILLWAY_BASE_PATH }))
})
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: ' +
    request.headers.upgrade + '\\r\\nX-Url: ' + request.url + '\\r\\n\\r\\n')
  socket.pipe(socket)
})
process.on('SIGTERM', () => console.log('noticed'))
server.listen(Number(process.env.SPILLWAY_PORT), '127.0.0.1', () => console.log('listening'))
`

async function serve(body: Partial<Parameters<Client['createLease']>[0]['body']> = {}) {
  return buyer.createLease({
    body: {
      command: ['node', '-e', SERVICE],
      mode: 'service',
      service: { health: { path: '/health', intervalMs: 1000, failuresMax: 2 } },
      tier: 'on_demand',
      graceMs: 0,
      ...body,
    },
  })
}

function untilHealth(id: string, state: string): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await buyer.getLease({ params: { id } })
      return lease.service?.state === state ? lease : null
    },
    { timeoutMs: 30_000, what: `${id} is ${state}` },
  )
}

type Asked = Omit<RequestInit, 'headers'> & {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

function at(id: string, path: string, init: Asked = {}) {
  const { key = installation.demoApiKey, headers, ...rest } = init
  return fetch(`${installation.url}${servicePath(id)}${path}`, {
    redirect: 'manual',
    ...rest,
    headers: { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...headers },
  })
}

async function codeOf(response: Response): Promise<[number, string | undefined]> {
  const { code } = (await response.json()) as { code?: string }
  return [response.status, code]
}

interface Told {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly base: string
}

async function tell(id: string, path: string, init: Asked = {}): Promise<Told> {
  return (await (await at(id, path, init)).json()) as Told
}

describe('a service', () => {
  let id: string

  beforeAll(async () => {
    id = (await serve()).id
    await untilHealth(id, 'healthy')
  })

  test('gets path and query as they were asked, and is told where it stands', async () => {
    const told = await tell(id, 'a/b%2Fc?x=1&y=%20', { method: 'DELETE' })
    expect(told).toMatchObject({ url: '/a/b%2Fc?x=1&y=%20', method: 'DELETE' })
    expect(told.base).toBe(servicePath(id))
    expect(told.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      // As the operator said, and not as the caller came.
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'spillway.example.com',
      'x-forwarded-prefix': servicePath(id).slice(0, -1),
    })
  })

  test('never sees the credential by which its caller came', async () => {
    const byBearer = await tell(id, 'x')
    expect(JSON.stringify(byBearer)).not.toContain(installation.demoApiKey)
    const byHeader = await tell(id, 'x', {
      key: '',
      headers: { 'x-spillway-key': installation.demoApiKey, authorization: 'Bearer its-own' },
    })
    expect(JSON.stringify(byHeader)).not.toContain(installation.demoApiKey)
    expect(byHeader.headers['authorization']).toBe('Bearer its-own')
  })

  test('gets a body while it is sent, and its answer reaches the client while it is made', async () => {
    const body = randomBytes(3_000_000)
    const echoed = await at(id, 'echo', { method: 'PUT', body })
    expect(Buffer.from(await echoed.arrayBuffer()).equals(body)).toBe(true)
    const pieces = new TransformStream<Uint8Array, Uint8Array>()
    const writer = pieces.writable.getWriter()
    const answering = at(id, 'echo', { method: 'POST', body: pieces.readable, duplex: 'half' })
    await writer.write(Buffer.from('one'))
    const reader = (await answering).body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('one')
    await writer.write(Buffer.from('two'))
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('two')
    await writer.close()
    const events = await at(id, 'events')
    const first = await events.body?.getReader().read()
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: first\n\n')
  })

  test('speaks over an upgraded connection, as a WebSocket does', async () => {
    const { hostname, port } = new URL(installation.url)
    const upgrading = ask({
      host: hostname,
      port,
      path: `${servicePath(id)}socket?x=1`,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        authorization: `Bearer ${installation.demoApiKey}`,
      },
    })
    const echo = await new Promise<{ url: unknown; text: string }>((resolve, reject) => {
      upgrading.on('error', reject)
      upgrading.on('upgrade', (answer, socket) => {
        socket.once('data', (bytes: Buffer) => {
          resolve({ url: answer.headers['x-url'], text: bytes.toString() })
          socket.destroy()
        })
        socket.write('over there')
      })
      upgrading.end()
    })
    expect(echo).toEqual({ url: '/socket?x=1', text: 'over there' })
  })

  test('is as missing to another organization, to the operator and to nobody as one that is not', async () => {
    for (const key of [strangersKey, installation.operatorToken])
      expect(await codeOf(await at(id, 'x', { key }))).toEqual([404, 'lease.not_found'])
    expect(await codeOf(await at('lse_00000000000000000000000000', 'x'))).toEqual([
      404,
      'lease.not_found',
    ])
    expect(await codeOf(await at(id, 'x', { key: '' }))).toEqual([401, 'credential.missing'])
    expect(await codeOf(await at(id, 'x', { key: 'sk-none' }))).toEqual([401, 'credential.invalid'])
    const { secret } = await buyer.createApiKey({ body: { name: 'tokens', role: 'inference' } })
    expect(await codeOf(await at(id, 'x', { key: secret }))).toEqual([403, 'permission.denied'])
  })

  test('an upgrade without a credential is refused in words, and the connection ends', async () => {
    const { hostname, port } = new URL(installation.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `GET ${servicePath(id)}x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    )
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 401 [^]*credential\.missing/)
  })

  test('a signed-in browser reaches it from our own pages only, and its pages get an origin of their own', async () => {
    const signedIn = await fetch(`${installation.url}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential: installation.demoApiKey }),
    })
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const get = (headers: Record<string, string>) =>
      at(id, 'x', { key: '', headers: { cookie: `${cookie}; own=1`, ...headers } })
    const own = await get({ 'sec-fetch-site': 'same-origin' })
    expect(own.headers.get('content-security-policy')).toMatch(/^sandbox(?!.*allow-same-origin)/)
    expect(((await own.json()) as Told).headers['cookie']).toBe('own=1')
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
    ])
      expect(await codeOf(await get(headers as Record<string, string>))).toEqual([
        403,
        'permission.denied',
      ])
  })

  test('cannot act on the console’s origin: its redirects and cookies stay below its path', async () => {
    const response = await at(id, 'sign-in')
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(`${servicePath(id)}home`)
    expect(response.headers.getSetCookie()).toEqual([`own=1; HttpOnly; Path=${servicePath(id)}`])
    expect(response.headers.get('clear-site-data')).toBeNull()
  })

  test('without the slash its address leads to the one with it', async () => {
    const response = await at(id, '../proxy', {})
    expect([response.status, response.headers.get('location')]).toEqual([308, servicePath(id)])
  })

  test('that falls ill is shown so in the lease and its timeline, and so is its recovery', async () => {
    await at(id, 'ill')
    const ill = await untilHealth(id, 'unhealthy')
    expect(ill.service?.text).toBe('/health answers 500')
    await at(id, 'well')
    await untilHealth(id, 'healthy')
    const { items } = await buyer.listLeaseFacts({ params: { id } })
    expect(items.map((fact) => fact.type)).toEqual(
      expect.arrayContaining(['lease.healthy', 'lease.unhealthy']),
    )
  })

  test('takes no requests any more once it has ended', async () => {
    await buyer.stopLease({ params: { id } })
    await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'ended', {
      timeoutMs: 20_000,
    })
    expect(await codeOf(await at(id, 'x'))).toEqual([409, 'lease.already_ended'])
  })
})

test('an accelerator that no pool has is refused, and the nearest is named', async () => {
  const response = await fetch(`${installation.url}/api/v1/leases`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${installation.demoApiKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ command: ['true'], accelerator: 'H999' }),
  })
  expect(await response.json()).toMatchObject({
    status: 409,
    code: 'pool.none_matches',
    detail: expect.stringMatching(/accelerator H999\. The nearest: .* free in desk \(pool local\)/),
  })
})

describe('a port', () => {
  test('that somebody else listens on is never reached through a lease', async () => {
    const server = createServer((_, response) => response.end('secret'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const { id } = await serve({ command: ['sleep', '1000'], service: { port } })
    await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'running')
    expect(await codeOf(await at(id, ''))).toEqual([502, 'lease.service_unreachable'])
    await buyer.stopLease({ params: { id } })
    server.close()
  })

  test('of a job does not exist', async () => {
    const { id } = await buyer.createLease({ body: { command: ['sleep', '1000'], graceMs: 0 } })
    await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'running')
    expect(await codeOf(await at(id, ''))).toEqual([409, 'lease.not_a_service'])
    await buyer.stopLease({ params: { id } })
  })

  test('is for a service alone', async () => {
    const response = await fetch(`${installation.url}/api/v1/leases`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${installation.demoApiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ command: ['true'], service: {} }),
    })
    expect(await codeOf(response)).toEqual([400, 'request.invalid'])
  })
})

test('a service that is reclaimed is reached until its stop, and not after', async () => {
  const slots = (await buyer.listPools()).items[0]?.slotsFree ?? 1
  const { id } = await serve({ gpus: slots, tier: 'spot', graceMs: 5000 })
  await untilHealth(id, 'healthy')
  const { id: anchor } = await operator.runAnchor({
    body: { command: ['sleep', '1'], gpus: slots },
  })
  await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'reclaiming')
  expect((await at(id, 'x')).status).toBe(200)
  await buyer.stopLease({ params: { id } })
  await untilTrue(async () => (await at(id, 'x')).status === 503)
  expect(await codeOf(await at(id, 'x'))).toEqual([503, 'lease.not_running'])
  await operator.stopLease({ params: { id: anchor } })
  const log = await (await buyer.getLeaseLogs({ params: { id } })).text()
  expect(log).toContain('noticed')
})
