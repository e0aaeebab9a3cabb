/** The local port against a stand-in for the installation, and the command through the binary. */
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { lease, LEASE_ID } from '../../test/documents.ts'
import { createWorkplace } from '../../test/workplace.ts'
import { type LocalPort, openLocalPort } from './local-port.ts'

const { start, run } = createWorkplace()
const BELOW = `/api/v1/leases/${LEASE_ID}/proxy/`

let server: Server | null = null
let local: LocalPort | null = null

afterEach(async () => {
  await local?.close()
  server?.closeAllConnections()
  server?.close()
  local = server = null
})

/** An installation that tells what reached it, and upgrades to an echo. */
async function open(): Promise<string> {
  const installation = createServer((asked, answer) => {
    let body = ''
    asked.on('data', (piece: Buffer) => (body += piece.toString()))
    asked.on('end', () => {
      const { authorization, 'x-spillway-key': key } = asked.headers
      answer.writeHead(asked.method === 'POST' ? 201 : 302, {
        location: `${BELOW}next?a=b`,
        'set-cookie': [`one=1; Path=${BELOW}`, 'two=2; Path=/elsewhere'],
      })
      answer.end(JSON.stringify({ url: asked.url, method: asked.method, authorization, key, body }))
    })
  })
  installation.on('upgrade', (asked, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
    socket.write(`${asked.url} ${String(asked.headers['x-spillway-key'])} `)
    socket.pipe(socket)
  })
  server = installation
  await new Promise<void>((done) => installation.listen(0, '127.0.0.1', done))
  const { port } = installation.address() as AddressInfo
  const connection = { url: `http://127.0.0.1:${port}`, key: 'k', source: 'test', persona: null }
  local = await openLocalPort({ connection, leaseId: LEASE_ID, port: 0 })
  return local.url
}

test('a request reaches the service with the key, its own authorization and its body', async () => {
  const url = await open()
  const answer = await fetch(`${url}/deep/path?q=1`, {
    method: 'POST',
    headers: { authorization: 'Basic own' },
    body: 'hello',
  })
  expect(answer.status).toBe(201)
  expect(await answer.json()).toEqual({
    ...{ url: `${BELOW}deep/path?q=1`, method: 'POST', key: 'k', body: 'hello' },
    authorization: 'Basic own',
  })
})

test('redirects and cookies of the service lead to the local port', async () => {
  const url = await open()
  const answer = await fetch(url, { redirect: 'manual' })
  expect(answer.headers.get('location')).toBe('/next?a=b')
  expect(answer.headers.getSetCookie()).toEqual(['one=1; Path=/', 'two=2; Path=/elsewhere'])
})

test('a page that was led here by another name gets nothing', async () => {
  const { port } = new URL(await open())
  const status = await new Promise((done) => {
    const asking = request({ port, host: '127.0.0.1', headers: { host: 'evil.example' } })
    asking.on('response', (answer) => done(answer.resume().statusCode)).end()
  })
  expect(status).toBe(403)
})

test('an upgraded connection carries bytes both ways', async () => {
  const { port } = new URL(await open())
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
  )
  let text = ''
  const heard = (what: string) =>
    new Promise<void>((done) => {
      const look = () => text.includes(what) && done()
      socket.on('data', look)
      look()
    })
  socket.on('data', (piece: Buffer) => (text += piece.toString()))
  await heard(`${BELOW}ws k `)
  socket.write('ping')
  await heard('ping')
  socket.destroy()
  expect(text).toMatch(/^HTTP\/1\.1 101 /)
})

test('the command says where it listens, and ends with Ctrl-C', async () => {
  const service = {
    ...{ port: 8080, state: 'healthy' as const, text: 'It answers.', path: BELOW },
    health: { path: null, intervalMs: 5000, timeoutMs: 2000, failuresMax: 3 },
  }
  const answers = { getLease: () => lease({ state: 'running', mode: 'service', service }) }
  const running = await start(['lease', 'forward', LEASE_ID], { answers })
  await running.shows('forwards to the service of')
  running.child.kill('SIGINT')
  const { code, stdout } = await running.ended
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
  expect(code).toBe(0)
})

test('a lease that is no service has nothing to forward to', async () => {
  const answers = { getLease: () => lease({ state: 'running' }) }
  const { code, stderr } = await run(['lease', 'forward', LEASE_ID], { answers })
  expect(stderr).toContain('is no service')
  expect(code).not.toBe(0)
})
