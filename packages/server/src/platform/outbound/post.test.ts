import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { requirement } from '../../../test/harness/index.ts'
import {
  type Answer,
  startWebReceiver,
  type WebReceiver,
} from '../../../test/harness/web-receiver.ts'
import type { Resolve } from './connection.ts'
import { type Post, post } from './post.ts'

const hasOpenssl = requirement('openssl', spawnSync('openssl', ['version']).status === 0)
const receivers: WebReceiver[] = []
const folder = mkdtempSync(join(tmpdir(), 'spillway-post-'))

afterAll(async () => {
  await Promise.all(receivers.map((each) => each.stop()))
  rmSync(folder, { recursive: true, force: true })
})

function makeCertificate(name: string) {
  const file = (ending: string) => join(folder, `${name}.${ending}`)
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name} -addext subjectAltName=DNS:${name}`
  execFileSync('openssl', [...words.split(' '), '-keyout', file('key'), '-out', file('pem')], {
    stdio: 'ignore',
  })
  return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('pem'), 'utf8') }
}

async function receiver(answer?: Answer, name?: string): Promise<WebReceiver> {
  const certificate = name === undefined ? undefined : makeCertificate(name)
  const started = await startWebReceiver(answer, certificate)
  receivers.push(started)
  if (certificate && name === 'trusted.example')
    setDefaultCACertificates([...getCACertificates(), certificate.cert])
  return started
}

function send(url: string, more: Partial<Post> = {}) {
  return post({
    ...{ url, headers: {}, body: '{}', reach: { isPrivateAllowed: true } },
    ...{ timeoutMs: 5000, answerBytesMax: 1000 },
    ...more,
  })
}

const here: Resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

test('a redirect is an answer like any other: it is not followed', async () => {
  const aim = await receiver()
  const { url } = await receiver((response) => response.writeHead(302, { location: aim.url }).end())
  expect(await send(url)).toMatchObject({ kind: 'answered', status: 302 })
  expect(aim.received).toEqual([])
})

function* endless(): Generator<string> {
  for (;;) yield 'x'.repeat(65_536)
}

test('little of a long answer is read, and the connection is given up', async () => {
  const { url } = await receiver((response) => {
    response.writeHead(500)
    Readable.from(endless()).pipe(response)
  })
  const outcome = await send(url)
  expect(outcome).toEqual({ kind: 'answered', status: 500, excerpt: 'x'.repeat(1000) })
})

test('an endpoint that never answers is given up, and so is one that never ends its headers', async () => {
  const silent = await receiver(() => undefined)
  expect(await send(silent.url, { timeoutMs: 100 })).toEqual({
    kind: 'failed',
    why: 'It did not answer within 0.1 s.',
  })
  const dripping = createServer((socket) => {
    socket.on('error', () => undefined)
    const timer = setInterval(() => socket.write('x-more: 1\r\n'), 10)
    socket.once('close', () => clearInterval(timer))
    socket.write('HTTP/1.1 200 OK\r\n')
  })
  await new Promise<void>((done) => dripping.listen(0, '127.0.0.1', done))
  const { port } = dripping.address() as AddressInfo
  const outcome = await send(`http://127.0.0.1:${port}/`, { timeoutMs: 200 })
  expect(outcome.kind).toBe('failed')
  await new Promise((done) => dripping.close(done))
})

test('an answer counts by its status, though its text never ends', async () => {
  const { url } = await receiver((response) => void response.writeHead(200).write('and'))
  expect(await send(url, { timeoutMs: 300 })).toMatchObject({ kind: 'answered', status: 200 })
})

test('a name that has a private address is not called, even if it has a public one too', async () => {
  const target = await receiver()
  const url = `https://rebound.example:${target.port}/`
  const reach = { isPrivateAllowed: false }
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1']) {
    const resolve: Resolve = () =>
      Promise.resolve([
        { address: '93.184.216.34', family: 4 },
        { address, family: address.includes(':') ? 6 : 4 },
      ])
    expect(await send(url, { reach, resolve })).toEqual({
      kind: 'failed',
      why: 'It is not an address on the public internet.',
    })
  }
  expect(target.received).toEqual([])
})

test('the address that was checked is the one that is called: a name is asked once', async () => {
  const target = await receiver()
  let asked = 0
  const resolve: Resolve = (host) => {
    asked++
    // A second question would be answered with another address.
    return asked === 1 ? here(host) : Promise.resolve([{ address: '127.0.0.2', family: 4 }])
  }
  const outcome = await send(`http://rebound.example:${target.port}/`, { resolve })
  expect(outcome).toMatchObject({ kind: 'answered', status: 204 })
  expect(asked).toBe(1)
  expect(target.received[0]?.headers['host']).toBe(`rebound.example:${target.port}`)
})

test.runIf(hasOpenssl)(
  'a certificate counts when it is known and for the name, and not otherwise',
  async () => {
    const trusted = await receiver(undefined, 'trusted.example')
    const unknown = await receiver(undefined, 'unknown.example')
    const call = (name: string, { port }: WebReceiver) =>
      send(`https://${name}:${port}/`, { resolve: here })
    expect(await call('trusted.example', trusted)).toMatchObject({ kind: 'answered', status: 204 })
    expect(await call('other.example', trusted)).toEqual({
      kind: 'failed',
      why: 'Its certificate is for another name.',
    })
    expect(await call('unknown.example', unknown)).toEqual({
      kind: 'failed',
      why: 'Its certificate is signed by nobody we know.',
    })
    expect(unknown.received).toEqual([])
  },
)

test('what is no TLS, no HTTP, closed or unknown is told in plain words', async () => {
  const plain = await receiver()
  expect(await send(`https://x.example:${plain.port}/`, { resolve: here })).toEqual({
    kind: 'failed',
    why: 'It does not speak TLS.',
  })
  await plain.stop()
  expect(await send(plain.url)).toEqual({ kind: 'failed', why: 'It refuses connections.' })
  const unknown: Resolve = () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }))
  expect(await send('https://x.example/', { resolve: unknown })).toEqual({
    kind: 'failed',
    why: 'Its name is not known.',
  })
})

test('no proxy is used, whatever the environment says', async () => {
  const target = await receiver()
  const proxy = await receiver()
  const program = `import { post } from ${JSON.stringify(join(import.meta.dirname, 'post.ts'))}
    console.log(JSON.stringify(await post({ url: '${target.url}/', headers: {}, body: '{}',
      reach: { isPrivateAllowed: true }, timeoutMs: 5000, answerBytesMax: 10 })))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, http_proxy: proxy.url },
  })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  await new Promise((ended) => child.once('close', ended))
  expect(JSON.parse(said)).toMatchObject({ kind: 'answered', status: 204 })
  expect(target.received).toHaveLength(1)
  expect(proxy.received).toEqual([])
})
