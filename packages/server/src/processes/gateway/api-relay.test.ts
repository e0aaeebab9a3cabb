import { createServer, type IncomingHttpHeaders, request as ask, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'

const seen: {
  method?: string
  url?: string
  headers?: IncomingHttpHeaders
  body: Buffer
  aborted: number
} = { body: Buffer.alloc(0), aborted: 0 }
let api: Server

function startApi(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    Object.assign(seen, { method: request.method, url: request.url, headers: request.headers })
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.body = Buffer.concat(chunks)
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: first\n\n')
        response.on('close', () => (seen.aborted += 1))
        return
      }
      response.writeHead(201, {
        'content-type': 'text/plain',
        'set-cookie': ['a=1', 'b=2'],
        'x-own': 'yes',
      })
      response.end(`echo ${seen.body.length}`)
    })
  })
  server.on('upgrade', (request, socket) => {
    Object.assign(seen, { url: request.url, headers: request.headers })
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    socket.pipe(socket)
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

function stopApi(): Promise<void> {
  return new Promise((resolve) => {
    api.close(() => resolve())
    api.closeAllConnections()
  })
}

api = await startApi(0)
const address = api.address()
const apiPort = typeof address === 'object' && address ? address.port : 0
const stand = await makeStand({ apiUrl: `http://127.0.0.1:${apiPort}` })
beforeAll(() => undefined)
afterAll(stopApi)

test('method, path, headers and body reach the API as they are, the answer the client', async () => {
  const body = Buffer.alloc(3_000_000, 'x')
  const response = await fetch(`${stand.gateway.url}/api/v1/things?x=1&y=%2F`, {
    method: 'PUT',
    body,
    headers: { 'x-custom': 'kept', 'x-forwarded-for': '6.6.6.6', cookie: 'spillway_session=s' },
  })
  expect(seen.method).toBe('PUT')
  expect(seen.url).toBe('/api/v1/things?x=1&y=%2F')
  expect(seen.headers).toMatchObject({
    'x-custom': 'kept',
    cookie: 'spillway_session=s',
    host: `127.0.0.1:${stand.gateway.port}`,
  })
  expect(seen.headers?.['x-forwarded-for']).toBe('127.0.0.1')
  expect(seen.body.equals(body)).toBe(true)
  expect(response.status).toBe(201)
  expect(await response.text()).toBe('echo 3000000')
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(response.headers.get('x-own')).toBe('yes')
  expect(response.headers.get('x-request-id')).toBe(seen.headers?.['x-request-id'])
})

test('a body of unknown length is relayed as it comes', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('ab'))
      controller.enqueue(Buffer.from('cd'))
      controller.close()
    },
  })
  const response = await fetch(`${stand.gateway.url}/x`, {
    method: 'POST',
    body,
    duplex: 'half',
  })
  expect(await response.text()).toBe('echo 4')
})

test('events arrive while the stream is open, and the API learns when the client leaves', async () => {
  const leaving = new AbortController()
  const response = await fetch(`${stand.gateway.url}/events`, { signal: leaving.signal })
  const { value } = (await response.body?.getReader().read()) ?? {}
  expect(Buffer.from(value ?? []).toString()).toBe('data: first\n\n')
  leaving.abort()
  await untilTrue(() => seen.aborted === 1)
})

function upgradeAt(path: string): Promise<string> {
  const upgrading = ask(`${stand.gateway.url}${path}`, {
    headers: { connection: 'Upgrade', upgrade: 'x', 'x-forwarded-for': '6.6.6.6' },
  })
  return new Promise((resolve) => {
    upgrading.on('error', () => resolve('cut'))
    upgrading.on('upgrade', (_, socket) => {
      socket.once('data', (bytes: Buffer) => {
        resolve(bytes.toString())
        socket.destroy()
      })
      socket.write('echo')
    })
    upgrading.end()
  })
}

test('an upgraded connection reaches the API below a lease, and nowhere else', async () => {
  expect(await upgradeAt('/api/v1/leases/lse_1/proxy/x?y=1')).toBe('echo')
  expect(seen.url).toBe('/api/v1/leases/lse_1/proxy/x?y=1')
  expect(seen.headers).toMatchObject({ upgrade: 'x', 'x-forwarded-for': '127.0.0.1' })
  expect(await upgradeAt('/api/v1/leases')).toBe('cut')
  expect(await upgradeAt('/v1/chat/completions')).toBe('cut')
})

test('while the API is not there the answer says so, and when it is back it is found', async () => {
  await stopApi()
  const response = await fetch(`${stand.gateway.url}/api/v1/things`)
  expect(response.status).toBe(503)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('retry-after')).toBe('1')
  expect(await response.json()).toMatchObject({ status: 503, code: 'server.unavailable' })
  const body = Buffer.alloc(500_000, 'x')
  const post = await fetch(`${stand.gateway.url}/api/v1/things`, { method: 'POST', body })
  expect(post.status).toBe(503)
  expect(await post.json()).toMatchObject({
    code: 'server.unavailable',
    detail: expect.stringMatching(/Nothing was changed/),
  })
  api = await startApi(apiPort)
  expect((await fetch(`${stand.gateway.url}/api/v1/things`)).status).toBe(201)
})

test('inference does not need the API', async () => {
  await stopApi()
  const response = await fetch(`${stand.gateway.url}/v1/models`, {
    headers: { authorization: `Bearer ${stand.customer.key}` },
  })
  expect(response.status).toBe(200)
  api = await startApi(apiPort)
})
